// Sync groups on a LAN: hosts with an IPv4 and an IPv6 router that move together, whole packets between them
// in virtual time. A harness of its own, small enough to be read: every packet takes one delay.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "vrrp/core/router_set.h"

namespace vip::vrrp::sim {
namespace {

using namespace std::chrono_literals;

constexpr IfIndex kInterface{1};
constexpr std::size_t kRouters = 2;  // of each host
constexpr Duration kDelay = 200us;
constexpr Duration kInterval = 250ms;

struct Member {
  int priority = 100;
  std::string ipv4;
  std::string ipv6;
};

class Lan {
 public:
  explicit Lan(std::vector<Member> members) : members_(std::move(members)) {
    for (std::size_t i = 0; i < members_.size(); ++i) hosts_.push_back(make(i));
  }

  void start(std::size_t host) {
    auto& set = hosts_.at(host).set;
    hosts_.at(host).alive = true;
    for (std::size_t i = 0; i < kRouters; ++i) carry_out(host, set.link_changed(now_, i, true, std::nullopt));
    carry_out(host, set.start(now_));
  }
  void crash(std::size_t host) { hosts_.at(host) = make(host); }
  void link(std::size_t host, std::size_t router, bool up) {
    carry_out(host, hosts_.at(host).set.link_changed(now_, router, up, std::nullopt));
  }
  void stop(std::size_t host) {
    carry_out(host, hosts_.at(host).set.stop(now_));
    crash(host);
  }
  // Packets of that family from one host to another get lost.
  void lose(std::function<bool(std::size_t from, Family family)> lost) { lost_ = std::move(lost); }

  void run_for(Duration span, const std::function<void()>& watch = {}) {
    const auto end = now_ + span;
    while (step(end)) {
      if (watch) watch();
    }
    now_ = end;
  }

  [[nodiscard]] bool active(std::size_t host, std::size_t router) const {
    return hosts_.at(host).alive && hosts_.at(host).set.machine(router).state() == State::active;
  }
  // Hosts with both routers active.
  [[nodiscard]] std::vector<std::size_t> owners() const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (active(i, 0) && active(i, 1)) found.push_back(i);
    }
    return found;
  }
  // Whether some host has one of its routers active without the other.
  [[nodiscard]] bool torn() const {
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (active(i, 0) != active(i, 1)) return true;
    }
    return false;
  }

 private:
  struct Host {
    RouterSet set;
    bool alive = false;
  };

  [[nodiscard]] IpAddress source(std::size_t host, std::size_t router) const {
    const auto& member = members_.at(host);
    return IpAddress::parse(router == 0 ? member.ipv4 : member.ipv6).value();
  }

  [[nodiscard]] Host make(std::size_t host) const {
    std::vector<RouterSetup> setups(kRouters);
    for (std::size_t i = 0; i < kRouters; ++i) {
      auto& setup = setups[i];
      setup.sync_group = "both";
      setup.protocol.vrid = Vrid(51);
      setup.protocol.priority = Priority(static_cast<std::uint8_t>(members_.at(host).priority));
      setup.protocol.advert_interval = kInterval;
      setup.protocol.source = source(host, i);
      setup.protocol.addresses = {IpPrefix::parse(i == 0 ? "192.0.2.100/32" : "fe80::100/128").value()};
      for (std::size_t other = 0; other < members_.size(); ++other) {
        if (other != host) setup.rules.peers.push_back(source(other, i));
      }
    }
    RouterSet set(std::move(setups), Authenticator(AuthMode::off, {}, 1));
    for (std::size_t i = 0; i < kRouters; ++i) set.place(i, kInterface);
    return {.set = std::move(set)};
  }

  // The next packet or timer; false when there is none before the end.
  bool step(TimePoint end) {
    std::optional<std::size_t> late;
    auto next = queue_.empty() ? TimePoint::max() : queue_.begin()->first;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      const auto deadline = hosts_[i].alive ? hosts_[i].set.next_deadline() : std::nullopt;
      if (!deadline || std::max(*deadline, now_) >= next) continue;
      late = i;
      next = std::max(*deadline, now_);
    }
    if (next > end) return false;
    now_ = next;
    if (late) {
      carry_out(*late, hosts_[*late].set.expire(now_));
      return true;
    }
    const auto packet = queue_.extract(queue_.begin()).mapped();
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      const bool his =
          source(i, 0) == packet.envelope.destination || source(i, 1) == packet.envelope.destination;
      if (!his || !hosts_[i].alive) continue;
      auto reception = hosts_[i].set.receive(now_, packet.envelope, packet.bytes);
      EXPECT_FALSE(reception.discarded.has_value());
      carry_out(i, reception.actions);
    }
    return true;
  }

  void carry_out(std::size_t host, const RouterActions& actions) {
    auto& set = hosts_.at(host).set;
    for (const auto& [router, action] : actions) {
      if (const auto* sent = std::get_if<SendAdvertisement>(&action)) {
        if (lost_ && lost_(host, router == 0 ? Family::ipv4 : Family::ipv6)) continue;
        for (auto packet : set.packets(router, sent->priority, now_, 0s)) {
          packet.envelope.interface = kInterface;
          queue_.emplace(now_ + kDelay, std::move(packet));
        }
      }
      if (std::holds_alternative<HoldAddresses>(action))
        carry_out(host, set.feed(now_, router, AddressesHeld{}));
    }
  }

  std::vector<Member> members_;
  std::vector<Host> hosts_;
  std::multimap<TimePoint, Packet> queue_;
  std::function<bool(std::size_t, Family)> lost_;
  TimePoint now_;
};

