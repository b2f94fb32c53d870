#include "vrrp/core/virtual_router.h"

#include <algorithm>
#include <utility>

#include "common/base/assert.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

// After a silent predecessor: how often.
constexpr Duration kAnnounceOften = 500ms;
// How long to wait at least before re-announcing against a foreign owner, so that two owners do not shout at
// each other while one of them is leaving.
constexpr Duration kDefendWaitMin = 100ms;
constexpr Duration kRetryFirst = 1s;
constexpr Duration kRetryLongest = 60s;
// Who does not hear us for so many intervals never will; so long we leave it the addresses, then try again.
constexpr int kContestIntervals = 5;
constexpr Duration kContestMin = 1s;
constexpr Duration kOneWayFirst = 60s;
constexpr Duration kOneWayLongest = 240s;
// P26: so long an active router waits for the newer plan that a peer has, since a roll needs its time; and so
// long an answer counts.
constexpr Duration kPatienceForPlan = 60s;
constexpr Duration kAnswerCounts = 25s;
constexpr int kAfterYou = 2;  // intervals, until whoever has the newer plan must have claimed and spoken
// P27: after a split, who is worse goes on until the better one speaks again after so long, which is before
// its next regular word and after it could have yielded.
constexpr Duration verdict_wait(Duration interval) {
  return interval * 3 / 4;
}
constexpr int kVerdictForgotten = 10;  // intervals, after which it is another split
constexpr int kEstablished = 4;        // intervals; who is active for less has just been elected
constexpr std::size_t kKinMax = 512;   // holders of the key, so this bounds mistakes only
// P10: who is woken later than this slept, and has peers to ask what it missed.
constexpr Duration kLateMost = 50ms;
// Adverts that say a longer interval at the shorter pace, so that everybody learns it in time.
constexpr int kAdvertsAtOldPace = 3;

// Whether somebody follows who has the addresses, or will.
bool is_handover(Cause cause) {
  return cause == Cause::higher_priority || cause == Cause::higher_address || cause == Cause::group ||
         cause == Cause::no_preemption || cause == Cause::newer_plan;
}

constexpr std::array<std::string_view, 4> kStateNames{"initialize", "backup", "active", "fault"};
constexpr std::array<std::string_view, static_cast<std::size_t>(Cause::count)> kCauseNames{
    "started",         "stopped",         "owner",          "silence",      "active_left",
    "preemption",      "higher_priority", "higher_address", "link_down",    "link_up",
    "address_refused", "address_taken",   "retry",          "stalled",      "group",
    "one_way",         "no_preemption",   "newer_plan",     "check_failed", "check_passed"};

}  // namespace

std::string_view name(State state) {
  return kStateNames.at(static_cast<std::size_t>(state));
}

std::string_view name(Cause cause) {
  return kCauseNames.at(static_cast<std::size_t>(cause));
}

std::vector<IpAddress> advertised_addresses(const RouterConfig& config) {
  std::vector<IpAddress> advertised;
  advertised.reserve(config.addresses.size());
  for (const auto& prefix : config.addresses) {
    if (std::ranges::find(config.unadvertised, prefix.address) == config.unadvertised.end())
      advertised.push_back(prefix.address);
  }
  return advertised;
}

RouterConfig in_form(RouterConfig config, const WireForm& form) {
  config.version = form.version;
  config.vrid = form.vrid;
  // Version 3 says how often we do speak.
  if (form.version == Version::v2) config.advert_interval = form.interval;
  config.auth_type = form.auth_type;
  config.auth = form.auth;
  config.also.reset();
  return config;
}

bool is_level_above(const RouterConfig& config, Priority higher, Priority lower) {
  return std::ranges::any_of(config.levels, [&](Priority level) { return lower < level && level <= higher; });
}

Duration skew_time(Version version, Priority priority, Duration active_interval) {
  const Duration unit = version == Version::v2 ? Duration(1s) : active_interval;
  return unit * (256 - priority.value) / 256;
}

Duration active_down_interval(Version version, Priority priority, Duration active_interval) {
  return 3 * active_interval + skew_time(version, priority, active_interval);
}

