#include "tests/sim/history.h"

#include <algorithm>
#include <array>

#include "tests/sim/cluster.h"
#include "tests/sim/quiet_judge.h"
#include "tests/sim/unmoved.h"

namespace vip::vrrp::sim {
namespace {

using namespace std::chrono_literals;

// Faults of a kind happen in a history or not at all: what is rare together with everything else becomes
// common in the histories that have little else (TigerBeetle calls this swarm testing).
enum class Fault {
  crash,
  leave,
  pause,
  link,
  one_way,
  split,
  refuse,
  loss,
  reorder,
  reboot,
  plan,
  damage,
  freeze,
  filter,
  worker,
  handoff,
  stranger,
  count
};
constexpr auto kFaultCount = static_cast<std::size_t>(Fault::count);
constexpr std::array<const char*, kFaultCount> kFaultNames{
    "crash",  "leave", "pause",  "link",   "one_way", "split",  "refuse",  "loss",    "reorder",
    "reboot", "plan",  "damage", "freeze", "filter",  "worker", "handoff", "stranger"};

// Once the kernel refused an address, or another host had it, the router waits this long at most before it
// tries again; at first a second, then twice as long each time.
constexpr Duration kRetryFirst = 1s;
constexpr Duration kRetryLongest = 60s;
// How long a parent takes to have another worker going, and an agent to take over from its sibling.
constexpr Duration kReviveMin = 20ms;
constexpr Duration kReviveMax = 60ms;
constexpr Duration kSilenceMax = 5ms;
// And once somebody did not hear it, so long at most it leaves the addresses to the other one.
constexpr Duration kHumilityLongest = 240s;
// Longer than a router can sleep without noticing it, also after a plan that raised the interval.
constexpr int kLeaseIntervalsMin = 16;
// Who handed over lets go at the successor's second announcement, where it did not hear the first.
constexpr Duration kLetsGo = 100ms + Linger::kSettle;
constexpr std::uint64_t kStepsOfPackets = 2;  // times as many of the bare machine in the same time
constexpr std::array<Duration, 4> kIntervals{10ms, 100ms, 250ms, 1000ms};

// Of the RFCs, without the functions that are judged here.
Duration skew_of(const ClusterOptions& options, int priority) {
  return (options.version == Version::v2 ? Duration(1s) : options.interval) * (256 - priority) / 256;
}

Duration down_of(const ClusterOptions& options, int priority) {
  return 3 * options.interval + skew_of(options, priority);
}

std::vector<int> draw_priorities(Rng& rng, std::size_t hosts) {
  std::vector<int> priorities;
  const bool ties = rng.one_in(4);
  for (std::size_t i = 0; i < hosts; ++i)
    priorities.push_back(ties ? 100 : static_cast<int>(250 - 40 * i - rng.below(30)));
  return priorities;
}

// Of a group that is not all alike: a router of another make, or members that not everybody lists.
void draw_strangers(Rng& rng, ClusterOptions& options) {
  const auto hosts = options.priorities.size();
  if (!options.packets || options.version == Version::v2 || !rng.one_in(4)) return;
  if (rng.one_in(2)) {
    options.foreign = {rng.below(hosts)};
    return;
  }
  const auto unlisted = rng.below(hosts);
  for (std::size_t host = 0; host < hosts; ++host) {
    if (host == unlisted || rng.one_in(3)) continue;
    auto& list = options.lists[host];
    for (std::size_t other = 0; other < hosts; ++other) {
      if (other != unlisted) list.push_back(other);
    }
  }
}

ClusterOptions draw_options(Rng& rng, bool with_model) {
  ClusterOptions options{.with_model = with_model};
  options.packets = rng.one_in(4);
  options.priorities = draw_priorities(rng, 2 + rng.below(4));
  if (rng.one_in(10)) options.priorities.front() = kPriorityOwner.value;
  options.version = rng.one_in(4) ? Version::v2 : Version::v3;
  options.interval = options.version == Version::v2 ? Duration(1s + 1s * rng.below(2))
                                                    : kIntervals.at(rng.below(kIntervals.size()));
  options.preempt = !rng.one_in(3);
  options.preempt_delay = rng.one_in(2) ? Duration(0s) : rng.between(1s, 10s);
  const auto listening = down_of(options, 1);
  if (rng.one_in(options.packets ? 2 : 4))
    options.start_wait = rng.between(listening, std::max<Duration>(2 * listening, 3600ms));
  if (rng.one_in(2))
    options.lease = rng.between(kLeaseIntervalsMin * options.interval, 60 * options.interval);
  options.drift_ppm_max = rng.one_in(2) ? 0 : 500;
  options.hold_delay_max = rng.one_in(2) ? Duration(0) : options.interval / 20;
  options.network.delay_max = options.interval / 20;
  options.checks_duplicates = options.packets && !rng.one_in(3);
  options.remembers = rng.one_in(2);
  draw_strangers(rng, options);
  return options;
}

std::string describe(const ClusterOptions& options, const std::array<bool, kFaultCount>& enabled) {
  std::string text = std::string(options.packets ? "packets " : "") + "v" +
                     std::to_string(static_cast<int>(options.version)) + " interval " +
                     std::to_string(options.interval / 1ms) + "ms priorities";
  for (const auto priority : options.priorities) text += " " + std::to_string(priority);
  text += options.preempt ? " preempt after " + std::to_string(options.preempt_delay / 1ms) + "ms"
                          : " no preempt";
  if (options.start_wait > Duration::zero())
    text += " start wait " + std::to_string(options.start_wait / 1ms) + "ms";
  if (options.lease > Duration::zero()) text += " lease " + std::to_string(options.lease / 1ms) + "ms";
  if (options.checks_duplicates) text += " checks duplicates";
  if (!options.foreign.empty()) text += " foreign " + std::to_string(*options.foreign.begin());
  for (const auto& [host, list] : options.lists)
    text += " " + std::to_string(host) + " lists " + std::to_string(list.size());
  text += " faults";
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    if (enabled.at(i)) text += std::string(" ") + kFaultNames.at(i);
  }
  return text;
}

class History {
 public:
  History(Seed seed, const HistoryLimits& limits)
      : limits_(limits),
        rng_(seed),
        options_(draw_options(rng_, limits.with_model)),
        interval_shortest_(options_.interval),
        interval_longest_(options_.interval),
        cluster_(Seed{rng_.next()}, options_),
        judge_(cluster_) {
    for (auto& kind : enabled_) kind = !rng_.one_in(2);
    enabled(Fault::worker) &= options_.remembers;
    enabled(Fault::stranger) &= options_.checks_duplicates;
    if (options_.packets) limits_.steps_max /= kStepsOfPackets;
    result_.options = describe(options_, enabled_);
    cluster_.watch([this] { check_always(); });
  }