using Owners = std::vector<std::size_t>;

const std::vector<Member> kTwo{{.priority = 100, .ipv4 = "192.0.2.1", .ipv6 = "fe80::1"},
                               {.priority = 90, .ipv4 = "192.0.2.2", .ipv6 = "fe80::2"}};

void start_all(Lan& lan, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) lan.start(i);
}

TEST(SyncGroup, BothRoutersMoveTogether) {
  Lan lan(kTwo);
  start_all(lan, 2);
  bool torn = false;
  const auto watch = [&] { torn |= lan.torn(); };
  lan.run_for(5s, watch);
  ASSERT_EQ(lan.owners(), Owners{0});
  lan.crash(0);
  lan.run_for(1s, watch);
  ASSERT_EQ(lan.owners(), Owners{1});
  lan.start(0);
  lan.run_for(5s, watch);
  ASSERT_EQ(lan.owners(), Owners{0});
  lan.stop(0);
  lan.run_for(kInterval, watch);
  EXPECT_EQ(lan.owners(), Owners{1}) << "within the skew, as a router alone";
  EXPECT_FALSE(torn);
}

TEST(SyncGroup, ALinkFaultOfOneTakesBothAway) {
  for (std::size_t router = 0; router < kRouters; ++router) {
    Lan lan(kTwo);
    start_all(lan, 2);
    lan.run_for(5s);
    lan.link(0, router, false);
    lan.run_for(2s);
    EXPECT_EQ(lan.owners(), Owners{1});
    EXPECT_FALSE(lan.torn());
    lan.link(0, router, true);
    lan.run_for(5s);
    EXPECT_EQ(lan.owners(), Owners{0});
  }
}

// One family gets through and the other does not: a backup that hears one of the two stays where it is.
TEST(SyncGroup, HalfAnOwnerThatIsHeardIsEnoughForTheBackup) {
  Lan lan(kTwo);
  start_all(lan, 2);
  lan.run_for(5s);
  lan.lose([](std::size_t from, Family family) { return from == 0 && family == Family::ipv6; });
  bool moved = false;
  lan.run_for(60s, [&] { moved |= lan.owners() != Owners{0}; });
  EXPECT_FALSE(moved);
}

TEST(SyncGroup, EqualPrioritiesSettle) {
  Lan lan({{.priority = 100, .ipv4 = "192.0.2.1", .ipv6 = "fe80::1"},
           {.priority = 100, .ipv4 = "192.0.2.2", .ipv6 = "fe80::2"}});
  start_all(lan, 2);
  lan.run_for(60s);
  EXPECT_EQ(lan.owners(), Owners{1});
}

// The greater IPv4 address on one host, the greater IPv6 address on the other.
TEST(SyncGroup, EqualPrioritiesSettleAlsoWhereTheFamiliesDisagree) {
  Lan lan({{.priority = 100, .ipv4 = "192.0.2.1", .ipv6 = "fe80::2"},
           {.priority = 100, .ipv4 = "192.0.2.2", .ipv6 = "fe80::1"}});
  start_all(lan, 2);
  lan.run_for(60s);
  EXPECT_EQ(lan.owners().size(), 1U);
}

}  // namespace
}  // namespace vip::vrrp::sim
