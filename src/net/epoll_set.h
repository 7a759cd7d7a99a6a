// What one thread waits for: an edge-triggered epoll instance of its connections, with its
// listening socket and a way to be woken.
//
// A busy thread takes many events at once, and per request neither registers anything nor reads in
// vain, as a loop that asks for one operation at a time must.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include "base/descriptor.h"

namespace discovery {

class Connection;

/// Used by one thread, but for wake().
class EpollSet {
 public:
  /// Throws std::system_error without descriptors.
  EpollSet();
  EpollSet(const EpollSet&) = delete;
  EpollSet& operator=(const EpollSet&) = delete;

  /// Reports every change of the connection's socket until that is closed. False: the kernel
  /// refused, for ENOMEM or a limit per user.
  bool add(Connection& connection);

  /// Reports a listening socket, level-triggered, while a client waits to be accepted. One at a
  /// time; false as above.
  bool listen(int socket);
  void ignore(int socket);

  /// Ends the wait under way, or else the next.
  void wake() const;

  /// So many connections are served in a turn, which then takes less than a millisecond.
  static constexpr size_t kTurn = 16;

  /// The changes since the last call, at most kTurn; the rest with the next call. Waits for the
  /// first, for ever if `timeout` is negative.
  std::span<const epoll_event> wait(std::chrono::milliseconds timeout);

  /// Null: it is not about a connection.
  Connection* connection_of(const epoll_event& event) const {
    return is_waking(event) || is_listening(event) ? nullptr
                                                   : static_cast<Connection*>(event.data.ptr);
  }
  bool is_listening(const epoll_event& event) const { return event.data.ptr == this; }

 private:
  bool is_waking(const epoll_event& event) const { return event.data.ptr == &waker_; }
  bool add(int descriptor, uint32_t events, const void* owner) const;

  Descriptor epoll_;
  Descriptor waker_;
  std::array<epoll_event, kTurn> events_;
};

}  // namespace discovery
