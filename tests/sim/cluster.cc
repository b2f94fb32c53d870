#include "tests/sim/cluster.h"

#include <algorithm>
#include <utility>

#include "common/base/assert.h"

namespace vip::vrrp::sim {
namespace {

constexpr std::size_t kQueueWhilePaused = 100;  // what a socket buffer keeps for a host that sleeps
constexpr Duration kPulse = std::chrono::seconds(1);
constexpr int kPulsesPerLease = 4;
constexpr std::int64_t kMillion = 1'000'000;
constexpr Duration kWallClock = std::chrono::seconds(1'800'000'000);  // the time of day when time begins

IpAddress source_of(const ClusterOptions& options, std::size_t host) {
  return IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(options.one_source ? 1 : host + 1)});
}

std::vector<IpPrefix> addresses_of(std::size_t count) {
  std::vector<IpPrefix> addresses;
  for (std::size_t i = 0; i < count; ++i)
    addresses.push_back(
        {.address = IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(100 + i)}), .length = 32});
  return addresses;
}

RouterConfig config_of(const ClusterOptions& options, std::size_t host) {
  return {.version = options.version,
          .vrid = Vrid(51),
          .priority = Priority(static_cast<std::uint8_t>(options.priorities.at(host))),
          .advert_interval = options.interval,
          .preempt = options.preempt,
          .preempt_delay = options.preempt_delay,
          .start_wait = options.start_wait,
          .source = source_of(options, host),
          .addresses = addresses_of(1),
          .lease = options.lease,
          .generation = options.generation};
}

NodeOptions node_options_of(const ClusterOptions& options, std::size_t host) {
  NodeOptions node{.packets = options.packets,
                   .with_model = options.with_model,
                   .checks_duplicates = options.checks_duplicates && !options.foreign.contains(host),
                   .peers = {}};
  const auto listed = options.lists.find(host);
  for (std::size_t i = 0; i < options.priorities.size(); ++i) {
    const bool is_listed = listed == options.lists.end() || std::ranges::count(listed->second, i) != 0;
    if (i != host && is_listed) node.peers.push_back(source_of(options, i));
  }
  return node;
}

// What comes again and again, and says nothing that an agent writes down.
bool is_routine(const Action& action) {
  return std::holds_alternative<SendAdvertisement>(action) || std::holds_alternative<SendHello>(action);
}

}  // namespace

struct Cluster::Host {
  RouterConfig config;
  Node node;
  Life life = Life::off;
  bool link_up = true;
  bool refuses = false;
  bool leaving = false;
  bool holds = false;
  std::uint64_t claim = 0;  // numbers the requests to hold, so that a late answer to an old one is known
  std::uint64_t lives = 0;
  std::uint64_t pauses = 0;  // and deaths of its worker
  bool lapsed = false;       // since the last pause
  // What its parent process keeps; by the host's clock.
  std::optional<NodeMemory> memory;
  TimePoint last_beat;
  TimePoint last_pulse;
  bool deaf = false;  // between two agents
  struct Doom {
    Death when = Death::now;
    Duration gap{};
  };
  std::optional<Doom> doom;
  std::int64_t drift_ppm = 0;
  Duration wall_clock_error{};
  std::vector<std::variant<Delivery, Event>> waiting;  // while paused
  std::optional<TimePoint> wake_at;                    // of the earliest wake in the queue

  // The host's own clock runs a little fast or slow.
  [[nodiscard]] TimePoint local(TimePoint global) const {
    const auto since = global.time_since_epoch().count();
    return TimePoint(Duration(since + since / kMillion * drift_ppm));
  }
  // The earliest global time at which the host's clock shows the given one.
  [[nodiscard]] TimePoint global(TimePoint when) const {
    auto guess = TimePoint(
        Duration(when.time_since_epoch().count() - when.time_since_epoch().count() / kMillion * drift_ppm));
    while (local(guess) < when) guess += when - local(guess);
    return guess;
  }
};