VirtualRouter::VirtualRouter(RouterConfig config)
    : config_(std::move(config)),
      base_priority_(config_.priority),
      active_interval_(config_.advert_interval),
      one_way_(kOneWayFirst, kOneWayLongest),
      retry_(kRetryFirst, kRetryLongest) {
  VIP_ASSERT(config_.priority.value != 0);
  VIP_ASSERT(config_.advert_interval > Duration::zero());
}

Actions VirtualRouter::step(TimePoint now, const Event& event) {
  Actions out;
  const auto before = std::pair(state_, intervals());
  std::visit([&](const auto& what) { on(now, what, out); }, event);
  if (state_ == before.first && intervals() != before.second) out.emplace_back(IntervalChanged{});
  return out;
}

std::vector<IpPrefix> VirtualRouter::desired_addresses() const {
  return state_ == State::active ? config_.addresses : linger_.addresses();
}

Duration VirtualRouter::active_for(TimePoint now) const {
  const bool sure = state_ == State::active && active_since_ && !timers_.armed(Timer::resume);
  return sure ? now - *active_since_ : Duration::zero();
}

bool VirtualRouter::is_outdated(TimePoint now) const {
  return newer_plan_ && now - newer_plan_->last <= kAnswerCounts;
}

bool VirtualRouter::is_stalled(TimePoint now, TimePoint busy_until) const {
  if (timers_.armed(Timer::advert)) return now - last_advert_ > 3 * pace();
  auto deadline = timers_.next();
  if (deadline && deadline->which == Timer::doubt) {  // nothing depends on that one
    auto others = timers_;
    others.stop(Timer::doubt);
    deadline = others.next();
  }
  if (!deadline) return false;
  if (now - deadline->when > down_interval()) return true;
  // Once: on a busy machine, who is late again and again must come to its claim.
  const bool asks = config_.asks_peers && state_ == State::backup && !listening_;
  return asks && now - std::max(deadline->when, busy_until) > std::min(active_interval_ / 2, kLateMost);
}

void VirtualRouter::on(TimePoint now, const Started& event, Actions& out) {
  if (state_ != State::initialize) return;
  release_all(now, out);
  if (event.source) config_.source = *event.source;
  heard_anybody_ = false;
  active_interval_ = config_.advert_interval;
  if (event.link_up && well_) {
    listen_or_own(now, Cause::started, out);
  } else {
    become_fault(now, event.link_up ? Cause::check_failed : Cause::link_down, out);
  }
}

void VirtualRouter::on(TimePoint now, const TimerExpired&, Actions& out) {
  while (const auto timer = timers_.take_due(now)) expired(now, *timer, out);
}

void VirtualRouter::expired(TimePoint now, Timer timer, Actions& out) {
  switch (timer) {
    case Timer::down:
      claim(now, active_left_ ? Cause::active_left : Cause::silence, out);
      break;
    case Timer::preempt_delay:
      claim(now, Cause::preemption, out);
      break;
    case Timer::advert:
      speak(now, out);
      break;
    case Timer::resume:
      resume(now, out);
      break;
    case Timer::announce:
      announce(now, out);
      break;
    case Timer::defend:
      out.emplace_back(AnnounceAddresses{});
      break;
    case Timer::retry:
      listen_or_own(now, Cause::retry, out);
      break;
    case Timer::farewell:
      say_farewell(now, out);
      break;
    case Timer::linger:
      release_due(now, out);
      break;
    case Timer::doubt:
      resolve_doubt(now, out);
      break;
    case Timer::count:
      break;
  }
}

void VirtualRouter::on(TimePoint now, const Received& event, Actions& out) {
  heard_anybody_ = true;
  if (event.priority != kPriorityLeaving) successor_spoke(now, out);
  if (state_ == State::backup) received_as_backup(now, event);
  if (state_ == State::active) received_as_active(now, event, out);
}

