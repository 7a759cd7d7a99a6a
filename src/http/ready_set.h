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

  /// So many sessions are served in a turn, which then takes less than a millisecond,
  static constexpr size_t kTurn = 16;
  /// and so many are received from, where that is all.
  static constexpr size_t kLook = 64;

  /// The changes since the last call, at most so many (kLook); the rest with the next call.
  std::span<const epoll_event> take(size_t at_most);

  static Session& session_of(const epoll_event& event) {
    return *static_cast<Session*>(event.data.ptr);
  }

 private:
  Descriptor epoll_;
  std::array<epoll_event, kLook> events_;
};

}  // namespace discovery
