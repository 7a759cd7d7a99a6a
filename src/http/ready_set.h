// The sockets of one thread that wait for something to happen: an edge-triggered epoll instance.
//
// It stands inside the thread's event loop as one descriptor, which is readable while any event is
// unheard. A busy thread takes many events at once, and per request neither registers anything nor
// reads in vain, as a loop that asks for one operation at a time must.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "base/descriptor.h"

namespace discovery {

class Session;

/// Used by one thread.
class ReadySet {
 public:
  ReadySet();

  int descriptor() const { return epoll_.number(); }

  /// The session hears of every change of its socket until that is closed. False: out of memory or
  /// of the kernel's patience with this user.
  bool add(Session& session);

  /// The changes since the last call, at most kTurn of them; the rest with the next call.
  std::span<const epoll_event> take();

  static Session& session_of(const epoll_event& event) {
    return *static_cast<Session*>(event.data.ptr);
  }

 private:
  static constexpr int kTurn = 16;  // so that a turn takes less than a millisecond

  Descriptor epoll_;
  std::array<epoll_event, kTurn> events_;
};

}  // namespace discovery