// RFC 9568, 6.4.2.
void VirtualRouter::received_as_backup(TimePoint now, const Received& advert) {
  taken_ = false;  // by a router, as we see, also when it is just leaving
  if (advert.priority == kPriorityLeaving) {
    // Who leaves after it lost leaves nothing behind: the active router that we follow lives.
    if (active_router_ && *active_router_ != advert.source && !active_left_) return;
    // Said again, it must not postpone the take-over that it began.
    const auto running = timers_.get(Timer::down);
    // P26: who has an older plan lets the others go first.
    const auto skewed = now + skew() + (is_outdated(now) ? kAfterYou * active_interval_ : Duration::zero());
    if (!running || skewed < *running) timers_.set(Timer::down, skewed);
    active_left_ = true;
    timers_.stop(Timer::preempt_delay);
    forget_speaker();
    return;
  }
  heard_speaker(now, advert.source, advert.interval);
  const bool lower = advert.priority < config_.priority;
  const bool owner = config_.priority == kPriorityOwner;  // preempts always (RFC 9568, 6.1)
  const bool asked = is_level_above(config_, config_.priority, advert.priority);
  const bool wants = config_.preempt || asked;
  const bool may_preempt = wants && now >= preempt_again_at_ && !is_outdated(now);
  const bool preempts = owner || may_preempt;
  // Not at the last word of whoever has just yielded to another: whom we follow, we obey a level against.
  const bool follows = active_router_ == advert.source;
  const bool hurries = asked && may_preempt && !owner && follows && now >= settled_at_;
  const bool at_once = owner || config_.preempt_delay == Duration::zero();
  if (lower && preempts && at_once && !hurries) {
    outvoted_ = advert.source;  // and the down timer runs on
    return;
  }
  // In a group, whose delay is over has waited long enough, whenever the others' is over.
  const bool stays_ready = ready_ && lower && preempts && claim_cause_ == Cause::preemption;
  ready_ = stays_ready;
  listening_ = false;
  outvoted_.reset();
  learn_interval(advert.interval);
  active_router_ = advert.source;
  active_left_ = false;
  timers_.set(Timer::down, now + down_interval());
  if (!lower || !preempts || stays_ready) {
    timers_.stop(Timer::preempt_delay);
  } else {
    // And the skew: of several that were waiting, the best comes first and the others hear it.
    const auto delay = hurries ? Duration::zero() : config_.preempt_delay;
    const auto due = timers_.get(Timer::preempt_delay).value_or(TimePoint::max());
    if (hurries || due == TimePoint::max())
      timers_.set(Timer::preempt_delay, std::min(due, now + delay + skew()));
  }
}

// RFC 9568, 6.4.3.
void VirtualRouter::received_as_active(TimePoint now, const Received& advert, Actions& out) {
  if (timers_.armed(Timer::resume)) {
    // P10: whoever spoke since our last word took over while we slept.
    if (advert.priority != kPriorityLeaving) yield(now, advert, Cause::stalled, out);
    return;
  }
  if (advert.priority == kPriorityLeaving) {
    contest_.reset();
    if (!timers_.armed(Timer::advert)) return;
    speak(now, out);
    defend(now);  // it had the addresses, too
    return;
  }
  if (beats_us(advert.priority, advert.source)) {
    if (waits_for_verdict(now, advert, out)) return;
    // A last word: the winner learns that there were two, and announces the addresses again to those who
    // believed us. It may have spoken first and would never know.
    if (timers_.armed(Timer::advert)) out.emplace_back(SendAdvertisement{config_.priority});
    const bool higher_priority = advert.priority > config_.priority;
    yield(now, advert, higher_priority ? Cause::higher_priority : Cause::higher_address, out);
    return;
  }
  if (is_unheard(now, advert)) {
    preempt_again_at_ = now + one_way_.next();
    yield(now, advert, Cause::one_way, out);
    deaf_ = advert.source;
    if (config_.asks_peers) out.emplace_back(AskPeers{});
    return;
  }
  answer_loser(now, out);
  // P27: has it had the addresses for longer?
  if (!contest_ || contest_->began != now) return;
  contest_->spoke = last_advert_;
  if (!config_.preempt && kin_.contains(advert.source) && is_established(now)) out.emplace_back(AskPeers{});
}

bool VirtualRouter::beats_us(Priority priority, const IpAddress& source) const {
  if (priority != config_.priority) return priority > config_.priority;
  return config_.decides_ties && source > config_.source;
}

void VirtualRouter::yield(TimePoint now, const Received& winner, Cause cause, Actions& out) {
  learn_interval(winner.interval);
  become_backup(now, down_interval(), cause, &winner, out);
}

