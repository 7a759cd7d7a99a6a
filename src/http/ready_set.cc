#include "http/ready_set.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "http/session.h"

namespace discovery {

ReadySet::ReadySet() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_.is_open()) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

bool ReadySet::add(Session& session) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &session;
  return epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, session.descriptor(), &event) == 0;
}

std::span<const epoll_event> ReadySet::take(size_t at_most) {
  const int count = epoll_wait(epoll_.number(), events_.data(), static_cast<int>(at_most), 0);
  return {events_.data(), static_cast<size_t>(std::max(count, 0))};
}

}  // namespace discovery
