#include "vrrp/sys/abstract_socket.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>

#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

constexpr int kBacklog = 16;

using SystemCall = int (*)(int, const sockaddr*, socklen_t);

// A stream socket, bound or connected to the abstract name.
Result<sys::UniqueFd> socket_at(std::string_view name, SystemCall attach, int flags) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() + 1 > sizeof(address.sun_path))
    return fail(Errc::invalid, "unix socket name '" + std::string(name) + "' is too long");
  std::ranges::copy(name, address.sun_path + 1);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  sys::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (!fd.valid()) return sys::errno_failure("unix socket");
  if (attach(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0) return fd;
  if (errno == ECONNREFUSED) return fail(Errc::not_found, "nobody has @" + std::string(name), errno);
  if (errno == EADDRINUSE) return fail(Errc::conflict, "somebody has @" + std::string(name), errno);
  return sys::errno_failure("unix socket @" + std::string(name));
}

}  // namespace

Result<sys::UniqueFd> listen_abstract(std::string_view name) {
  VIP_TRY(auto fd, socket_at(name, &::bind, SOCK_NONBLOCK));
  if (::listen(fd.get(), kBacklog) != 0) return sys::errno_failure("unix socket @" + std::string(name));
  return fd;
}

Result<sys::UniqueFd> connect_abstract(std::string_view name) {
  return socket_at(name, &::connect, SOCK_NONBLOCK);
}

}  // namespace vip::vrrp