  HistoryResult run() {
    for (std::size_t i = 0; i < cluster_.size(); ++i) start(i);
    while (!result_.violation && cluster_.steps() < limits_.steps_max && elapsed() < limits_.virtual_time) {
      cluster_.run_for(rng_.between(options_.interval, 40 * options_.interval));
      inject();
      if (rng_.one_in(12)) make_peace();
    }
    if (!result_.violation) make_peace();
    result_.virtual_time = elapsed();
    result_.steps = cluster_.steps();
    return result_;
  }

 private:
  [[nodiscard]] Duration elapsed() const { return cluster_.now().time_since_epoch(); }
  std::size_t any_host() { return rng_.below(cluster_.size()); }
  bool& enabled(Fault fault) { return enabled_.at(static_cast<std::size_t>(fault)); }

  void violate(const std::string& what) {
    if (!result_.violation) result_.violation = what + " at " + std::to_string(elapsed() / 1ms) + "ms";
  }

  // --- safety: at every moment, whatever the faults
  // ---------------------------------------------------------

  void check_always() {
    if (cluster_.fault()) violate(*cluster_.fault());
    if (const auto wrong = judge_.look()) violate(*wrong);
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
      if (cluster_.life(i) == Life::between) continue;  // its next worker sees to it
      const bool active = cluster_.life(i) != Life::off && cluster_.router(i).state() == State::active;
      const bool keeps = cluster_.life(i) != Life::off && cluster_.router(i).is_lingering();
      if (cluster_.holds(i) && !active && !keeps)
        violate("host " + std::to_string(i) + " holds the address without being active");
    }
    // A livelock shows as a storm of events within one interval.
    constexpr std::uint64_t kStepsPerIntervalAndHost = 200;
    if (cluster_.now() - storm_since_ > interval_shortest_) {
      storm_since_ = cluster_.now();
      storm_steps_ = cluster_.steps();
    } else if (cluster_.steps() - storm_steps_ >
               kStepsPerIntervalAndHost * cluster_.size() * cluster_.size()) {
      violate("a storm of events");
    }
  }