Cluster::Cluster(Seed seed, ClusterOptions options) : options_(std::move(options)), rng_(seed) {
  const auto count = options_.priorities.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto config = config_of(options_, i);
    hosts_.push_back(
        std::make_unique<Host>(Host{.config = config, .node = Node(config, node_options_of(options_, i))}));
    const auto range = static_cast<std::uint64_t>(2 * options_.drift_ppm_max + 1);
    hosts_.back()->drift_ppm = static_cast<std::int64_t>(rng_.below(range)) - options_.drift_ppm_max;
  }
  paths_.resize(count * count * static_cast<std::size_t>(Traffic::count));
}

Cluster::~Cluster() = default;

const VirtualRouter& Cluster::router(std::size_t host) const {
  return hosts_.at(host)->node.machine();
}

Life Cluster::life(std::size_t host) const {
  return hosts_.at(host)->life;
}

bool Cluster::is_leaving(std::size_t host) const {
  return hosts_.at(host)->leaving;
}

bool Cluster::holds(std::size_t host) const {
  return hosts_.at(host)->holds;
}

std::vector<std::size_t> Cluster::actives() const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    const bool lives = hosts_[i]->life == Life::running || hosts_[i]->life == Life::paused;
    if (lives && hosts_[i]->node.machine().state() == State::active) found.push_back(i);
  }
  return found;
}

std::vector<std::size_t> Cluster::holders() const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    if (hosts_[i]->holds) found.push_back(i);
  }
  return found;
}

void Cluster::start(std::size_t host) {
  auto& self = *hosts_.at(host);
  if (self.leaving) stop(host);
  if (self.life != Life::off) return;
  self.node = Node(self.config, node_options_of(options_, host));
  self.life = Life::running;
  self.memory.reset();
  self.doom.reset();
  self.last_beat = self.last_pulse = self.local(now_);
  ++self.lives;
  feed(host, Started{.link_up = self.link_up});
}

void Cluster::stop(std::size_t host) {
  auto& self = *hosts_.at(host);
  if (self.life != Life::running) return;
  self.leaving = true;
  feed(host, Stopped{});
}

void Cluster::crash(std::size_t host) {
  auto& self = *hosts_.at(host);
  self.life = Life::off;
  self.leaving = false;
  self.holds = false;
  self.waiting.clear();
  ++self.claim;
}

void Cluster::pause(std::size_t host) {
  auto& self = *hosts_.at(host);
  if (self.life != Life::running) return;
  self.life = Life::paused;
  lapse_later(host);
}

void Cluster::lapse_later(std::size_t host) {
  auto& self = *hosts_.at(host);
  ++self.pauses;
  if (options_.lease > Duration::zero())
    queue_.emplace(now_ + options_.lease, Lapsed{.host = host, .pause = self.pauses});
}

// As the agent's loop does after a stall: it is noticed first, then links and what was heard, timers last.
// Who is still active holds what the kernel dropped.
void Cluster::resume(std::size_t host) {
  auto& self = *hosts_.at(host);
  if (self.life != Life::paused) return;
  self.life = Life::running;
  const bool kept = self.holds && !options_.foreign.contains(host);
  if (self.node.machine().is_stalled(self.local(now_))) feed(host, Stalled{.addresses_kept = kept});
  feed(host, LinkChanged{.up = self.link_up});
  for (const auto& waiting : std::exchange(self.waiting, {})) {
    if (const auto* delivery = std::get_if<Delivery>(&waiting)) happen(*delivery);
    if (const auto* event = std::get_if<Event>(&waiting)) feed(host, *event);
  }
  feed(host, TimerExpired{});
  const bool misses = std::exchange(self.lapsed, false) && self.node.machine().state() == State::active;
  if (misses) hold(host);
}

void Cluster::crash_worker(std::size_t host, Duration gap, Death death) {
  auto& self = *hosts_.at(host);
  if (self.life != Life::running || self.leaving) return;
  self.doom = Host::Doom{.when = death, .gap = gap};
  if (death != Death::now) return;
  pulse(host);
  lose_worker(host, gap);
}