bool VirtualRouter::is_established(TimePoint now) const {
  return active_for(now) >= kEstablished * config_.advert_interval;
}

// P27: after a split, and without preemption, a better router of ours does not take over but asks who had
// the addresses for longer. It needs to hear us for that, so we speak at once. With others, and in a sync
// group, the RFC holds.
bool VirtualRouter::waits_for_verdict(TimePoint now, const Received& winner, Actions& out) {
  const bool asks = !config_.preempt && !config_.in_group && winner.priority != kPriorityOwner &&
                    !is_level_above(config_, winner.priority, config_.priority);
  if (!asks || !kin_.contains(winner.source) || !is_established(now)) return false;
  const auto interval = std::max(winner.interval, pace());
  // One span for all of them: several that are better must not put off the end.
  if (verdict_since_ && now - *verdict_since_ <= kVerdictForgotten * interval)
    return now - *verdict_since_ < verdict_wait(interval);
  verdict_since_ = now;
  speak(now, out);
  defend(now);
  return true;
}

// Whether the loser of a contest keeps the addresses, since nobody is to be preempted: it had contact with
// more peers while we were apart, or else has had the addresses for longer.
bool VirtualRouter::keeps_it(TimePoint now, const Answered& loser) const {
  const bool asked = !config_.preempt && !config_.in_group && config_.priority != kPriorityOwner &&
                     !is_level_above(config_, config_.priority, loser.priority);
  const bool contested = contest_ && contest_->loser == loser.source && loser.state == State::active;
  const bool established = is_established(now) && loser.active_for >= kEstablished * loser.interval;
  // Later, our next word makes the loser yield, and both would.
  const bool in_time = contested && now - contest_->spoke < pace() / 2;
  if (!asked || !in_time || !established) return false;
  if (loser.contacts != loser.our_contacts) return loser.contacts > loser.our_contacts;
  return loser.active_for > active_for(now);
}

void VirtualRouter::on(TimePoint now, const Answered& answer, Actions& out) {
  if (kin_.size() < kKinMax) kin_.insert(answer.source);
  if (answer.has_newer_plan) note_newer_plan(now);
  heard_anybody_ = true;
  if (state_ == State::backup) answered_as_backup(now, answer, out);
  if (state_ == State::active) answered_as_active(now, answer, out);
}

void VirtualRouter::note_newer_plan(TimePoint now) {
  if (is_outdated(now)) {
    newer_plan_->last = now;
  } else {
    newer_plan_ = NewerPlan{.first = now, .last = now};
  }
}

void VirtualRouter::answered_as_backup(TimePoint now, const Answered& answer, Actions& out) {
  // P22: it could not be reached and now it can, so it may be worth another try.
  if (deaf_ == answer.source && answer.came_back) {
    preempt_again_at_ = now;
    deaf_.reset();
  }
  if (answer.state == State::active || answer.active_router) taken_ = false;
  if (is_silent_speaker(now, answer)) {
    leave_it_to_unheard(now, answer, out);
    return;
  }
  if (!listening_) return;
  const auto sooner = [this](TimePoint when) {
    const auto down = timers_.get(Timer::down);
    if (down && when < *down) timers_.set(Timer::down, when);
  };
  if (const auto wait = std::exchange(without_grace_, std::nullopt)) sooner(std::max(*wait, now));
  // P23: the long first listening is for peers that are not ours.
  if (answer.plan_is_quiet) sooner(now + down_interval());
  if (answer.state != State::active) return;
  sooner(now + active_down_interval(config_.version, config_.priority, answer.interval));
  received_as_backup(now,
                     {.source = answer.source, .priority = answer.priority, .interval = answer.interval});
}

