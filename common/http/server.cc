#include "common/http/server.h"

#include <algorithm>
#include <list>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

#include "common/http/door.h"
#include "common/sys/posix.h"
#include "common/sys/socket_address.h"

namespace vip::http {
namespace {

constexpr int kBacklog = 16;

Response not_found(const std::vector<Page>& pages) {
  Response response{.status = kNotFound};
  response.body = "there is no such page; there is";
  for (const auto& page : pages) response.body += " " + page.path;
  response.body += '\n';
  return response;
}

}  // namespace

struct Server::State {
  State(sys::EventLoop& loop_of_owner, std::vector<Page> served, Limits limits)
      : loop(loop_of_owner),
        pages(std::move(served)),
        door_limits{.visitors = limits.connections, .lifetime = limits.lifetime},
        tcp(loop, door_limits, answerer()) {}

  [[nodiscard]] Door::Answer answerer() const {
    return [this](const Request& request) {
      const auto page = std::ranges::find(pages, request.path, &Page::path);
      return page == pages.end() ? not_found(pages) : page->handler(request);
    };
  }

  sys::EventLoop& loop;
  std::vector<Page> pages;
  DoorLimits door_limits;
  Door tcp;
  std::list<Door> others;
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

Result<Server> Server::create(sys::EventLoop& loop, std::vector<Page> pages, Limits limits) {
  return Server(std::make_unique<State>(loop, std::move(pages), limits));
}

Status Server::listen(const IpAddress& address, std::uint16_t port) {
  stop_listening();
  const auto clause = "listen on " + address.text() + " port " + std::to_string(port);
  const auto where = sys::socket_address(address, port);
  sys::UniqueFd fd(::socket(where.bytes.sin6_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return sys::errno_failure(clause);
  const int reuse = 1;
  const int only_ipv6 = 0;  // [::] is all addresses of both families, whatever the host's default is
  const bool is_ipv6 = address.family() == Family::ipv6;
  const bool listening =
      ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse)) == 0 &&
      (!is_ipv6 || ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof(only_ipv6)) == 0) &&
      ::bind(fd.get(), where.get(), where.size) == 0 && ::listen(fd.get(), kBacklog) == 0;
  if (!listening) return sys::errno_failure(clause);
  state_->tcp.open(std::move(fd));
  return {};
}

Status Server::adopt(const IpAddress& address, std::uint16_t port, sys::UniqueFd listening) {
  stop_listening();
  sys::SocketAddress bound;
  auto* const place = reinterpret_cast<sockaddr*>(&bound.bytes);  // NOLINT: the socket API's cast
  const bool named = ::getsockname(listening.get(), place, &bound.size) == 0;
  if (!named || bound != sys::socket_address(address, port))
    return fail(Errc::invalid, "a handed over socket listens elsewhere");
  state_->tcp.open(std::move(listening));
  return {};
}

Status Server::serve(sys::UniqueFd listening) {
  state_->others.emplace_back(state_->loop, state_->door_limits, state_->answerer())
      .open(std::move(listening));
  return {};
}

std::optional<int> Server::tcp_socket() const {
  const int fd = state_->tcp.socket();
  return fd < 0 ? std::nullopt : std::optional(fd);
}

void Server::stop_listening() {
  state_->tcp.close();
}

}  // namespace vip::http
