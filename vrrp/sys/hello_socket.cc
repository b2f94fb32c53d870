#include "vrrp/sys/hello_socket.h"

#include <string>

#include <netinet/in.h>
#include <netinet/ip.h>

#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

constexpr int kOn = 1;

bool set_up(int fd, Family family) {
  if (family == Family::ipv4) return set_option(fd, IPPROTO_IP, IP_PKTINFO, kOn);
  return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, kOn) &&
         set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, kOn);
}

bool bind_everywhere(int fd, Family family, std::uint16_t port) {
  sockaddr_in6 any{};  // zeros are the wildcard of either family
  any.sin6_family = family == Family::ipv4 ? AF_INET : AF_INET6;
  any.sin6_port = htons(port);  // where IPv4 has it, too
  const socklen_t size = family == Family::ipv4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&any), size) == 0;  // NOLINT: the socket API's cast
}

}  // namespace

Result<HelloSocket> HelloSocket::open(Family family, std::uint16_t port) {
  const bool v4 = family == Family::ipv4;
  const auto what = "UDP port " + std::to_string(port) + (v4 ? " over IPv4" : " over IPv6");
  sys::UniqueFd fd(::socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return sys::errno_failure(what);
  if (!set_up(fd.get(), family)) return sys::errno_failure(what + ": options");
  widen_receive_buffer(fd.get());
  if (!bind_everywhere(fd.get(), family, port)) return sys::errno_failure(what);
  return HelloSocket(family, port, std::move(fd));
}

Result<HelloSocket> HelloSocket::adopt(Family family, std::uint16_t port, sys::UniqueFd fd) {
  sockaddr_in6 bound{};
  socklen_t size = sizeof(bound);
  const bool named = ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0;  // NOLINT
  const int expected = family == Family::ipv4 ? AF_INET : AF_INET6;
  if (!named || bound.sin6_family != expected || bound.sin6_port != htons(port))
    return fail(Errc::invalid, "a handed over socket is not at UDP port " + std::to_string(port));
  return HelloSocket(family, port, std::move(fd));
}

}  // namespace vip::vrrp