void VirtualRouter::answered_as_active(TimePoint now, const Answered& answer, Actions& out) {
  const Received word{.source = answer.source, .priority = answer.priority, .interval = answer.interval};
  if (timers_.armed(Timer::resume)) {
    const bool follows_other = answer.active_router && *answer.active_router != config_.source;
    // Who says that it is active, but not since when, has just claimed or slept itself: the better one stays.
    const bool is_active = answer.state == State::active &&
                           (answer.active_for > Duration::zero() || beats_us(answer.priority, answer.source));
    if (is_active || (answer.state == State::backup && follows_other)) {
      yield(now, word, Cause::stalled, out);
    } else if (answer.known_are_quiet) {
      resume(now, out);
    }
    return;
  }
  if (!timers_.armed(Timer::advert)) return;
  if (keeps_it(now, answer)) {
    // Not a last word with our priority: the loser may not know that we yield to it.
    out.emplace_back(SendAdvertisement{kPriorityLeaving});
    yield(now, word, Cause::no_preemption, out);
    return;
  }
  const bool owner = config_.priority == kPriorityOwner;  // would take it back at once
  const bool can_take_over = !owner && answer.has_newer_plan && answer.state == State::backup;
  if (!can_take_over || now - newer_plan_->first < kPatienceForPlan) return;
  out.emplace_back(SendAdvertisement{kPriorityLeaving});
  become_backup(now, down_interval(), Cause::newer_plan, nullptr, out);
}

// Nobody objected: on with it.
void VirtualRouter::resume(TimePoint now, Actions& out) {
  timers_.stop(Timer::resume);
  speak(now, out);
  begin_announcing(now, out);
}

// P22: who goes on speaking after so many of our advertisements does not hear us. Two owners would stay for
// ever, so the one who notices yields, whatever the priorities; RFC 9568 does not know this case.
bool VirtualRouter::is_unheard(TimePoint now, const Received& loser) {
  if (!timers_.armed(Timer::advert)) return false;
  const auto interval = std::max(loser.interval, pace());
  const bool goes_on = contest_ && contest_->loser == loser.source && now - contest_->last <= 3 * interval;
  if (!goes_on) {
    contest_ = Contest{.loser = loser.source, .began = now, .last = now, .spoke = now};
    if (now - preempt_again_at_ > kOneWayLongest) one_way_.reset();  // that was another story
  }
  contest_->last = now;
  // Its words come a little early or late: the one at the end of the time counts either way.
  return now - contest_->began + interval / 2 >= std::max(kContestIntervals * interval, kContestMin);
}

// RFC 9568, 6.4.3 (version 2 discards in silence): assert ourselves at once, yet never more than one forced
// advertisement per half interval, or two equal routers would storm. The loser may have taught its MAC to the
// LAN, so the addresses are announced again, after a wait in which it can still turn out to be the winner.
void VirtualRouter::answer_loser(TimePoint now, Actions& out) {
  if (!timers_.armed(Timer::advert)) return;
  if (config_.version == Version::v3 && now - last_advert_ >= pace() / 2) speak(now, out);
  defend(now);
}

// P9: after a wait in which we can still turn out to be the one who leaves.
void VirtualRouter::defend(TimePoint now) {
  if (timers_.armed(Timer::defend)) return;
  timers_.set(Timer::defend, now + std::max(config_.advert_interval, kDefendWaitMin));
}

void VirtualRouter::on(TimePoint now, const LinkChanged& event, Actions& out) {
  if (event.source) config_.source = *event.source;
  if (!event.up) release_all(now, out);
  if (state_ == State::initialize) return;
  if (!event.up && state_ != State::fault) {
    // Only the group is in a fault: our own link still carries the word.
    if (event.by_group && timers_.armed(Timer::advert)) out.emplace_back(SendAdvertisement{kPriorityLeaving});
    become_fault(now, event.by_group ? Cause::group : Cause::link_down, out);
  }
  if (!event.up) timers_.stop(Timer::retry);  // no use before the link is back
  // A refused address is asked for again in its time, not with every change around it.
  const bool waits = timers_.armed(Timer::retry);
  if (event.up && state_ == State::fault && !waits && well_)
    listen_or_own(now, event.by_group ? Cause::group : Cause::link_up, out);
}

// Its link works: it leaves as somebody who is stopped does, and the address is never on nobody.
void VirtualRouter::on(TimePoint now, const HealthChanged& event, Actions& out) {
  const bool was_well = std::exchange(well_, event.well);
  const auto old = config_.priority;
  bonus_ = event.bonus;
  config_.priority = weighed_priority();
  if (state_ == State::initialize) return;
  if (was_well && !well_) {
    if (state_ != State::fault) return leave(now, State::fault, Cause::check_failed, event.farewells, out);
    timers_.stop(Timer::retry);
  }
  if (!was_well && well_ && event.link_up && state_ == State::fault)
    return listen_or_own(now, Cause::check_passed, out);
  if (config_.priority != old && state_ == State::active && timers_.armed(Timer::advert)) speak(now, out);
}

