// A LAN of virtual routers in virtual time. Every router is the real one, as the bare state machine or with
// all that a packet passes (node.h); around it a simulated host (its clocks are wrong, it can crash, pause,
// leave politely, lose its link, have its addresses refused, get another plan, go on by what its last life
// remembered or in a sibling) and a simulated network (delay, loss, duplication, reordering, damage, cuts in
// one direction). Whole packets are VRRP and our own hello; either can be cut alone. Announcements of
// addresses are heard, too, and questions who has them are answered by whoever's kernel does, or by a
// stranger. One seed is one history.
//
//        +--------+   Action    +---------+   delay, loss, cuts   +---------+   Event   +--------+
//        | router | ----------> |  host 0 | --------------------> |  host 1 | --------> | router |
//        +--------+             +---------+                       +---------+           +--------+
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "common/base/rng.h"
#include "common/base/time.h"
#include "tests/sim/node.h"
#include "vrrp/core/virtual_router.h"

namespace vip::vrrp::sim {

struct Network {
  Duration delay_max = std::chrono::milliseconds(1);
  unsigned loss_percent = 0;
  unsigned duplicate_percent = 0;
  unsigned damage_percent = 0;  // of whole packets: one bit turned
  bool reorder = false;         // else what one host sends to another arrives in order
};

struct ClusterOptions {
  std::vector<int> priorities{100, 90};
  Version version = Version::v3;
  Duration interval = std::chrono::milliseconds(250);
  bool preempt = true;
  Duration preempt_delay{};
  Duration start_wait{};
  int drift_ppm_max = 0;  // of each host's clock, either way
  Duration lease{};       // how long the kernel keeps the addresses of an agent that is silent; 0: for ever
  Duration hold_delay_max{};  // how long the kernel takes to have the addresses
  Network network;
  bool one_source = false;  // all hosts have one address, as a misconfigured LAN may
  bool packets = false;     // whole packets travel, in version 3 signed and with hellos
  std::uint64_t generation = 0;
  // With packets: whom a host's plan lists, where that is not everybody.
  std::map<std::size_t, std::vector<std::size_t>> lists;
  std::set<std::size_t> foreign;   // with packets: routers of another make, which know no hello
  bool with_model = false;         // hold every router against the model
  bool checks_duplicates = false;  // with packets: asks who has the address before a first claim
  bool remembers = false;          // for a next life
};

// What a host is doing. Between: its worker is dead or silent for good, and another one will go on.
enum class Life { off, running, paused, between };

// When a worker dies: now, or in the middle of what it does next.
enum class Death { now, before_it_remembers, before_it_acts, while_it_acts };

class Cluster {
 public:
  Cluster(Seed seed, ClusterOptions options);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  Cluster(Cluster&&) = delete;
  Cluster& operator=(Cluster&&) = delete;

  [[nodiscard]] const ClusterOptions& options() const { return options_; }
  [[nodiscard]] std::size_t size() const { return hosts_.size(); }
  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] const VirtualRouter& router(std::size_t host) const;
  [[nodiscard]] Life life(std::size_t host) const;
  // It was told to stop, and waits for a successor; also while paused.
  [[nodiscard]] bool is_leaving(std::size_t host) const;
  // Whether the simulated kernel has the addresses: a crashed host's are gone at once, a paused one's stay.
  [[nodiscard]] bool holds(std::size_t host) const;
  [[nodiscard]] std::vector<std::size_t> actives() const;
  [[nodiscard]] std::vector<std::size_t> holders() const;
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