TimePoint Cluster::last_beat(std::size_t host) const {
  const auto& self = *hosts_.at(host);
  return self.global(self.last_beat);
}

void Cluster::lose_worker(std::size_t host, Duration gap) {
  auto& self = *hosts_.at(host);
  self.life = Life::between;
  self.deaf = false;
  self.doom.reset();
  lapse_later(host);
  queue_.emplace(now_ + gap, Revival{.host = host, .death = self.pauses});
}

void Cluster::hand_over(std::size_t host, Duration silence, const Plan& plan) {
  auto& self = *hosts_.at(host);
  if (self.life != Life::running || self.leaving) {
    reconfigure(host, plan);
    return;
  }
  self.last_beat = self.local(now_);
  self.memory.emplace();
  self.node.remember(self.last_beat, *self.memory);
  self.node.remember_marks(*self.memory);
  lose_worker(host, silence);
  self.deaf = true;
  reconfigure(host, plan);
}

void Cluster::revive(std::size_t host) {
  auto& self = *hosts_.at(host);
  self.doom.reset();
  if (self.life != Life::between) return;
  happen(Revival{.host = host, .death = self.pauses});
}

// As the agent does: it makes its router go on, the kernel hold what the router desires and no more, and
// reads what was heard in between, before any timer.
void Cluster::happen(const Revival& revival) {
  const auto host = revival.host;
  auto& self = *hosts_.at(host);
  if (self.life != Life::between || revival.death != self.pauses) return;
  const Resumption how{.as_of = self.last_beat, .link_up = self.link_up, .addresses_kept = self.holds};
  self.node = Node(self.config, node_options_of(options_, host));
  self.life = Life::running;
  self.lapsed = false;
  self.last_beat = self.last_pulse = self.local(now_);
  if (self.memory) {
    const auto memory = *self.memory;
    carry_out(host, self.node.resume(self.local(now_), memory, how));
  } else {
    feed(host, Started{.link_up = self.link_up});
  }
  if (self.life == Life::running && self.memory) {
    self.node.remember(self.local(now_), *self.memory);
    self.node.remember_marks(*self.memory);
  }
  const bool active = self.node.machine().state() == State::active;
  if (!active) {
    self.holds = false;
    ++self.claim;
  } else if (!self.holds) {
    hold(host);
  }
  for (const auto& waiting : std::exchange(self.waiting, {}))
    if (const auto* const delivery = std::get_if<Delivery>(&waiting)) happen(*delivery);
}

void Cluster::link(std::size_t host, bool up) {
  auto& self = *hosts_.at(host);
  if (self.link_up == up) return;
  self.link_up = up;
  if (self.life == Life::running) feed(host, LinkChanged{.up = up});
}

void Cluster::fail_group(std::size_t host) {
  feed(host, LinkChanged{.up = false, .by_group = true});
}

void Cluster::refuse_addresses(std::size_t host, bool refuse) {
  hosts_.at(host)->refuses = refuse;
}

void Cluster::set_wall_clock(std::size_t host, Duration error) {
  hosts_.at(host)->wall_clock_error = error;
}

void Cluster::reconfigure(std::size_t host, const Plan& plan) {
  auto& self = *hosts_.at(host);
  self.config.priority = plan.priority;
  self.config.advert_interval = plan.interval;
  self.config.addresses = addresses_of(plan.addresses);
  self.config.generation = plan.generation;
  if (plan.vrid) self.config.vrid = *plan.vrid;
  self.config.also = plan.also;
  self.config.levels.clear();
  for (const int level : plan.levels) self.config.levels.emplace_back(static_cast<std::uint8_t>(level));
  options_.priorities.at(host) = plan.priority.value;
  options_.interval = plan.interval;
  if (self.life == Life::running) feed(host, Reconfigured{.config = self.config});
  if (self.life == Life::paused) self.waiting.emplace_back(Event(Reconfigured{.config = self.config}));
}

DiscardCounts Cluster::discards(std::size_t host) const {
  return hosts_.at(host)->node.discards();
}