// Whoever slept longer than the others wait listens before it speaks, also without preemption. What was timed
// before the sleep says nothing any more.
void VirtualRouter::on(TimePoint now, const Stalled& event, Actions& out) {
  release_all(now, out);
  if (config_.priority == kPriorityOwner) return;
  // P10: perhaps all of us slept. Who still has the addresses asks, is silent for half an interval, and goes
  // on unless somebody objects. A backup that slept waits for longer than that, an interval and its skew.
  const bool served = timers_.armed(Timer::advert) || timers_.armed(Timer::resume);
  if (served && event.addresses_kept && config_.asks_peers) {
    timers_.stop_all();
    contest_.reset();
    verdict_since_.reset();
    timers_.set(Timer::resume, now + pace() / 2);
    out.emplace_back(AskPeers{});
    return;
  }
  if (state_ == State::active) {
    become_backup(now, down_interval(), Cause::stalled, nullptr, out);
    return;
  }
  if (state_ != State::backup) return;
  const auto down = timers_.get(Timer::down).value_or(now);
  const auto patience = timers_.get(Timer::preempt_delay);
  timers_.stop_all();
  ready_ = false;
  without_grace_.reset();
  forget_speaker();
  listening_ = config_.asks_peers;
  if (config_.asks_peers) {
    const auto soon = now + active_interval_ + skew();
    timers_.set(Timer::down, std::max(down, soon));
    if (patience) timers_.set(Timer::preempt_delay, std::max(*patience, soon));
    out.emplace_back(AskPeers{});
  } else {
    timers_.set(Timer::down, now + down_interval());
  }
}

// The address is there: announce it, then speak (make before break: who hears us can let go).
void VirtualRouter::on(TimePoint now, const AddressesHeld&, Actions& out) {
  if (state_ != State::active || timers_.armed(Timer::resume)) return;
  retry_.reset();
  begin_announcing(now, out);
  if (timers_.armed(Timer::advert)) return;
  active_since_ = now;
  speak(now, out);
}

void VirtualRouter::on(TimePoint now, const AddressesRefused&, Actions& out) {
  if (state_ != State::active) return;
  if (timers_.armed(Timer::advert)) out.emplace_back(SendAdvertisement{kPriorityLeaving});
  become_fault(now, Cause::address_refused, out);
  try_again_later(now);
}

void VirtualRouter::try_again_later(TimePoint now) {
  timers_.set(Timer::retry, now + retry_.next());
}

// P17: it counts when we claim, unless a router is heard until then: the address may be its. A router that
// has just claimed announces before it speaks, so its advertisement is given an interval's time.
void VirtualRouter::on(TimePoint now, const AddressTaken& event, Actions& out) {
  const bool first = !taken_;
  taken_ = state_ == State::backup;
  if (const auto down = timers_.get(Timer::down); taken_ && first && down)
    timers_.set(Timer::down, std::max(*down, now + active_interval_));
  const bool by_ours = event.member && kin_.contains(*event.member);
  if (!by_ours || !timers_.armed(Timer::advert)) return;
  out.emplace_back(SendAdvertisement{kPriorityLeaving});
  become_fault(now, Cause::address_taken, out);
  try_again_later(now);
}

void VirtualRouter::on(TimePoint now, const Claimed&, Actions& out) {
  if (state_ == State::backup) become_active(now, ready_ ? claim_cause_ : Cause::group, out);
}

void VirtualRouter::on(TimePoint now, const Yielded& event, Actions& out) {
  if (state_ != State::active) return;
  const auto word = event.leaves ? kPriorityLeaving : config_.priority;
  if (timers_.armed(Timer::advert)) out.emplace_back(SendAdvertisement{word});
  become_backup(now, down_interval(), Cause::group, nullptr, out);
  if (!event.leaves) successor_spoke(now, out);  // to the other router
}