  void start(std::size_t host);  // whoever leaves has to hurry
  void stop(std::size_t host);   // politely; a second time: at once
  void crash(std::size_t host);  // without a word
  void pause(std::size_t host);
  void resume(std::size_t host);
  // The worker crashes; after a gap its parent's next one goes on. What is advertised meanwhile is kept.
  void crash_worker(std::size_t host, Duration gap, Death death = Death::now);
  // When the worker was last known to live, by its host's clock and by ours.
  [[nodiscard]] TimePoint last_beat(std::size_t host) const;
  void link(std::size_t host, bool up);
  // Another router of the host's group is in a fault; its own link works.
  void fail_group(std::size_t host);
  void refuse_addresses(std::size_t host, bool refuse);
  // The time of day on the host is off by so much; to be seen by who gets its packets.
  void set_wall_clock(std::size_t host, Duration error);
  // Another plan reaches the host; a running router goes on with it.
  struct Plan {
    Priority priority;
    Duration interval{};
    std::size_t addresses = 1;
    std::uint64_t generation = 0;
    std::optional<Vrid> vrid{};      // else as it was
    std::optional<WireForm> also{};  // with packets
    std::vector<int> levels{};       // of priorities, made by a person
  };
  void reconfigure(std::size_t host, const Plan& plan);
  // Another agent of the host takes over, with another plan. For a while nobody speaks or listens.
  void hand_over(std::size_t host, Duration silence, const Plan& plan);
  // The next worker goes on at once, or this one lives on.
  void revive(std::size_t host);
  // A host that is no router has the first address and answers for it.
  void set_stranger(bool is_there) { stranger_ = is_there; }
  // A packet from somewhere else.
  void deliver(std::size_t host, const Received& advertisement);
  // One direction only.
  void cut(std::size_t from, std::size_t to, bool is_cut);
  void cut(std::size_t from, std::size_t to, Traffic traffic, bool is_cut);
  void set_network(const Network& network) { options_.network = network; }

  void run_for(Duration span);
  // Whether the condition came true within the limit; it is looked at after every event.
  bool run_until(const std::function<bool()>& condition, Duration limit);
  // What no history may show: a difference to the model, a damaged packet that was believed.
  [[nodiscard]] const std::optional<std::string>& fault() const { return fault_; }
  // With packets: those that the host refused.
  [[nodiscard]] DiscardCounts discards(std::size_t host) const;
  // Called after every event.
  void watch(std::function<void()> watcher) { watcher_ = std::move(watcher); }
  // Called with every action of a router, when it is carried out.
  using Observer = std::function<void(std::size_t host, const Action& action)>;
  void observe(Observer observer) { observer_ = std::move(observer); }

 private:
  struct Host;
  using Announced = std::vector<IpPrefix>;
  struct Question {  // who has the address?
    std::size_t from = 0;
  };
  struct OwnerFound {};
  struct Delivery {
    std::size_t to = 0;
    std::variant<Received, Parcel, Announced, Question, OwnerFound> what;  // Parcel: with packets
  };
  struct Wake {
    std::size_t host = 0;
  };
  struct Held {
    std::size_t host = 0;
    std::uint64_t claim = 0;
  };
  struct Lapsed {
    std::size_t host = 0;
    std::uint64_t pause = 0;
  };
  struct Revival {
    std::size_t host = 0;
    std::uint64_t death = 0;
  };
  using Happening = std::variant<Delivery, Wake, Held, Lapsed, Revival>;
  struct Path {  // from one host to another, of one kind of traffic
    bool is_cut = false;
    TimePoint last_arrival;
  };

  void happen(const Delivery& delivery);
  void happen(const Wake& wake);
  void happen(const Held& held);
  void happen(const Lapsed& lapsed);
  void happen(const Revival& revival);
  void feed(std::size_t host, const Event& event);
  void carry_out(std::size_t host, const Actions& actions);
  void carry_out(std::size_t host, const Action& action);
  void hold(std::size_t host);
  void lose_worker(std::size_t host, Duration gap);
  void lapse_later(std::size_t host);
  // What the agent writes down before it acts, and with every pulse; whether it dies of it.
  [[nodiscard]] bool survives(std::size_t host, const Actions& actions);
  void pulse(std::size_t host);
  void ask_who_has_it(std::size_t from);
  void answer_who_has_it(std::size_t host, std::size_t asker);
  void send(std::size_t from, Priority priority);
  void send(std::size_t from, const SendHello& hello);
  void announce(std::size_t from);
  void hear(std::size_t host, const Announced& announced);
  void send(std::size_t from, std::size_t to, Delivery delivery);
  [[nodiscard]] Duration wall_clock(const Host& host) const;
  [[nodiscard]] Path& path(std::size_t from, std::size_t to, Traffic traffic);
  void arm(std::size_t host);
  // The next event, if it comes before the end; false when there is none.
  bool step_once(TimePoint end);

  ClusterOptions options_;
  Rng rng_;
  TimePoint now_{};
  std::vector<std::unique_ptr<Host>> hosts_;
  std::multimap<TimePoint, Happening> queue_;
  std::vector<Path> paths_;
  std::function<void()> watcher_;
  Observer observer_;
  std::optional<std::string> fault_;
  bool stranger_ = false;
  std::uint64_t serial_ = 0;  // of what was sent
  std::uint64_t steps_ = 0;
};

}  // namespace vip::vrrp::sim