void Cluster::deliver(std::size_t host, const Received& advertisement) {
  happen(Delivery{.to = host, .what = advertisement});
  if (watcher_) watcher_();
}

void Cluster::cut(std::size_t from, std::size_t to, bool is_cut) {
  for (const auto traffic : {Traffic::advertisement, Traffic::hello, Traffic::announcement})
    cut(from, to, traffic, is_cut);
}

void Cluster::cut(std::size_t from, std::size_t to, Traffic traffic, bool is_cut) {
  path(from, to, traffic).is_cut = is_cut;
}

Cluster::Path& Cluster::path(std::size_t from, std::size_t to, Traffic traffic) {
  constexpr auto kKinds = static_cast<std::size_t>(Traffic::count);
  return paths_.at((from * size() + to) * kKinds + static_cast<std::size_t>(traffic));
}

void Cluster::run_for(Duration span) {
  const auto end = now_ + span;
  while (step_once(end)) {
  }
  now_ = end;
}

bool Cluster::run_until(const std::function<bool()>& condition, Duration limit) {
  const auto end = now_ + limit;
  while (!condition()) {
    if (!step_once(end)) {
      now_ = end;
      return condition();
    }
  }
  return true;
}

bool Cluster::step_once(TimePoint end) {
  if (queue_.empty() || queue_.begin()->first > end) return false;
  const auto next = queue_.extract(queue_.begin());
  VIP_ASSERT(next.key() >= now_);
  now_ = next.key();
  ++steps_;
  std::visit([this](const auto& what) { happen(what); }, next.mapped());
  if (watcher_) watcher_();
  return true;
}

void Cluster::happen(const Delivery& delivery) {
  auto& self = *hosts_.at(delivery.to);
  if (!self.link_up) return;
  if (self.life == Life::running) {
    if (const auto* const heard = std::get_if<Received>(&delivery.what)) feed(delivery.to, *heard);
    if (const auto* const heard = std::get_if<Announced>(&delivery.what)) hear(delivery.to, *heard);
    if (const auto* const parcel = std::get_if<Parcel>(&delivery.what)) {
      pulse(delivery.to);
      carry_out(delivery.to, self.node.receive(self.local(now_), *parcel));
    }
  }
  if (const auto* const question = std::get_if<Question>(&delivery.what))
    return answer_who_has_it(delivery.to, question->from);
  if (std::holds_alternative<OwnerFound>(delivery.what) && self.life == Life::running &&
      self.node.is_checking())
    feed(delivery.to, AddressTaken{});
  const auto* const parcel = std::get_if<Parcel>(&delivery.what);
  const bool is_advertisement = std::holds_alternative<Received>(delivery.what) ||
                                (parcel != nullptr && parcel->traffic == Traffic::advertisement);
  const bool queues = self.life == Life::paused ||
                      (self.life == Life::between && !self.deaf && is_advertisement);  // the parent's socket
  if (queues && self.waiting.size() < kQueueWhilePaused) self.waiting.emplace_back(delivery);
}

// Kernels answer, whatever became of those that made them have the address.
void Cluster::ask_who_has_it(std::size_t from) {
  if (!hosts_.at(from)->link_up) return;
  for (std::size_t to = 0; to < hosts_.size(); ++to)
    if (to != from) send(from, to, {.to = to, .what = Question{.from = from}});
  if (stranger_ && rng_.below(100) >= options_.network.loss_percent)
    queue_.emplace(now_ + options_.network.delay_max, Delivery{.to = from, .what = OwnerFound{}});
}

void Cluster::answer_who_has_it(std::size_t host, std::size_t asker) {
  if (hosts_.at(host)->holds) send(host, asker, {.to = asker, .what = OwnerFound{}});
}

// Wakes may be stale: the machine treats a spurious expiry as nothing.
void Cluster::happen(const Wake& wake) {
  auto& self = *hosts_.at(wake.host);
  if (self.wake_at && *self.wake_at <= now_) self.wake_at.reset();
  if (self.life == Life::running) feed(wake.host, TimerExpired{});
}