// P15: a longer interval is said three times at the old pace before it counts, or the backups, who still wait
// by the old one, would take over. Addresses that come are held and announced, the advertisement follows.
void VirtualRouter::on(TimePoint now, const Reconfigured& event, Actions& out) {
  const auto old = std::exchange(config_, event.config);
  base_priority_ = config_.priority;
  config_.priority = weighed_priority();
  config_.source = old.source;  // what the host and the group decide stays as it is
  config_.lease = old.lease;
  config_.in_group = old.in_group;
  config_.decides_ties = old.decides_ties;
  config_.asks_peers = old.asks_peers;
  if (config_.generation != old.generation) newer_plan_.reset();
  const bool speaking = timers_.armed(Timer::advert);
  if (state_ == State::backup) {
    if (config_.version == Version::v2 || !active_router_) active_interval_ = config_.advert_interval;
    if (const auto down = timers_.get(Timer::down); down && *down > now + down_interval())
      timers_.set(Timer::down, now + down_interval());
    if (!config_.preempt) timers_.stop(Timer::preempt_delay);  // the next advertisement may begin it
  }
  if (state_ != State::active) return;
  active_interval_ = config_.advert_interval;
  if (config_.addresses != old.addresses) out.emplace_back(HoldAddresses{});
  if (!speaking) return;
  if (config_.advert_interval > old.advert_interval) {
    old_pace_ = old.advert_interval;
    adverts_at_old_pace_ = kAdvertsAtOldPace;
  }
  speak(now, out);
}

// RFC 9568, 6.4.1: the owner is active at once, everybody else listens first. Both ask: who does not list us
// speaks to us from then on (P19), and who does not believe our numbers any more helps us up (P5).
void VirtualRouter::listen_or_own(TimePoint now, Cause cause, Actions& out) {
  timers_.stop_all();
  ready_ = false;
  // P23: whoever comes back waits by the interval that it learned, if that is the longer one.
  const bool learned = config_.version == Version::v3 && active_interval_ > config_.advert_interval;
  if (!learned) active_interval_ = config_.advert_interval;
  const bool owner = config_.priority == kPriorityOwner;
  if (!owner || config_.in_group) settled_at_ = now + config_.preempt_delay;
  if (owner) {
    // In a group as soon as the others are.
    config_.in_group ? become_backup(now, Duration::zero(), cause, nullptr, out)
                     : become_active(now, Cause::owner, out);
    if (config_.asks_peers) out.emplace_back(AskPeers{});
    return;
  }
  const bool comes_up = cause == Cause::link_up || cause == Cause::check_passed;
  const bool boots = cause == Cause::started || (comes_up && !heard_anybody_);
  const bool first = boots && config_.start_wait > Duration::zero();
  const auto wait = first ? config_.start_wait : down_interval();
  const bool graced = boots && config_.asks_peers && config_.start_grace > wait;
  become_backup(now, graced ? config_.start_grace : wait, cause, nullptr, out);
  listening_ = first || graced;
  if (graced) without_grace_ = now + wait;
  if (config_.asks_peers) out.emplace_back(AskPeers{});
}

// Alone at once; in a group when all its routers are ready.
void VirtualRouter::claim(TimePoint now, Cause cause, Actions& out) {
  if (taken_) {
    become_fault(now, Cause::address_taken, out);
    try_again_later(now);
    return;
  }
  if (!config_.in_group) {
    become_active(now, cause, out);
    return;
  }
  claim_cause_ = cause;
  ready_ = true;
  out.emplace_back(ReadyToClaim{});
}

void VirtualRouter::become_backup(TimePoint now, Duration wait, Cause cause, const Received* better,
                                  Actions& out) {
  const bool was_active = state_ == State::active;
  const bool hands_over = timers_.armed(Timer::advert) && is_handover(cause);
  timers_.stop_all();
  timers_.set(Timer::down, now + wait);
  active_left_ = false;
  outvoted_.reset();
  ready_ = false;
  listening_ = false;
  taken_ = false;
  without_grace_.reset();
  contest_.reset();
  verdict_since_.reset();
  active_router_.reset();
  forget_speaker();
  if (better != nullptr) {
    active_router_ = better->source;
    heard_speaker(now, better->source, better->interval);
  }
  change_state(State::backup, cause, active_router_, out);
  if (hands_over) {
    keep_for_successor(now, TimePoint::max(), better, out);
  } else if (was_active) {
    out.emplace_back(ReleaseAddresses{});
  }
}

