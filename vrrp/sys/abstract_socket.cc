#include "vrrp/sys/abstract_socket.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>

#include "common/base/text.h"
#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

constexpr int kBacklog = 16;

using SystemCall = int (*)(int, const sockaddr*, socklen_t);

Result<sys::UniqueFd> unix_socket(int flags) {
  sys::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (!fd.valid()) return sys::errno_failure("unix socket");
  return fd;
}

// A stream socket, bound or connected to the abstract name.
Result<sys::UniqueFd> socket_at(std::string_view name, SystemCall attach, int flags) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() + 1 > sizeof(address.sun_path))
    return fail(Errc::invalid, "unix socket name '" + std::string(name) + "' is too long");
  std::ranges::copy(name, address.sun_path + 1);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  VIP_TRY(auto fd, unix_socket(flags));
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

Result<std::vector<std::string>> abstract_listeners(std::string_view prefix) {
  constexpr std::size_t kTableMax = 64U << 20U;
  VIP_TRY(const auto table, sys::read_file("/proc/net/unix", kTableMax));
  std::vector<std::string> names;
  for (const auto& line : split(table, "\n")) {
    // A listening socket has the flag 00010000; connections carry the same name without it.
    const auto at = line.find(" @" + std::string(prefix));
    if (at != std::string::npos && line.find(" 00010000 ") != std::string::npos)
      names.push_back(line.substr(at + 2));
  }
  return names;
}

Status try_unix_sockets() {
  VIP_CHECK(unix_socket(0));
  return {};
}

bool is_unix_denial(const Error& error) {
  return error.code == Errc::denied || error.os_errno == EAFNOSUPPORT;
}

}  // namespace vip::vrrp
