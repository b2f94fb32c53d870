#include "tests/sim/history.h"

#include <algorithm>
#include <array>

#include "tests/sim/cluster.h"

namespace vip::vrrp::sim {
namespace {

using namespace std::chrono_literals;

// Faults of a kind happen in a history or not at all: what is rare together with everything else becomes
// common in the histories that have little else (TigerBeetle calls this swarm testing).
enum class Fault { crash, leave, pause, link, one_way, split, refuse, loss, count };
constexpr auto kFaultCount = static_cast<std::size_t>(Fault::count);
constexpr std::array<const char*, kFaultCount> kFaultNames{"crash",   "leave", "pause",  "link",
                                                           "one_way", "split", "refuse", "loss"};

// Once the kernel refused an address, the router waits this long at most before it asks again.
constexpr Duration kRetryLongest = 60s;
// Whoever was not heard by the others leaves them the addresses for so long at most.
constexpr Duration kOneWayLongest = 240s;

ClusterOptions draw_options(Rng& rng, bool with_model) {
  static constexpr std::array<Duration, 4> kIntervals{10ms, 100ms, 250ms, 1000ms};
  ClusterOptions options{.with_model = with_model};
  options.priorities.clear();
  const auto hosts = 2 + rng.below(4);
  const bool ties = rng.one_in(4);
  for (std::uint64_t i = 0; i < hosts; ++i)
    options.priorities.push_back(ties ? 100 : static_cast<int>(250 - 40 * i - rng.below(30)));
  options.version = rng.one_in(4) ? Version::v2 : Version::v3;
  options.interval =
      options.version == Version::v2 ? Duration(1s) : kIntervals.at(rng.below(kIntervals.size()));
  options.preempt = !rng.one_in(3);
  options.preempt_delay = rng.one_in(2) ? Duration(0s) : rng.between(1s, 10s);
  options.drift_ppm_max = rng.one_in(2) ? 0 : 500;
  options.hold_delay_max = rng.one_in(2) ? Duration(0) : options.interval / 20;
  options.network.delay_max = options.interval / 20;
  return options;
}

std::string describe(const ClusterOptions& options, const std::array<bool, kFaultCount>& enabled) {
  std::string text = "v" + std::to_string(static_cast<int>(options.version)) + " interval " +
                     std::to_string(options.interval / 1ms) + "ms priorities";
  for (const auto priority : options.priorities) text += " " + std::to_string(priority);
  text += options.preempt ? " preempt after " + std::to_string(options.preempt_delay / 1ms) + "ms"
                          : " no preempt";
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
        cluster_(Seed{rng_.next()}, options_) {
    for (auto& kind : enabled_) kind = !rng_.one_in(2);
    result_.options = describe(options_, enabled_);
    cluster_.watch([this] { check_always(); });
  }

  HistoryResult run() {
    for (std::size_t i = 0; i < cluster_.size(); ++i) cluster_.start(i);
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

  void violate(const std::string& what) {
    if (!result_.violation) result_.violation = what + " at " + std::to_string(elapsed() / 1ms) + "ms";
  }

  // --- safety: at every moment, whatever the faults
  // ---------------------------------------------------------

  void check_always() {
    if (cluster_.divergence()) violate(*cluster_.divergence());
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
      const bool active = cluster_.life(i) != Life::off && cluster_.router(i).state() == State::active;
      if (cluster_.holds(i) && !active)
        violate("host " + std::to_string(i) + " holds the address without being active");
    }
    // A livelock shows as a storm of events within one interval.
    constexpr std::uint64_t kStepsPerIntervalAndHost = 200;
    if (cluster_.now() - storm_since_ > options_.interval) {
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
    if (!enabled_.at(static_cast<std::size_t>(kind))) return;
    ++result_.faults;
    const auto host = any_host();
    switch (kind) {
      case Fault::crash:
        cluster_.life(host) == Life::off ? cluster_.start(host) : cluster_.crash(host);
        break;
      case Fault::leave:
        cluster_.life(host) == Life::off ? cluster_.start(host) : cluster_.stop(host);
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
      case Fault::count:
        break;
    }
  }

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
      cluster_.start(i);
    }
    cluster_.set_network({.delay_max = options_.network.delay_max});
    const auto down = active_down_interval(options_.version, Priority(1), options_.interval);
    // One listening, the delay of the best, and a second listening where the first owner was the wrong one.
    const auto limit =
        2 * down + options_.preempt_delay + 2 * options_.interval + kRetryLongest + kOneWayLongest;
    const auto deadline = cluster_.now() + limit;
    while (cluster_.now() < deadline) {
      if (!cluster_.run_until([this] { return is_right(); }, deadline - cluster_.now())) break;
      if (stays_right(20 * options_.interval)) return;
    }
    violate("no single right owner after " + std::to_string(limit / 1ms) + "ms of peace: " + picture());
  }

  // Two equal routers may both claim before they hear each other; the right owner is the one that stays.
  bool stays_right(Duration span) {
    const auto owner = cluster_.actives();
    return !cluster_.run_until([&] { return cluster_.actives() != owner || !is_right(); }, span);
  }

  [[nodiscard]] bool is_right() const {
    const auto actives = cluster_.actives();
    if (actives.size() != 1 || cluster_.holders() != actives) return false;
    return !options_.preempt || actives.front() == best();
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
  ClusterOptions options_;
  Cluster cluster_;
  std::array<bool, kFaultCount> enabled_{};
  HistoryResult result_;
  TimePoint storm_since_;
  std::uint64_t storm_steps_ = 0;
};

}  // namespace

HistoryResult run_history(Seed seed, const HistoryLimits& limits) {
  return History(seed, limits).run();
}

}  // namespace vip::vrrp::sim
