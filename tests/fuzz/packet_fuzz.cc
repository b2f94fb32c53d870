// Any packets and hellos, and genuine ones, into the whole of an agent: three routers, two in one sync group.
// From the bytes to the state machine, with these oracles: a packet that was refused changes nothing; with a
// key, only what its holder signed changes anything; the routers of a group are active together or not at
// all; every router has the addresses exactly while it is active.
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "common/base/assert.h"
#include "common/base/bytes.h"
#include "vrrp/core/router_set.h"

using namespace vip;        // NOLINT(google-build-using-namespace): one file of helpers for one function
using namespace vip::vrrp;  // NOLINT(google-build-using-namespace)

namespace {

constexpr std::size_t kRouters = 3;
constexpr std::size_t kHellosMax = 20;  // of one exchange
constexpr IfIndex kInterface{2};
constexpr Duration kWallClock = std::chrono::seconds(1'800'000'000);
const IpAddress kSelf4 = IpAddress::v4({192, 0, 2, 1});
const IpAddress kPeer4 = IpAddress::v4({192, 0, 2, 2});
const IpAddress kSelf6 = IpAddress::parse("fe80::1").value();
const IpAddress kPeer6 = IpAddress::parse("fe80::2").value();

RouterSetup setup(std::uint8_t vrid, bool ipv6, const IpAddress& self, const IpAddress& peer) {
  const auto address = IpAddress::parse(ipv6 ? "fe80::100" : "192.0.2.100").value();
  RouterSetup setup;
  setup.protocol.vrid = Vrid(vrid);
  setup.protocol.priority = Priority(100);
  setup.protocol.source = self;
  setup.protocol.addresses = {
      IpPrefix{.address = address, .length = static_cast<std::uint8_t>(ipv6 ? 128 : 32)}};
  setup.rules.peers = {peer};
  return setup;
}

std::vector<RouterSetup> setups(bool is_peer, unsigned bits) {
  const auto& self4 = is_peer ? kPeer4 : kSelf4;
  const auto& peer4 = is_peer ? kSelf4 : kPeer4;
  const auto& self6 = is_peer ? kPeer6 : kSelf6;
  const auto& peer6 = is_peer ? kSelf6 : kPeer6;
  std::vector<RouterSetup> all{setup(1, false, self4, peer4), setup(2, true, self6, peer6),
                               setup(3, false, self4, peer4)};
  all[0].sync_group = all[1].sync_group = "both";
  if ((bits & 1U) != 0) all[1].transport = Transport::multicast;
  if ((bits & 2U) != 0) all[2].protocol.preempt = false;
  if ((bits & 4U) != 0) all[2].protocol.preempt_delay = std::chrono::seconds(1);
  return all;
}

Authenticator authenticator(AuthMode mode) {
  return {mode, {AuthKey{.id = 1, .secret = std::vector<std::uint8_t>(32, 0x11)}}, 1};
}

class Subject {
 public:
  Subject(AuthMode mode, unsigned bits)
      : mode_(mode),
        set_(setups(false, bits), authenticator(mode)),
        peer_(setups(true, bits), authenticator(mode)) {
    for (std::size_t i = 0; i < kRouters; ++i) {
      set_.place(i, kInterface);
      peer_.place(i, kInterface);
      look(set_.link_changed(now_, i, true, std::nullopt));
      (void)peer_.link_changed(now_, i, true, std::nullopt);
    }
    look(set_.start(now_));
    (void)peer_.start(now_);
  }

  void turn(ByteReader& input) {
    now_ += std::chrono::milliseconds(input.u16() % 2000);
    const auto router = input.u8() % kRouters;
    switch (input.u8() % 12) {
      case 0:
        hear_noise(input);
        break;
      case 1:
      case 2:
        hear_peer(router, input.u8());
        break;
      case 3:
        look(set_.link_changed(now_, router, input.u8() % 2 == 0, std::nullopt));
        break;
      case 4:
        look(set_.notice_stall(now_, input.u8() % 2 == 0));
        break;
      case 5:
        look(set_.feed(now_, router, AddressesRefused{}));
        break;
      case 6:
        look(set_.feed(now_, router, ForeignOwner{set_.setup(router).protocol.addresses.front().address}));
        break;
      case 7:
        hear_hello_noise(input);
        break;
      case 8:
        ask_peer(router);
        break;
      case 9:
        be_asked(router);
        break;
      default:
        for (std::size_t i = 0; i < kRouters; ++i) look(set_.feed(now_, i, AddressesHeld{}));
        look(set_.expire(now_));
        VIP_ASSERT(!set_.next_deadline() || *set_.next_deadline() > now_);
        break;
    }
  }

  void end() {
    look(set_.stop(now_));
    look(set_.stop(now_));  // a second signal: whoever waits for a successor waits no more
    for (std::size_t i = 0; i < kRouters; ++i) VIP_ASSERT(!holds_[i] && state(i) == State::initialize);
    VIP_ASSERT(!set_.next_deadline());
  }

 private:
  [[nodiscard]] State state(std::size_t router) const { return set_.machine(router).state(); }

  // Bytes as they come, or with a valid checksum; never signed with the key.
  void hear_noise(ByteReader& input) {
    const auto bits = input.u8();
    const bool ipv6 = (bits & 1U) != 0;
    const auto bytes = input.bytes(std::min<std::size_t>(input.remaining(), input.u8()));
    const Envelope envelope{.source = ipv6 ? kPeer6 : kPeer4,
                            .destination = ipv6 ? kSelf6 : kSelf4,
                            .ttl = static_cast<std::uint8_t>((bits & 2U) != 0 ? 64 : 255),
                            .interface = (bits & 4U) != 0 ? IfIndex(9) : kInterface};
    std::vector<std::uint8_t> packet(bytes.begin(), bytes.end());
    if ((bits & 8U) != 0 && packet.size() >= 8) repair(packet, envelope, ipv6);
    hear(envelope, packet, mode_ != AuthMode::enforce);
  }

  static void repair(std::vector<std::uint8_t>& packet, const Envelope& envelope, bool ipv6) {
    packet[6] = packet[7] = 0;
    InternetChecksum sum;
    auto size = packet.size();
    if (ipv6) {
      sum.add(envelope.source.bytes());
      sum.add(envelope.destination.bytes());
      sum.add_u16(static_cast<std::uint16_t>(size));
      sum.add_u16(112);
    } else {
      size = std::min(size, 8 + packet[3] * std::size_t{4} + (packet[0] >> 4U == 2 ? 8 : 0));
    }
    sum.add(std::span(packet).first(size));
    packet[6] = static_cast<std::uint8_t>(sum.value() >> 8U);
    packet[7] = static_cast<std::uint8_t>(sum.value() & 0xFFU);
  }

  // What a peer of the group says, as often as it says it.
  void hear_peer(std::size_t router, std::uint8_t priority) {
    for (auto& packet : peer_.packets(router, Priority(priority), now_, kWallClock)) {
      packet.envelope.interface = kInterface;
      const auto reception = hear(packet.envelope, packet.bytes, true);
      VIP_ASSERT(!reception.discarded && reception.router == router);
      if (mode_ == AuthMode::off) continue;
      const auto again = hear(packet.envelope, packet.bytes, false);
      VIP_ASSERT(again.discarded == Discard::replay);
    }
  }

  // A datagram that nobody signed, and perhaps of the right form.
  void hear_hello_noise(ByteReader& input) {
    const bool ipv6 = input.u8() % 2 == 0;
    const Envelope envelope{
        .source = ipv6 ? kPeer6 : kPeer4, .destination = ipv6 ? kSelf6 : kSelf4, .interface = kInterface};
    const bool is_formed = input.u8() % 2 == 0;
    const auto kind = input.u8() % 2 == 0 ? HelloKind::question : HelloKind::answer;
    const Hello hello{.kind = kind,
                      .vrid = Vrid(static_cast<std::uint8_t>(1 + input.u8() % kRouters)),
                      .priority = Priority(static_cast<std::uint8_t>(1 + input.u8() % 254)),
                      .state = State::active,
                      .ticket = static_cast<std::uint64_t>(now_.time_since_epoch().count()),
                      .interval = std::chrono::milliseconds(1 + input.u16())};
    auto datagram = is_formed ? encode(hello) : std::vector<std::uint8_t>{};
    const auto noise = input.bytes(std::min<std::size_t>(input.remaining(), input.u8() % 100U));
    datagram.insert(datagram.end(), noise.begin(), noise.end());
    hear_hello(set_, envelope, datagram, false);
  }

  // We put our questions, and the peer's answers come back.
  void ask_peer(std::size_t router) {
    auto actions = set_.link_changed(now_, router, false, std::nullopt);
    const auto again = set_.link_changed(now_, router, true, std::nullopt);
    actions.insert(actions.end(), again.begin(), again.end());
    look(actions);
    for (const auto& packet : hellos(set_, actions)) exchange(peer_, set_, packet);
  }

  // And the peer its own.
  void be_asked(std::size_t router) {
    (void)peer_.link_changed(now_, router, false, std::nullopt);
    for (const auto& packet : hellos(peer_, peer_.link_changed(now_, router, true, std::nullopt)))
      exchange(set_, peer_, packet);
  }

  // A question to `other`, what it says to that, and so on until nobody says anything; each a second time,
  // too.
  void exchange(RouterSet& other, RouterSet& asker, const Packet& question) {
    std::vector<std::pair<bool, Packet>> under_way{{true, question}};
    for (std::size_t i = 0; i < under_way.size(); ++i) {
      VIP_ASSERT(under_way.size() < kHellosMax);  // or questions beget questions
      const auto [to_other, packet] = under_way[i];
      auto& receiver = to_other ? other : asker;
      const auto reception = hear_hello(receiver, packet.envelope, packet.bytes, true);
      VIP_ASSERT(!reception.discarded);
      const auto twice = hear_hello(receiver, packet.envelope, packet.bytes, false);
      VIP_ASSERT(twice.discarded == Discard::replay);
      for (auto& next : hellos(receiver, reception.actions))
        under_way.emplace_back(!to_other, std::move(next));
    }
  }

  // What goes out of actions; nothing without a key.
  std::vector<Packet> hellos(RouterSet& sender, const RouterActions& actions) {
    std::vector<Packet> packets;
    for (const auto& [router, action] : actions) {
      const auto* const hello = std::get_if<SendHello>(&action);
      if (hello == nullptr) continue;
      VIP_ASSERT(mode_ != AuthMode::off && sender.setup(router).transport == Transport::unicast);
      packets.push_back(sender.packet(router, *hello, now_, kWallClock));
      packets.back().envelope.interface = kInterface;
    }
    return packets;
  }

  // To an old question, and nothing of it is believed.
  static bool only_answers(const RouterActions& actions) {
    return std::ranges::all_of(actions, [](const auto& told) {
      const auto* const hello = std::get_if<SendHello>(&told.action);
      return hello != nullptr && hello->kind == HelloKind::answer;
    });
  }

  Reception hear_hello(RouterSet& receiver, const Envelope& envelope, std::span<const std::uint8_t> datagram,
                       bool may_count) {
    const auto states = states_of(receiver);
    const auto deadline = receiver.next_deadline();
    auto reception = receiver.receive_hello(now_, envelope, datagram);
    VIP_ASSERT(may_count || reception.discarded);
    VIP_ASSERT(!reception.discarded || (only_answers(reception.actions) && !reception.event));
    if (!reception.event) VIP_ASSERT(states == states_of(receiver) && deadline == receiver.next_deadline());
    if (&receiver == &set_) look(reception.actions);
    return reception;
  }

  static std::array<State, kRouters> states_of(const RouterSet& set) {
    std::array<State, kRouters> states{};
    for (std::size_t i = 0; i < kRouters; ++i) states.at(i) = set.machine(i).state();
    return states;
  }

  Reception hear(const Envelope& envelope, std::span<const std::uint8_t> packet, bool may_count) {
    std::array<State, kRouters> before{};
    for (std::size_t i = 0; i < kRouters; ++i) before[i] = state(i);
    const auto deadline = set_.next_deadline();
    auto reception = set_.receive(now_, envelope, packet);
    VIP_ASSERT(may_count || reception.discarded);
    if (reception.discarded) {
      VIP_ASSERT(reception.actions.empty() && set_.next_deadline() == deadline);
      for (std::size_t i = 0; i < kRouters; ++i) VIP_ASSERT(before[i] == state(i));
    }
    look(reception.actions);
    return reception;
  }

  void look(const RouterActions& actions) {
    for (const auto& [router, action] : actions) {
      if (std::holds_alternative<HoldAddresses>(action)) holds_.at(router) = true;
      if (std::holds_alternative<ReleaseAddresses>(action)) {
        VIP_ASSERT(holds_.at(router));
        holds_.at(router) = false;
      }
      const auto* const sent = std::get_if<SendAdvertisement>(&action);
      VIP_ASSERT(sent == nullptr || holds_.at(router));
      VIP_ASSERT(!std::holds_alternative<ReadyToClaim>(action));  // is between the routers alone
      if (sent == nullptr) continue;
      for (const auto& packet : set_.packets(router, sent->priority, now_, kWallClock)) {
        const auto decoded = decode(packet.bytes, packet.envelope);
        VIP_ASSERT(decoded && decoded->advertisement.priority == sent->priority);
        VIP_ASSERT(packet.bytes.size() < 600);
      }
    }
    for (std::size_t i = 0; i < kRouters; ++i)
      VIP_ASSERT(holds_[i] == (state(i) == State::active || set_.machine(i).is_lingering()));
    VIP_ASSERT((state(0) == State::active) == (state(1) == State::active));
  }

  AuthMode mode_;
  TimePoint now_;
  RouterSet set_;
  RouterSet peer_;
  std::array<bool, kRouters> holds_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader input(std::span(data, size));
  const auto bits = input.u8();
  Subject subject(bits % 2 == 0 ? AuthMode::enforce : AuthMode::off, bits / 2U);
  for (int i = 0; i < 100 && input.ok() && input.remaining() > 0; ++i) subject.turn(input);
  subject.end();
  return 0;
}
