// Which address and port of this machine a socket has.
#pragma once

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>

#include "base/descriptor.h"

namespace discovery {

inline boost::asio::ip::tcp::endpoint local_endpoint(const Descriptor& socket) {
  boost::asio::ip::tcp::endpoint endpoint;
  auto size = static_cast<socklen_t>(endpoint.capacity());
  getsockname(socket.number(), endpoint.data(), &size);
  endpoint.resize(size);
  return endpoint;
}

}  // namespace discovery