  // --- faults
  // -----------------------------------------------------------------------------------------------

  void inject() {
    const auto kind = static_cast<Fault>(rng_.below(kFaultCount));
    if (!enabled(kind)) return;
    ++result_.faults;
    const auto host = any_host();
    switch (kind) {
      case Fault::crash:
        cluster_.life(host) == Life::off ? start(host) : vanish(host, Way::sudden);
        break;
      case Fault::leave:
        cluster_.life(host) == Life::off ? start(host) : vanish(host, Way::polite);
        break;
      case Fault::pause:
        cluster_.life(host) == Life::paused ? cluster_.resume(host) : cluster_.pause(host);
        break;
      case Fault::link:
        cluster_.link(host, rng_.one_in(2));
        break;
      case Fault::one_way:
        cluster_.cut(host, any_host(), rng_.one_in(2));
        break;
      case Fault::split:
        split();
        break;
      case Fault::refuse:
        cluster_.refuse_addresses(host, rng_.one_in(2));
        break;
      case Fault::loss:
        cluster_.set_network({.delay_max = options_.network.delay_max,
                              .loss_percent = static_cast<unsigned>(rng_.below(60)),
                              .duplicate_percent = static_cast<unsigned>(rng_.below(30))});
        break;
      case Fault::reorder:
        cluster_.set_network({.delay_max = options_.interval * 2, .duplicate_percent = 10, .reorder = true});
        break;
      case Fault::reboot:
        vanish(host, Way::sudden);
        jump_clock(host);
        start(host);
        break;
      case Fault::plan:
        if (rng_.one_in(3)) draw_plan();
        obey_plan(host);
        break;
      case Fault::damage:
        cluster_.set_network({.delay_max = options_.network.delay_max, .damage_percent = 50});
        break;
      case Fault::freeze:
        freeze();
        break;
      case Fault::filter:
        cluster_.cut(host, any_host(), rng_.one_in(2) ? Traffic::advertisement : Traffic::hello,
                     rng_.one_in(2));
        break;
      case Fault::worker:
        crash_worker(host);
        break;
      case Fault::handoff:
        if (rng_.one_in(3)) draw_plan();
        hand_over(host);
        break;
      case Fault::stranger:
        cluster_.set_stranger(rng_.one_in(2));
        break;
      case Fault::count:
        break;
    }
  }

  // Of another make is another agent, without a memory.
  void crash_worker(std::size_t host) {
    if (options_.foreign.contains(host)) return;
    const auto soon = rng_.between(kReviveMin, kReviveMax);
    const auto late = rng_.between(Duration::zero(), 20 * options_.interval);
    const auto death = static_cast<Death>(rng_.below(4));
    cluster_.crash_worker(host, rng_.one_in(3) ? late : soon, death);
  }

  void hand_over(std::size_t host) {
    if (!options_.foreign.contains(host))
      cluster_.hand_over(host, rng_.between(Duration::zero(), kSilenceMax), plan_of(host));
  }

