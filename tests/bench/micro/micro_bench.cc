// What the core does for each packet and each deadline, without sockets and clock: cmake --build
// build/release --target micro_bench && build/release/tests/micro_bench. An argument is a count: of addresses
// in an advertisement, or of routers.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "vrrp/core/advertisement.h"
#include "vrrp/core/authentication.h"
#include "vrrp/core/router_set.h"
#include "vrrp/core/virtual_router.h"

namespace {

using namespace vip;        // NOLINT(google-build-using-namespace): one file of benchmarks
using namespace vip::vrrp;  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;

constexpr Duration kInterval = 10ms;

IpAddress address_of(Family family, std::uint8_t host) {
  if (family == Family::ipv4) return IpAddress::v4({192, 0, 2, host});
  return IpAddress::v6({0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host});
}

Envelope envelope_of(Family family) {
  return {.source = address_of(family, 2), .destination = address_of(family, 1)};
}

Advertisement advertisement_of(Family family, std::size_t addresses) {
  Advertisement advertisement{.vrid = Vrid(1), .priority = Priority(200), .interval = kInterval};
  for (std::size_t i = 0; i < addresses; ++i)
    advertisement.addresses.push_back(address_of(family, static_cast<std::uint8_t>(100 + i)));
  return advertisement;
}

RouterConfig config_of(std::uint8_t vrid, Priority priority) {
  return {.vrid = Vrid(vrid),
          .priority = priority,
          .advert_interval = kInterval,
          .source = address_of(Family::ipv4, 1),
          .addresses = {IpPrefix{.address = IpAddress::v4({198, 51, 100, vrid}), .length = 32}}};
}

Authenticator authenticator(bool is_signed) {
  if (!is_signed) return {AuthMode::off, {}, 0, 0s};
  return {AuthMode::enforce, {AuthKey{.id = 1, .secret = std::vector<std::uint8_t>(32, 7)}}, 1, 0s};
}

// Routers of one agent with one peer, which are active, or follow that peer.
RouterSet routers(std::size_t count, Priority priority, bool is_signed) {
  std::vector<RouterSetup> setups;
  for (std::size_t i = 0; i < count; ++i) {
    setups.push_back({.protocol = config_of(static_cast<std::uint8_t>(i + 1), priority),
                      .rules = {.peers = {address_of(Family::ipv4, 2)}}});
  }
  RouterSet set(std::move(setups), authenticator(is_signed));
  const TimePoint start(1s);
  for (std::size_t i = 0; i < count; ++i) {
    set.place(i, IfIndex(1));
    (void)set.link_changed(start, i, /*usable=*/true, address_of(Family::ipv4, 1));
  }
  (void)set.start(start);
  return set;
}

void decodes(benchmark::State& state, Family family) {
  const auto envelope = envelope_of(family);
  const auto packet = encode(advertisement_of(family, static_cast<std::size_t>(state.range(0))), envelope);
  for (auto _ : state) benchmark::DoNotOptimize(decode(packet, envelope));
}
BENCHMARK_CAPTURE(decodes, ipv4, Family::ipv4)->Arg(1)->Arg(20);
BENCHMARK_CAPTURE(decodes, ipv6, Family::ipv6)->Arg(1)->Arg(20);

void encodes(benchmark::State& state, Family family) {
  const auto envelope = envelope_of(family);
  const auto advertisement = advertisement_of(family, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(encode(advertisement, envelope));
}
BENCHMARK_CAPTURE(encodes, ipv4, Family::ipv4)->Arg(1)->Arg(20);
BENCHMARK_CAPTURE(encodes, ipv6, Family::ipv6)->Arg(1)->Arg(20);

void signs(benchmark::State& state) {
  const auto envelope = envelope_of(Family::ipv4);
  const auto packet = encode(advertisement_of(Family::ipv4, 1), envelope);
  auto by = authenticator(/*is_signed=*/true);
  for (auto _ : state) benchmark::DoNotOptimize(by.sign_next(packet, envelope.source, 1s));
}
BENCHMARK(signs);

void steps_as_backup(benchmark::State& state) {
  VirtualRouter router(config_of(1, Priority(100)));
  TimePoint now(1s);
  benchmark::DoNotOptimize(router.step(now, Started{}));
  const Event heard =
      Received{.source = address_of(Family::ipv4, 2), .priority = Priority(200), .interval = kInterval};
  for (auto _ : state) benchmark::DoNotOptimize(router.step(now += kInterval, heard));
}
BENCHMARK(steps_as_backup);

void steps_as_active(benchmark::State& state) {
  VirtualRouter router(config_of(1, kPriorityOwner));
  TimePoint now(1s);
  benchmark::DoNotOptimize(router.step(now, Started{}));
  benchmark::DoNotOptimize(router.step(now, AddressesHeld{}));
  for (auto _ : state) benchmark::DoNotOptimize(router.step(now += kInterval, TimerExpired{}));
}
BENCHMARK(steps_as_active);

// One packet of each router's peer after the other, as it comes from the socket: for one of them.
void receives(benchmark::State& state, bool is_signed) {
  const auto count = static_cast<std::size_t>(state.range(0));
  auto set = routers(count, Priority(100), is_signed);
  const auto envelope = Envelope{.source = address_of(Family::ipv4, 2),
                                 .destination = address_of(Family::ipv4, 1),
                                 .interface = IfIndex(1)};
  auto peer = authenticator(is_signed);
  std::vector<Advertisement> said;
  for (std::size_t i = 0; i < count; ++i) {
    auto advertisement = advertisement_of(Family::ipv4, 0);
    advertisement.vrid = Vrid(static_cast<std::uint8_t>(i + 1));
    advertisement.addresses = advertised_addresses(config_of(advertisement.vrid.value, Priority(200)));
    said.push_back(std::move(advertisement));
  }
  TimePoint now(1s);
  std::size_t next = 0;
  for (auto _ : state) {
    auto packet = encode(said[next], envelope);
    // Its cost is that of `signs`, and of no receiver.
    if (is_signed) {
      state.PauseTiming();
      append_trailer(packet, peer.sign_next(packet, envelope.source, 1s), envelope);
      state.ResumeTiming();
    }
    benchmark::DoNotOptimize(set.receive(now += 10us, envelope, packet));
    next = (next + 1) % count;
  }
}
BENCHMARK_CAPTURE(receives, unsigned, false)->Arg(1)->Arg(255);
BENCHMARK_CAPTURE(receives, signed, true)->Arg(1)->Arg(255);

// All of them are due together: for one of them, up to the bytes that go out.
void speaks(benchmark::State& state, bool is_signed) {
  const auto count = static_cast<std::size_t>(state.range(0));
  auto set = routers(count, kPriorityOwner, is_signed);
  TimePoint now(1s);
  for (std::size_t i = 0; i < count; ++i) (void)set.feed(now, i, AddressesHeld{});
  for (auto _ : state) {
    now += kInterval;
    for (const auto& action : set.expire(now)) {
      if (const auto* const said = std::get_if<SendAdvertisement>(&action.action))
        benchmark::DoNotOptimize(set.packets(action.router, said->priority, now, 1s));
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(speaks, unsigned, false)->Arg(1)->Arg(255);
BENCHMARK_CAPTURE(speaks, signed, true)->Arg(1)->Arg(255);

}  // namespace