void Cluster::happen(const Held& held) {
  auto& self = *hosts_.at(held.host);
  if (held.claim != self.claim) return;
  self.holds = !self.refuses;
  const auto answer = self.holds ? Event(AddressesHeld{}) : Event(AddressesRefused{});
  if (self.life == Life::running) feed(held.host, answer);
  if (self.life == Life::paused) self.waiting.emplace_back(answer);
}

void Cluster::happen(const Lapsed& lapsed) {
  auto& self = *hosts_.at(lapsed.host);
  const bool sleeps = self.life == Life::paused || self.life == Life::between;
  if (!sleeps || lapsed.pause != self.pauses) return;
  self.lapsed = self.holds;
  self.holds = false;
}

void Cluster::feed(std::size_t host, const Event& event) {
  auto& self = *hosts_.at(host);
  pulse(host);
  carry_out(host, self.node.feed(self.local(now_), event));
}

void Cluster::carry_out(std::size_t host, const Actions& actions) {
  const auto& node = hosts_.at(host)->node;
  if (node.fault() && !fault_) fault_ = "host " + std::to_string(host) + ": " + *node.fault();
  if (options_.remembers && !survives(host, actions)) return;
  for (const auto& action : actions) carry_out(host, action);
  arm(host);
  auto& self = *hosts_.at(host);
  if (!self.leaving || node.machine().is_lingering()) return;
  self.leaving = false;
  self.life = Life::off;
}

bool Cluster::survives(std::size_t host, const Actions& actions) {
  auto& self = *hosts_.at(host);
  const bool changes = !std::ranges::all_of(actions, is_routine);
  const auto doom = changes ? std::exchange(self.doom, std::nullopt) : std::nullopt;
  if (changes && !(doom && doom->when == Death::before_it_remembers)) {
    if (!self.memory) {
      self.memory.emplace();
      self.node.remember_marks(*self.memory);
    }
    self.node.remember(self.local(now_), *self.memory);
  }
  if (!doom) {
    self.last_beat = self.local(now_);
    return true;
  }
  if (doom->when == Death::while_it_acts) {
    const auto done = rng_.below(actions.size());
    for (std::size_t i = 0; i < done; ++i) carry_out(host, actions.at(i));
  }
  if (self.leaving) {  // its last life does no more than to let go
    crash(host);
  } else {
    lose_worker(host, doom->gap);
  }
  return false;
}

void Cluster::pulse(std::size_t host) {
  auto& self = *hosts_.at(host);
  if (!options_.remembers || self.life != Life::running || !self.memory) return;
  if (self.node.has_outgrown(*self.memory)) self.node.remember_marks(*self.memory);
  const Duration lease = options_.lease;
  const auto period = lease > Duration::zero() ? std::min(kPulse, lease / kPulsesPerLease) : kPulse;
  const auto pulses = (self.local(now_) - self.last_pulse) / period;
  if (pulses == 0) return;
  self.last_pulse += pulses * period;
  self.last_beat = std::max(self.last_beat, self.last_pulse);
  self.node.remember(self.last_pulse, *self.memory);
  self.node.remember_marks(*self.memory);
}

void Cluster::carry_out(std::size_t host, const Action& action) {
  if (observer_) observer_(host, action);
  auto& self = *hosts_.at(host);
  if (const auto* send_it = std::get_if<SendAdvertisement>(&action)) send(host, send_it->priority);
  if (const auto* hello = std::get_if<SendHello>(&action)) send(host, *hello);
  if (std::holds_alternative<ReleaseAddresses>(action)) {
    self.holds = false;
    ++self.claim;
  }
  if (std::holds_alternative<HoldAddresses>(action)) hold(host);
  if (std::holds_alternative<AnnounceAddresses>(action)) announce(host);
  if (std::holds_alternative<ProbeAddresses>(action)) ask_who_has_it(host);
}

void Cluster::announce(std::size_t from) {
  auto& self = *hosts_.at(from);
  if (!self.link_up) return;
  for (std::size_t to = 0; to < hosts_.size(); ++to) {
    if (to != from) send(from, to, {.to = to, .what = self.node.machine().config().addresses});
  }
}