void VirtualRouter::become_active(TimePoint now, Cause cause, Actions& out) {
  // Whoever we did not listen to, because we are better, was not silent.
  const bool preempted = cause == Cause::silence && outvoted_;
  const auto peer = cause == Cause::owner ? std::nullopt : preempted ? outvoted_ : active_router_;
  timers_.stop_all();
  active_left_ = false;
  ready_ = false;
  contest_.reset();
  verdict_since_.reset();
  active_since_.reset();
  linger_.clear();
  forget_speaker();
  if (newer_plan_) newer_plan_->first = now;  // once more the patience
  adverts_at_old_pace_ = 0;
  active_interval_ = config_.advert_interval;
  active_router_ = config_.source;
  claim_cause_ = cause;
  doubt_predecessor(now);
  change_state(State::active, preempted ? Cause::preemption : cause, peer, out);
  out.emplace_back(HoldAddresses{});
}

void VirtualRouter::become_fault(TimePoint now, Cause cause, Actions& out) {
  const bool was_active = state_ == State::active;
  release_all(now, out);
  timers_.stop_all();
  ready_ = false;
  active_router_.reset();
  forget_speaker();
  change_state(State::fault, cause, std::nullopt, out);
  if (was_active) out.emplace_back(ReleaseAddresses{});
}

void VirtualRouter::change_state(State to, Cause cause, std::optional<IpAddress> peer, Actions& out) {
  const State from = std::exchange(state_, to);
  out.emplace_back(StateChanged{.from = from, .to = to, .cause = cause, .peer = peer});
}

void VirtualRouter::speak(TimePoint now, Actions& out) {
  out.emplace_back(SendAdvertisement{config_.priority});
  last_advert_ = now;
  timers_.set(Timer::advert, now + pace());
  if (adverts_at_old_pace_ > 0) --adverts_at_old_pace_;
}

// 0 and 255 mean something else (RFC 9568, 5.2.4).
Priority VirtualRouter::weighed_priority() const {
  if (base_priority_ == kPriorityOwner) return base_priority_;
  return Priority(static_cast<std::uint8_t>(std::clamp(base_priority_.value + bonus_, 1, 254)));
}

Duration VirtualRouter::pace() const {
  return adverts_at_old_pace_ > 0 ? old_pace_ : config_.advert_interval;
}

void VirtualRouter::begin_announcing(TimePoint now, Actions& out) {
  announced_ = 0;
  // P25: a predecessor that fell silent may still answer for the addresses until its lease ends.
  const bool silent = claim_cause_ == Cause::silence && config_.lease > Duration::zero();
  announce_often_until_ = silent ? now + config_.lease + Linger::kLate : now;
  const auto first = config_.announcements.at.empty() ? Duration::zero() : config_.announcements.at.front();
  if (first == Duration::zero()) {
    announce(now, out);
  } else {
    timers_.set(Timer::announce, now + first);
  }
}

void VirtualRouter::announce(TimePoint now, Actions& out) {
  out.emplace_back(AnnounceAddresses{});
  const auto& at = config_.announcements.at;
  ++announced_;
  if (announced_ < at.size()) {
    timers_.set(Timer::announce, now + (at.at(announced_) - at.at(announced_ - 1)));
  } else if (now + kAnnounceOften <= announce_often_until_) {
    timers_.set(Timer::announce, now + kAnnounceOften);
  } else if (config_.announcements.refresh > Duration::zero()) {
    timers_.set(Timer::announce, now + config_.announcements.refresh);
  }
}

// RFC 9568, 6.4.2 (300): version 3 follows the active router's interval; version 2 has one for all.
// In version 2 all have one interval, but while the group moves to another.
void VirtualRouter::learn_interval(Duration interval) {
  if (config_.version == Version::v3 || config_.also) active_interval_ = interval;
}

Duration VirtualRouter::down_interval() const {
  return active_down_interval(config_.version, config_.priority, active_interval_);
}

Duration VirtualRouter::skew() const {
  return skew_time(config_.version, config_.priority, active_interval_);
}

}  // namespace vip::vrrp
