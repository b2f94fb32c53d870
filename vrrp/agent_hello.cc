// How the agent says hello to the peers of its plan. All of it helps and nothing depends on it: without the
// port VRRP works, with the long first listening.
#include <algorithm>
#include <cerrno>

#include "common/sys/posix.h"
#include "vrrp/agent.h"

namespace vip::vrrp {
namespace {

constexpr Duration kHelloRetry = std::chrono::seconds(2);

// A peer that is not up yet.
bool is_ordinary(const Error& error) {
  return error.os_errno == ECONNREFUSED || error.os_errno == EHOSTUNREACH;
}

}  // namespace

std::string Agent::hello_name(Family family) {
  return family == Family::ipv4 ? "hello ipv4" : "hello ipv6";
}

void Agent::try_to_say_hello() {
  if (!config_.status_port) return;
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    const auto family = sites_[i].settings.family();
    if (!routers_->machine(i).config().asks_peers || hello_sockets_.contains(family)) continue;
    auto inherited = inherited_.extract(hello_name(family));
    auto opened = inherited ? HelloSocket::adopt(family, *config_.status_port, std::move(inherited.mapped()))
                            : HelloSocket::open(family, *config_.status_port);
    if (!opened) {
      chronicle_.failed(loop_.now(), "hello_not_listening", opened.error());
      hello_retry_.set(loop_.now() + kHelloRetry);
      continue;
    }
    const auto& socket = hello_sockets_.emplace(family, *std::move(opened)).first->second;
    hello_watches_.push_back(loop_.on_readable(socket.fd(), [this] { on_hellos(); }));
  }
}

void Agent::on_hellos() {
  if (!acts_) return discard_all();
  notice_stall();
  for (const auto& [family, socket] : hello_sockets_) {
    socket.receive([this](const Envelope& envelope, std::span<const std::uint8_t> datagram) {
      const auto reception = routers_->receive_hello(loop_.now(), envelope, datagram, sys::wall_clock());
      if (reception.discarded) chronicle_.hello_discarded(loop_.now(), *reception.discarded, envelope.source);
      perform(reception.actions);
    });
  }
}

void Agent::carry_out(std::size_t router, const SendHello& action) {
  auto& site = sites_.at(router);
  const auto socket = hello_sockets_.find(action.to.family());
  if (socket == hello_sockets_.end()) return;  // the log says so already
  const auto sent = socket->second.send(routers_->packet(router, action, loop_.now(), sys::wall_clock()));
  ++(sent ? site.counters.hellos_sent : site.counters.send_errors);
  if (!sent && !is_ordinary(sent.error())) chronicle_.failed(loop_.now(), "hello_failed", sent.error());
}

}  // namespace vip::vrrp