// As the agent does: only what it holds is its business.
void Cluster::hear(std::size_t host, const Announced& announced) {
  for (const auto& prefix : hosts_.at(host)->node.machine().desired_addresses()) {
    if (std::ranges::count(announced, prefix) != 0) feed(host, ForeignOwner{prefix.address});
  }
}

void Cluster::hold(std::size_t host) {
  const auto when = now_ + rng_.between(Duration::zero(), options_.hold_delay_max);
  queue_.emplace(when, Held{.host = host, .claim = ++hosts_.at(host)->claim});
}

void Cluster::send(std::size_t from, Priority priority) {
  auto& self = *hosts_.at(from);
  const auto packets = self.node.packets(self.local(now_), priority, wall_clock(self));
  if (!self.link_up) return;
  ++serial_;
  const auto& config = self.node.machine().config();
  const Received said{.source = config.source, .priority = priority, .interval = config.advert_interval};
  for (std::size_t to = 0; to < hosts_.size(); ++to) {
    if (to == from) continue;
    const auto packet = std::ranges::find(packets, hosts_[to]->config.source,
                                          [](const Packet& sent) { return sent.envelope.destination; });
    if (options_.packets && packet == packets.end()) continue;
    Delivery delivery{.to = to, .what = said};
    if (options_.packets) {
      delivery.what =
          Parcel{.packet = *packet, .meant = said, .life = self.lives, .serial = serial_, .damaged = false};
    }
    send(from, to, std::move(delivery));
  }
}

void Cluster::send(std::size_t from, const SendHello& hello) {
  auto& self = *hosts_.at(from);
  if (options_.foreign.contains(from)) return;
  auto packet = self.node.packet(self.local(now_), hello, wall_clock(self));
  if (!self.link_up) return;
  ++serial_;
  for (std::size_t to = 0; to < hosts_.size(); ++to) {
    if (to == from || options_.foreign.contains(to) || hosts_[to]->config.source != hello.to) continue;
    send(from, to,
         {.to = to,
          .what = Parcel{.packet = packet,
                         .traffic = Traffic::hello,
                         .meant = {},
                         .life = self.lives,
                         .serial = serial_,
                         .damaged = false}});
  }
}

void Cluster::send(std::size_t from, std::size_t to, Delivery delivery) {
  auto* const parcel = std::get_if<Parcel>(&delivery.what);
  const bool announces = std::holds_alternative<Announced>(delivery.what);
  const auto plain = announces ? Traffic::announcement : Traffic::advertisement;
  auto& way = path(from, to, parcel != nullptr ? parcel->traffic : plain);
  if (way.is_cut || rng_.below(100) < options_.network.loss_percent) return;
  if (parcel != nullptr && rng_.below(100) < options_.network.damage_percent) {
    const auto bit = rng_.below(parcel->packet.bytes.size() * 8);
    auto& byte = parcel->packet.bytes.at(bit / 8);
    byte = static_cast<std::uint8_t>(byte ^ (1U << bit % 8));
    parcel->damaged = true;
  }
  const int copies = rng_.below(100) < options_.network.duplicate_percent ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    auto arrival = now_ + rng_.between(Duration(1), options_.network.delay_max);
    if (!options_.network.reorder) arrival = std::max(arrival, way.last_arrival);
    way.last_arrival = std::max(way.last_arrival, arrival);
    queue_.emplace(arrival, delivery);
  }
}

Duration Cluster::wall_clock(const Host& host) const {
  return kWallClock + host.local(now_).time_since_epoch() + host.wall_clock_error;
}

void Cluster::arm(std::size_t host) {
  auto& self = *hosts_.at(host);
  const auto deadline = self.node.next_deadline();
  if (!deadline) return;
  const auto when = std::max(now_, self.global(*deadline));
  if (self.wake_at && *self.wake_at <= when) return;  // an earlier wake arms the next one
  self.wake_at = when;
  queue_.emplace(when, Wake{.host = host});
}

}  // namespace vip::vrrp::sim
