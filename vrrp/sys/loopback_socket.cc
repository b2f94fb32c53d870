#include "vrrp/sys/loopback_socket.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "common/base/text.h"
#include "common/sys/posix.h"
#include "vrrp/sys/socket_table.h"

namespace vip::vrrp {
namespace {

constexpr int kBacklog = 16;
constexpr int kOn = 1;

sockaddr_in socket_address(const LoopbackPlace& place) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(place.port);
  std::memcpy(&where.sin_addr, place.address.bytes().data(), sizeof(where.sin_addr));
  return where;
}

std::string text_of(const LoopbackPlace& place) {
  return "TCP " + place.address.text() + ":" + std::to_string(place.port);
}

}  // namespace

// Not of 127.0.0.0/16, where others' resolvers and proxies are, nor of 127.255.0.0/16 with its broadcast.
IpAddress loopback_address(std::string_view name) {
  const auto hash = fnv1a(name);
  const auto second = static_cast<std::uint8_t>(1 + (hash >> 16U) % 254);
  return IpAddress::v4({127, second, static_cast<std::uint8_t>(hash >> 8U), static_cast<std::uint8_t>(hash)});
}

Result<sys::UniqueFd> listen_loopback(const LoopbackPlace& place) {
  sys::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return sys::errno_failure(text_of(place));
  const auto where = socket_address(place);
  // Connections to whoever listened before are not in the way; of two that listen, the second fails.
  const bool listening =
      ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof(kOn)) == 0 &&
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof(kOn)) == 0 &&  // what it accepts, too
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof(where)) == 0 &&
      ::listen(fd.get(), kBacklog) == 0;
  if (listening) return fd;
  if (errno == EADDRINUSE) return fail(Errc::conflict, "somebody has " + text_of(place), errno);
  return sys::errno_failure(text_of(place));
}

Result<sys::UniqueFd> connect_loopback(const LoopbackPlace& place) {
  sys::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return sys::errno_failure(text_of(place));
  const auto where = socket_address(place);
  if (::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof(kOn)) != 0)
    return sys::errno_failure(text_of(place));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof(where)) == 0) return fd;
  if (errno == EINPROGRESS) return fd;
  if (errno == ECONNREFUSED) return fail(Errc::not_found, "nobody has " + text_of(place), errno);
  return sys::errno_failure(text_of(place));
}

// The table has those that listen first, and may have a hundred thousand others after them.
Result<std::vector<IpAddress>> loopback_listeners(std::uint16_t port) {
  const std::string path = "/proc/net/tcp";
  std::ifstream table(path);
  std::string line;
  if (!std::getline(table, line)) return fail(Errc::unavailable, path + ": cannot be read");
  std::vector<IpAddress> listeners;
  while (std::getline(table, line)) {
    const auto entry = read_table_line(line);
    if (!entry || !entry->listens) break;
    if (entry->port == port && entry->address.is_loopback()) listeners.push_back(entry->address);
  }
  return listeners;
}

}  // namespace vip::vrrp