  // All machines sleep at once, as a hypervisor makes them, and wake one after the other.
  void freeze() {
    for (std::size_t i = 0; i < cluster_.size(); ++i) cluster_.pause(i);
    cluster_.run_for(rng_.between(options_.interval, 20 * options_.interval));
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
      cluster_.resume(i);
      cluster_.run_for(rng_.between(Duration::zero(), options_.interval / 2));
    }
  }

  void jump_clock(std::size_t host) {
    cluster_.set_wall_clock(host, rng_.between(-24h, 24h));
    clocks_jumped_ |= options_.packets;
  }

  void start(std::size_t host) {
    if (cluster_.life(host) != Life::off && !cluster_.is_leaving(host)) return;
    judge_.about_to_start(host);
    cluster_.start(host);
    check_always();
  }

  enum class Way { polite, sudden };

  void vanish(std::size_t host, Way way) {
    judge_.about_to_vanish(host, way == Way::polite);
    way == Way::polite ? cluster_.stop(host) : cluster_.crash(host);
    check_always();
  }

  // A new plan reaches one host after the other, and between them no two may agree.
  void draw_plan() {
    const bool owned = options_.priorities.front() == kPriorityOwner.value;
    options_.priorities = draw_priorities(rng_, cluster_.size());
    if (owned) options_.priorities.front() = kPriorityOwner.value;
    if (options_.version == Version::v3) options_.interval = interval_shortest_ * (1 << rng_.below(3));
    interval_longest_ = std::max(interval_longest_, options_.interval);
    addresses_ = 1 + rng_.below(3);
    ++options_.generation;
  }

  [[nodiscard]] Cluster::Plan plan_of(std::size_t host) const {
    return {.priority = Priority(static_cast<std::uint8_t>(options_.priorities.at(host))),
            .interval = options_.interval,
            .addresses = addresses_,
            .generation = options_.generation};
  }

  void obey_plan(std::size_t host) { cluster_.reconfigure(host, plan_of(host)); }

  void split() {
    const auto side = rng_.next();
    for (std::size_t from = 0; from < cluster_.size(); ++from) {
      for (std::size_t to = 0; to < cluster_.size(); ++to)
        cluster_.cut(from, to, ((side >> from) & 1U) != ((side >> to) & 1U));
    }
  }

  // --- liveness: faults off, and one right owner within the time that the protocol needs
  // ---------------------

  void make_peace() {
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
      for (std::size_t j = 0; j < cluster_.size(); ++j) cluster_.cut(i, j, false);
      cluster_.refuse_addresses(i, false);
      cluster_.link(i, true);
      cluster_.resume(i);
      cluster_.revive(i);
      obey_plan(i);
      start(i);
    }
    cluster_.set_stranger(false);
    cluster_.set_network({.delay_max = options_.network.delay_max});
    auto slowest = options_;
    slowest.interval = interval_longest_;
    const auto down = down_of(slowest, 1);
    // One listening, the delay of the best, and a second listening where the first owner was the wrong one.
    const auto limit = 2 * down + options_.start_wait + options_.preempt_delay + 4 * interval_longest_ +
                       kRetryLongest + kHumilityLongest;
    const auto deadline = cluster_.now() + limit;
    while (cluster_.now() < deadline) {
      if (!cluster_.run_until([this] { return is_right(); }, deadline - cluster_.now())) break;
      if (!stays_right(20 * options_.interval)) continue;
      if (!clocks_jumped_ && options_.lists.empty()) probe_some();
      return;
    }
    if (!is_left_to_unbelieved())
      violate("no single right owner after " + std::to_string(limit / 1ms) + "ms of peace: " + picture());
  }

  // A router of another make whose clock went back is not believed (P5), and it answers no hello that would
  // help it up. Whoever asks the LAN finds that it has the address, cannot tell it from an owner that is not
  // heard, and leaves it to it (P17), without a word that it could number above.
  [[nodiscard]] bool is_left_to_unbelieved() const {
    const auto owners = cluster_.actives();
    const bool unbelieved = clocks_jumped_ && options_.checks_duplicates && owners.size() == 1 &&
                            options_.foreign.contains(owners.front());
    if (!unbelieved || cluster_.holders() != owners) return false;
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
      if (i != owners.front() && cluster_.discards(i).at(static_cast<std::size_t>(Discard::replay)) == 0)
        return false;
    }
    return true;
  }

  // Not where a clock went back: until it is heard by all once more, its host is not believed (P5), which
  // costs a down interval at any later time. And not where an owner that comes back does not list everybody:
  // it speaks to the others once they have asked it, or have spoken up (P19).
  void probe_some() {
    judge_.begin();
    for (auto probes = rng_.below(3); probes > 0 && !result_.violation; --probes) {
      if (cluster_.run_until([this] { return nobody_in_fault(); }, kRetryLongest)) probe();
    }
    if (!result_.violation && options_.remembers) probe_next_lives();
    judge_.end();
    if (!result_.violation && options_.remembers) probe_late_life();
    if (!result_.violation && asks_the_lan()) rng_.one_in(2) ? probe_stranger() : probe_frozen_holder();
  }

  [[nodiscard]] bool nobody_in_fault() const {
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
      if (cluster_.router(i).state() == State::fault) return false;
    }
    return true;
  }

  // In peace the owner leaves or dies, and comes back: each time somebody of the best is there in time.
  void probe() {
    const auto owner = cluster_.actives().front();
    const bool politely = rng_.one_in(2);
    cluster_.run_for(rng_.between(2 * options_.interval, 4 * options_.interval));  // all have heard it
    vanish(owner, politely ? Way::polite : Way::sudden);
    const auto left = cluster_.now();
    const auto wait = [&](std::size_t host) {
      const auto priority = options_.priorities.at(host);
      return politely ? skew_of(options_, priority) : down_of(options_, priority);
    };
    auto shortest = Duration::max();
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
      if (i != owner) shortest = std::min(shortest, wait(i));
    }
    const auto delay = options_.network.delay_max;
    const auto slack = shortest / 1000 + 1us;  // clocks drift
    const auto how = std::string(politely ? "polite leave" : "crash") + " of " + std::to_string(owner);
    if (!cluster_.run_until([this] { return !cluster_.actives().empty(); }, shortest + delay + slack)) {
      violate("nobody in time after the " + how + ": " + picture());
      return;
    }
    const auto heard_last = politely ? left : left - options_.interval;
    if (cluster_.now() - heard_last < shortest - slack) violate("somebody is too early after the " + how);
    for (const auto first : cluster_.actives()) {
      if (wait(first) > shortest + delay + slack)
        violate(std::to_string(first) + " comes before its turn after the " + how);
    }
    const auto settled = options_.interval + options_.interval / 1000 + delay + 2 * options_.hold_delay_max;
    cluster_.run_for(settled);
    if (cluster_.actives().size() != 1)
      violate("no single active router soon after the " + how + ": " + picture());
    cluster_.run_for(kLetsGo + delay);
    if (cluster_.actives().size() != 1 || cluster_.holders() != cluster_.actives())
      violate("no single owner soon after the " + how + ": " + picture());
    cluster_.run_for(rng_.between(Duration::zero(), 5 * options_.interval));
    come_back(owner);
  }

  // --- P11: a worker that is dead for less than two intervals, and a sibling that takes over, go on as if
  // nothing had been
  // ---------------------

  void probe_next_lives() {
    if (!cluster_.run_until([this] { return nobody_in_fault(); }, kRetryLongest)) return;
    const Unmoved unmoved(cluster_);
    for (auto probes = rng_.below(3); probes > 0; --probes) {
      cluster_.run_for(rng_.between(Duration::zero(), 2 * options_.interval));
      rng_.one_in(2) ? probe_crashes() : probe_roll();
      // Whoever missed something would show it by then.
      cluster_.run_for(2 * down_of(options_, 1) + options_.interval);
    }
    if (unmoved.what()) violate(*unmoved.what() + ": " + picture());
    if (!is_right()) violate("no right owner after another life: " + picture());
  }

  // Some or all at once.
  void probe_crashes() {
    const auto hosts = 1 + rng_.next() % ((1U << cluster_.size()) - 1);
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
      if (((hosts >> i) & 1U) == 0 || options_.foreign.contains(i)) continue;
      // The last word before may be an interval older than the last beat, and the others wait for three.
      const auto end = cluster_.last_beat(i) + options_.interval * 9 / 5;
      const auto gap = std::min(rng_.between(kSilenceMax, kReviveMax), end - cluster_.now());
      if (gap > Duration::zero()) cluster_.crash_worker(i, gap);
    }
  }

  // A newer plan, one host after the other, each in a new agent.
  void probe_roll() {
    ++options_.generation;
    addresses_ = 1 + rng_.below(3);
    const auto first = any_host();
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
      hand_over((first + i) % cluster_.size());
      cluster_.run_for(rng_.between(kSilenceMax, 3 * options_.interval));
    }
  }

  // Whose worker was dead for so long that another one has taken over is silent, and lets go.
  void probe_late_life() {
    const auto owner = cluster_.actives().front();
    if (options_.foreign.contains(owner) || options_.priorities.at(owner) == kPriorityOwner.value) return;
    if (!cluster_.run_until([this] { return nobody_in_fault(); }, kRetryLongest)) return;
    cluster_.run_for(2 * options_.interval);  // all have heard it
    const auto gap = down_of(options_, 1) + rng_.between(2 * options_.interval, 20 * options_.interval);
    cluster_.crash_worker(owner, gap);
    bool speaks = false;
    bool claims = false;  // anew
    cluster_.observe([&](std::size_t host, const Action& action) {
      const auto* const changed = std::get_if<StateChanged>(&action);
      claims |= host == owner && changed != nullptr && changed->to == State::active;
      speaks |= host == owner && !claims && std::holds_alternative<SendAdvertisement>(action);
    });
    cluster_.run_for(gap + options_.interval / 2 + 2 * options_.network.delay_max);
    cluster_.observe({});
    if (speaks) violate(std::to_string(owner) + " speaks after a life too late: " + picture());
    if ((cluster_.holds(owner) && !claims) || cluster_.actives().empty())
      violate(std::to_string(owner) + " does not let go after a life too late: " + picture());
    settle();
  }

  // --- P17: nobody claims what another host has, and somebody does soon after it has it no more
  // ---------------------

  [[nodiscard]] bool asks_the_lan() const {
    return options_.checks_duplicates && options_.foreign.empty() &&
           options_.priorities.front() != kPriorityOwner.value;
  }

  // From so long after the first fault until the next claim; before it there may be one more that fails.
  [[nodiscard]] Duration claims_within(Duration since_first_fault) const {
    const auto listening = down_of(options_, 1) + 2 * options_.hold_delay_max;
    return std::min<Duration>(kRetryFirst + since_first_fault, kRetryLongest) + 2 * listening;
  }

  void probe_stranger() {
    for (std::size_t i = 0; i < cluster_.size(); ++i) vanish(i, Way::sudden);
    cluster_.set_stranger(true);
    cluster_.run_for(options_.network.delay_max);  // else whoever hears its last word knows whose it was
    for (std::size_t i = 0; i < cluster_.size(); ++i) start(i);
    const auto began = cluster_.now();
    const auto claimed = [this] { return !cluster_.actives().empty(); };
    const auto listening = std::max(options_.start_wait, down_of(options_, 1));
    if (cluster_.run_until(claimed, listening + rng_.between(Duration::zero(), 30s)))
      violate("claims what a stranger has: " + picture());
    cluster_.set_stranger(false);
    if (!cluster_.run_until(claimed, claims_within(cluster_.now() - began)))
      violate("nobody claims what the stranger had: " + picture());
    settle();
  }

  // All are gone but the holder, and that is frozen: its kernel has the address until its lease ends.
  void probe_frozen_holder() {
    if (options_.lease == Duration::zero()) return;
    const auto holder = cluster_.actives().front();
    cluster_.pause(holder);
    const auto lapses = cluster_.now() + options_.lease;
    for (std::size_t i = 0; i < cluster_.size(); ++i)
      if (i != holder) vanish(i, Way::sudden);
    cluster_.run_for(options_.network.delay_max);  // else whoever hears its last word knows whose it was
    for (std::size_t i = 0; i < cluster_.size(); ++i)
      if (i != holder) start(i);
    const auto claimed = [this, holder] { return cluster_.actives() != std::vector{holder}; };
    if (rng_.one_in(3)) {
      const bool too_early = cluster_.run_until(claimed, rng_.between(Duration::zero(), options_.lease));
      if (too_early && cluster_.holds(holder)) violate("claims what a frozen host has: " + picture());
    } else {
      const auto limit = options_.lease + options_.start_wait + claims_within(options_.lease);
      if (!cluster_.run_until(claimed, limit)) violate("nobody claims what the dead one had: " + picture());
      if (cluster_.now() < lapses) violate("claims what a frozen host has: " + picture());
    }
    cluster_.resume(holder);
    settle();
  }

  void settle() {
    const auto slowest = std::max(options_.start_wait, down_of(options_, 1));
    const auto limit = kRetryLongest + kHumilityLongest + 2 * slowest + options_.preempt_delay +
                       4 * options_.interval + kLetsGo;
    if (!cluster_.run_until([this] { return is_right() && nobody_in_fault(); }, limit))
      violate("no right owner after another one had the address: " + picture());
  }

  void come_back(std::size_t host) {
    start(host);
    const auto best = std::ranges::max(options_.priorities);
    const auto listening = std::max(options_.start_wait, down_of(options_, best));
    const auto limit = listening + options_.preempt_delay + options_.interval + skew_of(options_, best) +
                       2 * options_.network.delay_max + 2 * options_.hold_delay_max + kLetsGo;
    cluster_.run_for(limit + limit / 500);
    if (!is_right())
      violate("no right owner in time after " + std::to_string(host) + " came back: " + picture());
    if (!stays_right(20 * options_.interval)) violate("a right owner does not stay: " + picture());
  }

  // Two equal routers may both claim before they hear each other; the right owner is the one that stays.
  bool stays_right(Duration span) {
    const auto owner = cluster_.actives();
    return !cluster_.run_until([&] { return cluster_.actives() != owner || !is_right(); }, span);
  }

  [[nodiscard]] bool is_right() const {
    const auto actives = cluster_.actives();
    if (actives.size() != 1 || cluster_.holders() != actives) return false;
    const bool owner = std::ranges::max(options_.priorities) == kPriorityOwner.value;
    return (!options_.preempt && !owner) || actives.front() == best();
  }

  // With equal priorities nobody preempts: whoever has it keeps it, so only a better priority counts.
  [[nodiscard]] std::size_t best() const {
    const auto owner = cluster_.actives().front();
    const auto highest = std::ranges::max(options_.priorities);
    if (options_.priorities.at(owner) == highest) return owner;
    return static_cast<std::size_t>(std::ranges::find(options_.priorities, highest) -
                                    options_.priorities.begin());
  }

  [[nodiscard]] std::string picture() const {
    std::string text;
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
      text += std::to_string(i) + ":" + std::string(name(cluster_.router(i).state())) +
              (cluster_.holds(i) ? "(holds) " : " ");
    }
    return text;
  }

  HistoryLimits limits_;
  Rng rng_;
  ClusterOptions options_;      // of the newest plan
  Duration interval_shortest_;  // of all plans
  Duration interval_longest_;
  Cluster cluster_;
  QuietJudge judge_;
  std::array<bool, kFaultCount> enabled_{};
  HistoryResult result_;
  TimePoint storm_since_;
  std::uint64_t storm_steps_ = 0;
  std::size_t addresses_ = 1;
  bool clocks_jumped_ = false;
};

}  // namespace

HistoryResult run_history(Seed seed, const HistoryLimits& limits) {
  return History(seed, limits).run();
}

}  // namespace vip::vrrp::sim
