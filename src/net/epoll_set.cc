#include "net/epoll_set.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "net/connection.h"

namespace discovery {

EpollSet::EpollSet()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), waker_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  // Edge-triggered: each write is reported, so that none has to be read.
  if (!epoll_.is_open() || !waker_.is_open() || !add(waker_.number(), EPOLLIN | EPOLLET, &waker_)) {
    throw std::system_error(errno, std::generic_category(), "epoll");
  }
}

bool EpollSet::add(int descriptor, uint32_t events, const void* owner) const {
  epoll_event event{};
  event.events = events;
  event.data.ptr = const_cast<void*>(owner);
  return epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

bool EpollSet::add(Connection& connection) {
  return add(connection.descriptor(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &connection);
}

bool EpollSet::listen(int socket) { return add(socket, EPOLLIN, this); }

void EpollSet::ignore(int socket) { epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, socket, nullptr); }

void EpollSet::wake() const { eventfd_write(waker_.number(), 1); }

std::span<const epoll_event> EpollSet::wait(std::chrono::milliseconds timeout) {
  const int count = epoll_wait(epoll_.number(), events_.data(), static_cast<int>(kTurn),
                               static_cast<int>(timeout.count()));
  return {events_.data(), static_cast<size_t>(std::max(count, 0))};
}

}  // namespace discovery
