#include "tests/sim/model.h"

#include <algorithm>
#include <array>
#include <utility>

namespace vip::vrrp::sim {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kLongestRetryPause = 60 * kSecond;
constexpr std::int64_t kFirstHumility = 60 * kSecond;
constexpr std::int64_t kLongestHumility = 240 * kSecond;
constexpr std::int64_t kPlanPatience = 60 * kSecond;
constexpr std::int64_t kAnswerCounts = 25 * kSecond;
constexpr std::int64_t kMoment = 20'000'000;
constexpr std::int64_t kKeptLongest = 7 * kSecond;

std::string in_words(const std::vector<int>& sent) {
  std::string text = "[";
  for (const auto priority : sent) text += " " + std::to_string(priority);
  return text + " ]";
}

}  // namespace

Model::Model(const RouterConfig& config)
    : self_(config.source), heard_interval_(config.advert_interval.count()) {
  adopt(config);
}

void Model::adopt(const RouterConfig& config) {
  version_2_ = config.version == Version::v2;
  priority_ = config.priority.value;
  own_interval_ = config.advert_interval.count();
  preempt_ = config.preempt;
  preempt_delay_ = config.preempt_delay.count();
  levels_.clear();
  for (const auto level : config.levels) levels_.push_back(level.value);
  start_wait_ = config.start_wait.count();
  start_grace_ = config.start_grace.count();
  lease_ = config.lease.count();
  in_group_ = config.in_group;
  decides_ties_ = config.decides_ties;
  has_kin_ = config.asks_peers;
  generation_ = config.generation;
  addresses_ = config.addresses;
  self_ = config.source;
}

Expected Model::feed(std::int64_t now, const Event& event) {
  Expected out;
  const auto state = state_;
  const auto before = intervals();
  if (const auto* start = std::get_if<Started>(&event)) {
    if (start->source && state_ == 'I') self_ = *start->source;
    started(now, start->link_up, out);
  }
  if (const auto* stop = std::get_if<Stopped>(&event)) stopped(now, stop->farewells, out);
  if (std::holds_alternative<TimerExpired>(event)) expired(now, out);
  if (const auto* advert = std::get_if<Received>(&event))
    heard(now, advert->priority.value, advert->interval.count(), advert->source, out);
  if (std::holds_alternative<Received>(event) || std::holds_alternative<Answered>(event)) heard_one_ = true;
  if (const auto* link = std::get_if<LinkChanged>(&event)) {
    if (link->source) self_ = *link->source;
    if (!link->up) drop_what_is_kept(out);
    if (!link->up && state_ == 'A' && speaking() && link->by_group) out.sent.push_back(0);
    if (!link->up && (state_ == 'A' || state_ == 'B')) let_go('F', out);
    if (!link->up && state_ == 'F') retry_at_ = kNever;  // the link decides when to try again
    if (link->up && state_ == 'F' && retry_at_ == kNever) {
      listen(now, out);
      if (!link->by_group && !heard_one_) listen_first(now);
    }
  }
  if (const auto* sleep = std::get_if<Stalled>(&event)) slept(now, sleep->addresses_kept, out);
  if (std::holds_alternative<AddressesHeld>(event) && state_ == 'A' && !has_address_) {
    has_address_ = true;
    active_since_ = now;
    retry_pause_ = kSecond;
    speak(now, out);
  }
  if (std::holds_alternative<AddressesRefused>(event) && state_ == 'A') {
    if (speaking()) out.sent.push_back(0);
    let_go('F', out);
    retry_later(now);
  }
  if (const auto* other = std::get_if<AddressTaken>(&event)) taken(now, other->member, out);
  if (std::holds_alternative<Claimed>(event) && state_ == 'B') claim(now, out);
  if (std::holds_alternative<Yielded>(event) && state_ == 'A') {
    const bool had_it = speaking();
    if (had_it) out.sent.push_back(std::get<Yielded>(event).leaves ? 0 : priority_);
    had_it ? keep_for_another('B', now, now + kKeptLongest, out) : let_go('B', out);
    down_at_ = now + down();
    if (!std::get<Yielded>(event).leaves) other_spoke(now, out);
  }
  if (const auto* foreign = std::get_if<ForeignOwner>(&event)) other_announced(now, foreign->address, out);
  if (const auto* answer = std::get_if<Answered>(&event)) answered(now, *answer, out);
  if (const auto* other = std::get_if<Reconfigured>(&event)) reconfigured(now, other->config, out);
  out.other_interval = state_ == state && intervals() != before;
  return out;
}

// RFC 9568, 6.4.1.
void Model::started(std::int64_t now, bool link_up, Expected& out) {
  if (state_ != 'I') return;
  drop_what_is_kept(out);
  heard_interval_ = own_interval_;
  heard_one_ = false;
  if (!link_up) {
    state_ = 'F';
    return;
  }
  listen(now, out);
  listen_first(now);
}

void Model::listen_first(std::int64_t now) {
  if (state_ != 'B' || priority_ == 255) return;
  if (start_wait_ > 0) {
    down_at_ = now + start_wait_;
    first_time_ = true;
  }
  if (!has_kin_ || now + start_grace_ <= down_at_) return;
  graceless_ = down_at_;
  down_at_ = now + start_grace_;
  first_time_ = true;
}

void Model::taken(std::int64_t now, const std::optional<IpAddress>& member, Expected& out) {
  const bool known = taken_;
  taken_ = state_ == 'B';
  if (taken_ && !known && down_at_ != kNever) down_at_ = std::max(down_at_, now + heard_interval_);
  if (state_ != 'A' || !speaking() || !member || !kin_.contains(*member)) return;
  out.sent.push_back(0);
  let_go('F', out);
  retry_later(now);
}

void Model::retry_later(std::int64_t now) {
  retry_at_ = now + retry_pause_;
  retry_pause_ = std::min(2 * retry_pause_, kLongestRetryPause);
}

void Model::stopped(std::int64_t now, int farewells, Expected& out) {
  if (state_ == 'I') {
    drop_what_is_kept(out);
  } else if (state_ == 'A' && speaking() && farewells > 0) {
    farewells_ = farewells;
    const auto round = 255 * (version_2_ ? kSecond : own_interval_) / 256 + kMoment;
    keep_for_another('I', now, now + farewells * round, out);
    take_leave(now, out);
  } else {
    if (state_ == 'A' && has_address_) out.sent.push_back(0);
    let_go('I', out);
    release_what_is_due(now, out);
  }
}

void Model::take_leave(std::int64_t now, Expected& out) {
  out.sent.push_back(0);
  farewell_at_ = kNever;
  if (--farewells_ > 0) farewell_at_ = now + 255 * (version_2_ ? kSecond : own_interval_) / 256 + kMoment;
}

void Model::keep_for_another(char to, std::int64_t now, std::int64_t nobody_by, Expected& out) {
  Expected ignored;
  let_go(to, ignored);
  kept_ = addresses_;
  kept_since_ = now;
  nobody_by_ = std::min(nobody_by, now + kKeptLongest);
  other_spoke_ = kNever;
  std::erase_if(others_, [now](const auto& entry) { return now - entry.second > kSecond; });
  release_what_is_due(now, out);
}

void Model::other_spoke(std::int64_t now, Expected& out) {
  if (kept_.empty()) return;
  if (other_spoke_ == kNever) other_spoke_ = now;
  farewell_at_ = kNever;
  release_what_is_due(now, out);
}

void Model::other_announced(std::int64_t now, const IpAddress& address, Expected& out) {
  const auto& ours = state_ == 'A' ? addresses_ : kept_;
  if (std::ranges::find(ours, address, &IpPrefix::address) == ours.end()) return;
  if (state_ == 'A' || !others_.contains(address)) others_[address] = now;
  if (state_ != 'A') release_what_is_due(now, out);
}

std::int64_t Model::kept_until(const IpPrefix& prefix) const {
  if (other_spoke_ == kNever) return nobody_by_;
  auto until = other_spoke_ + kSecond;
  if (others_.contains(prefix.address)) until = std::max(other_spoke_, others_.at(prefix.address)) + kMoment;
  return std::min(until, kept_since_ + kKeptLongest);
}

std::int64_t Model::next_release() const {
  auto next = kNever;
  for (const auto& prefix : kept_) {
    if (next == kNever || kept_until(prefix) < next) next = kept_until(prefix);
  }
  return next;
}

void Model::release_what_is_due(std::int64_t now, Expected& out) {
  std::vector<IpPrefix> rest;
  for (const auto& prefix : kept_) (kept_until(prefix) <= now ? out.released : rest).push_back(prefix);
  const bool had_any = !kept_.empty();
  kept_ = rest;
  if (had_any && kept_.empty()) {
    out.release = true;
    others_.clear();
    farewell_at_ = kNever;
  }
}

void Model::drop_what_is_kept(Expected& out) {
  if (kept_.empty()) return;
  out.release = true;
  kept_.clear();
  others_.clear();
  farewell_at_ = kNever;
}

void Model::slept(std::int64_t now, bool address_kept, Expected& out) {
  drop_what_is_kept(out);
  if (priority_ == 255 || (state_ != 'A' && state_ != 'B')) return;
  if (state_ == 'A' && has_address_ && address_kept && has_kin_) {
    loser_since_ = winner_since_ = advert_at_ = doubt_at_ = kNever;
    resume_at_ = now + pace() / 2;
    return;
  }
  const auto follows = state_ == 'B' ? follows_ : std::nullopt;
  const bool it_leaves = it_leaves_;
  const bool taken = state_ == 'B' && taken_;
  const bool asks = state_ == 'B' && has_kin_;
  const auto soon = now + heard_interval_ + skew();
  const auto down_soon = std::max(down_at_, soon);
  const auto preempt_soon = asks && preempt_at_ != kNever ? std::max(preempt_at_, soon) : kNever;
  let_go('B', out);
  follows_ = follows;
  it_leaves_ = it_leaves;
  taken_ = taken;
  first_time_ = asks;
  down_at_ = asks ? down_soon : now + down();
  preempt_at_ = preempt_soon;
}

void Model::expired(std::int64_t now, Expected& out) {
  const auto over = next_release();
  const auto before = [&](std::int64_t at) {
    return at != kNever && at <= now && (over == kNever || at <= over);
  };
  if (before(farewell_at_)) take_leave(now, out);
  const bool claims = state_ == 'B' && (!in_group_ || taken_) && (before(down_at_) || before(preempt_at_));
  if (!claims) release_what_is_due(now, out);
  if (state_ == 'F' && retry_at_ != kNever && retry_at_ <= now) listen(now, out);
  if (state_ == 'B') {
    if (doubt_at_ != kNever && doubt_at_ <= now) doubt(now);
    const bool silence = down_at_ != kNever && down_at_ <= now;
    const bool patience_over = preempt_at_ != kNever && preempt_at_ <= now;
    if (silence || patience_over) was_patient_ = patience_over && !(silence && down_at_ > preempt_at_);
    if (silence) down_at_ = kNever;
    if (patience_over) preempt_at_ = kNever;
    if (silence || patience_over) may_claim(now, out);
  } else if (state_ == 'A') {
    if (resume_at_ != kNever && resume_at_ <= now) {
      resume_at_ = kNever;
      speak(now, out);
    }
    if (advert_at_ != kNever && advert_at_ <= now) speak(now, out);
    if (doubt_at_ <= now) doubt_at_ = kNever;
  }
}

void Model::heard(std::int64_t now, int priority, std::int64_t interval, const IpAddress& sender,
                  Expected& out) {
  if (priority != 0) other_spoke(now, out);
  if (state_ == 'B') heard_in_backup(now, priority, interval, sender);
  if (state_ == 'A') heard_in_active(now, priority, interval, sender, out);
}

// RFC 9568, 6.4.2.
void Model::heard_in_backup(std::int64_t now, int priority, std::int64_t interval, const IpAddress& sender) {
  taken_ = false;
  if (priority == 0) {
    if (follows_ && *follows_ != sender && !it_leaves_) return;
    it_leaves_ = true;
    const auto wait = skew() + (outdated(now) ? 2 * heard_interval_ : 0);
    if (down_at_ == kNever || now + wait < down_at_) down_at_ = now + wait;
    preempt_at_ = kNever;
    forget_voice();
    return;
  }
  heard_voice(now, sender, interval);
  const bool we_are_better = priority < priority_;
  const bool told_to = higher(priority_, priority);
  const bool preempts = (preempt_ || told_to) && now >= humble_until_ && !outdated(now);
  const bool soon = told_to && follows_ == sender && now >= obeys_at_once_from_;
  const bool tolerated = we_are_better && priority_ != 255 && (!preempts || preempt_delay_ > 0 || soon);
  if (we_are_better && !tolerated) return;
  if (!version_2_) heard_interval_ = interval;
  first_time_ = false;
  follows_ = sender;
  it_leaves_ = false;
  down_at_ = now + down();
  if (!we_are_better || !preempts) was_patient_ = false;
  if (!we_are_better || !preempts || (in_group_ && was_patient_)) {
    preempt_at_ = kNever;
  } else if (soon) {
    preempt_at_ = preempt_at_ == kNever ? now + skew() : std::min(preempt_at_, now + skew());
  } else if (preempt_at_ == kNever) {
    preempt_at_ = now + preempt_delay_ + skew();
  }
}

bool Model::higher(int one, int other) const {
  return std::ranges::any_of(levels_, [&](int level) { return other < level && one >= level; });
}

// RFC 9568, 6.4.3.
void Model::heard_in_active(std::int64_t now, int priority, std::int64_t interval, const IpAddress& sender,
                            Expected& out) {
  if (resume_at_ != kNever) {
    if (priority == 0) return;
    let_go('B', out);
    follow(now, sender, interval);
  } else if (priority == 0) {
    loser_since_ = kNever;
    if (has_address_) speak(now, out);
  } else if (priority > priority_ || (decides_ties_ && priority == priority_ && sender > self_)) {
    if (priority != 255 && leaves_it_to_us(now, priority, interval, sender, out)) return;
    if (has_address_) {
      out.sent.push_back(priority_);
      keep_for_another('B', now, now + kKeptLongest, out);
      other_spoke(now, out);
    } else {
      let_go('B', out);
    }
    follow(now, sender, interval);
  } else if (has_address_ && goes_unheard(now, interval, sender)) {
    humble_until_ = now + humble_for_;
    humble_for_ = std::min(2 * humble_for_, kLongestHumility);
    deaf_ = sender;
    let_go('B', out);
    follow(now, sender, interval);
  } else {
    if (!version_2_ && has_address_ && now - last_spoken_ >= pace() / 2) speak(now, out);
    if (loser_since_ == now) loser_told_ = last_spoken_;
  }
}

void Model::follow(std::int64_t now, const IpAddress& whom, std::int64_t interval) {
  if (!version_2_) heard_interval_ = interval;
  follows_ = whom;
  down_at_ = now + down();
  heard_voice(now, whom, interval);
}

void Model::heard_voice(std::int64_t now, const IpAddress& whose, std::int64_t interval) {
  if (!has_kin_ || priority_ == 255) return;
  voice_ = {.whose = whose, .interval = interval, .heard = now};
  doubt_at_ = now + 2 * interval;
}

void Model::forget_voice() {
  voice_.reset();
  doubt_at_ = kNever;
}

void Model::doubt(std::int64_t now) {
  const bool waits = down_at_ != kNever && (down_at_ > now || doubt_at_ < down_at_);
  const bool asks = waits && voice_ && kin_.contains(voice_->whose);
  doubt_at_ = asks ? now + voice_->interval / 2 : kNever;
}

bool Model::settled(std::int64_t now) const {
  return active_since_ != kNever && now - active_since_ >= 4 * own_interval_;
}

bool Model::outdated(std::int64_t now) const {
  return newer_plan_last_ != kNever && now - newer_plan_last_ <= kAnswerCounts;
}

bool Model::leaves_it_to_us(std::int64_t now, int priority, std::int64_t winners_interval,
                            const IpAddress& winner, Expected& out) {
  if (higher(priority, priority_)) return false;
  if (preempt_ || in_group_ || !kin_.contains(winner) || !settled(now)) return false;
  const auto interval = std::max(winners_interval, pace());
  if (winner_since_ != kNever && now - winner_since_ <= 10 * interval)
    return now - winner_since_ < interval * 3 / 4;
  winner_since_ = now;
  speak(now, out);
  return true;
}

bool Model::is_longer_there(std::int64_t now, const Answered& loser) const {
  if (preempt_ || in_group_ || priority_ == 255 || loser.state != State::active) return false;
  if (higher(priority_, loser.priority.value)) return false;
  if (loser_since_ == kNever || loser_ != loser.source || !settled(now)) return false;
  if (now - loser_told_ >= pace() / 2) return false;
  if (loser.active_for.count() < 4 * loser.interval.count()) return false;
  if (loser.contacts != loser.our_contacts) return loser.contacts > loser.our_contacts;
  return loser.active_for.count() > now - active_since_;
}

void Model::answered(std::int64_t now, const Answered& answer, Expected& out) {
  kin_.insert(answer.source);
  if (answer.has_newer_plan) {
    if (!outdated(now)) newer_plan_since_ = now;
    newer_plan_last_ = now;
  }
  if (state_ == 'B') answered_in_backup(now, answer);
  if (state_ == 'A') answered_in_active(now, answer, out);
}

void Model::answered_in_backup(std::int64_t now, const Answered& answer) {
  if (deaf_ == answer.source && answer.came_back) {
    deaf_.reset();
    humble_until_ = now;
  }
  if (answer.state == State::active || answer.active_router) taken_ = false;
  const bool serves = answer.state == State::active && answer.active_for.count() > 0;
  if (serves && voice_ && voice_->whose == answer.source && now - voice_->heard >= 2 * voice_->interval) {
    first_time_ = was_patient_ = false;
    if (!version_2_) heard_interval_ = answer.interval.count();
    follows_ = answer.source;
    preempt_at_ = kNever;
    down_at_ = now + down();
    doubt_at_ = now + 2 * answer.interval.count();
    return;
  }
  if (!first_time_) return;
  if (graceless_ != kNever && down_at_ != kNever) down_at_ = std::min(down_at_, std::max(graceless_, now));
  graceless_ = kNever;
  if (answer.plan_is_quiet && down_at_ != kNever) down_at_ = std::min(down_at_, now + down());
  if (answer.state != State::active) return;
  const auto interval = answer.interval.count();
  const auto its_down = 3 * interval + (256 - priority_) * (version_2_ ? kSecond : interval) / 256;
  if (down_at_ != kNever) down_at_ = std::min(down_at_, now + its_down);
  heard_in_backup(now, answer.priority.value, interval, answer.source);
}

void Model::answered_in_active(std::int64_t now, const Answered& answer, Expected& out) {
  const auto interval = answer.interval.count();
  if (resume_at_ != kNever) {
    const bool better = answer.priority.value > priority_ ||
                        (decides_ties_ && answer.priority.value == priority_ && answer.source > self_);
    const bool other_there = (answer.state == State::active && (better || answer.active_for.count() > 0)) ||
                             (answer.state == State::backup && answer.active_router.value_or(self_) != self_);
    if (other_there) {
      let_go('B', out);
      follow(now, answer.source, interval);
    } else if (answer.known_are_quiet) {
      resume_at_ = kNever;
      speak(now, out);
    }
    return;
  }
  if (!has_address_) return;
  if (is_longer_there(now, answer)) {
    out.sent.push_back(0);
    keep_for_another('B', now, now + kKeptLongest, out);
    other_spoke(now, out);
    follow(now, answer.source, interval);
    return;
  }
  const bool long_known = outdated(now) && now - newer_plan_since_ >= kPlanPatience;
  if (!answer.has_newer_plan || answer.state != State::backup || !long_known || priority_ == 255) return;
  out.sent.push_back(0);
  keep_for_another('B', now, now + kKeptLongest, out);
  down_at_ = now + down();
}

bool Model::goes_unheard(std::int64_t now, std::int64_t losers_interval, const IpAddress& loser) {
  const auto interval = std::max(losers_interval, pace());
  if (loser_since_ == kNever || loser_ != loser || now - loser_last_ > 3 * interval) {
    loser_since_ = now;
    loser_ = loser;
    if (now - humble_until_ > kLongestHumility) humble_for_ = kFirstHumility;
  }
  loser_last_ = now;
  return now - loser_since_ >= std::max(5 * interval, kSecond) - interval / 2;
}

void Model::reconfigured(std::int64_t now, const RouterConfig& config, Expected& out) {
  const auto before_interval = own_interval_;
  const auto before_addresses = addresses_;
  const auto before_generation = generation_;
  auto wanted = config;
  wanted.source = self_;  // what the host and the group decide
  wanted.lease = std::chrono::nanoseconds(lease_);
  wanted.in_group = in_group_;
  wanted.decides_ties = decides_ties_;
  wanted.asks_peers = has_kin_;
  adopt(wanted);
  if (generation_ != before_generation) newer_plan_since_ = newer_plan_last_ = kNever;
  if (state_ == 'B') {
    if (version_2_ || !follows_) heard_interval_ = own_interval_;
    if (down_at_ != kNever) down_at_ = std::min(down_at_, now + down());
    if (!preempt_) preempt_at_ = kNever;
  }
  if (state_ != 'A') return;
  heard_interval_ = own_interval_;
  out.hold = addresses_ != before_addresses;
  if (!speaking()) return;
  if (own_interval_ > before_interval) {
    slow_words_ = 3;
    old_interval_ = before_interval;
  }
  speak(now, out);
}

void Model::listen(std::int64_t now, Expected& out) {
  retry_at_ = kNever;
  was_patient_ = false;
  first_time_ = false;
  taken_ = false;
  graceless_ = kNever;
  forget_voice();
  heard_interval_ = version_2_ ? own_interval_ : std::max(heard_interval_, own_interval_);
  follows_.reset();
  it_leaves_ = false;
  if (priority_ == 255 && !in_group_) {
    claim(now, out);
    return;
  }
  state_ = 'B';
  obeys_at_once_from_ = now + preempt_delay_;
  down_at_ = priority_ == 255 ? now : now + down();
}

void Model::may_claim(std::int64_t now, Expected& out) {
  if (taken_) {
    drop_what_is_kept(out);
    let_go('F', out);
    retry_later(now);
    return;
  }
  if (in_group_) {
    out.ready = true;
  } else {
    claim(now, out);
  }
}

void Model::claim(std::int64_t now, Expected& out) {
  let_go('A', out);
  kept_.clear();
  others_.clear();
  heard_interval_ = own_interval_;
  if (newer_plan_last_ != kNever) newer_plan_since_ = now;
  if (!kin_.empty() && priority_ != 255 && lease_ > 0)
    doubt_at_ = now + std::max(lease_, kKeptLongest) + 3 * kSecond / 2;
  out.hold = true;
}

void Model::speak(std::int64_t now, Expected& out) {
  out.sent.push_back(priority_);
  last_spoken_ = now;
  advert_at_ = now + pace();
  if (slow_words_ > 0) --slow_words_;
}

// Every change of state begins with a clean table of timers.
void Model::let_go(char to, Expected& out) {
  if (state_ == 'A') out.release = true;
  state_ = to;
  has_address_ = false;
  follows_.reset();
  it_leaves_ = false;
  slow_words_ = 0;
  was_patient_ = false;
  first_time_ = false;
  taken_ = false;
  graceless_ = kNever;
  forget_voice();
  loser_since_ = winner_since_ = active_since_ = kNever;
  down_at_ = advert_at_ = preempt_at_ = retry_at_ = resume_at_ = kNever;
}

std::int64_t Model::skew() const {
  return (256 - priority_) * (version_2_ ? kSecond : heard_interval_) / 256;
}

std::optional<std::string> Model::difference(const Expected& expected, const Actions& actions,
                                             const VirtualRouter& real) const {
  const auto state = name(real.state());
  if (state.empty() || std::tolower(state_) != state.front())
    return "state " + std::string(state) + ", expected " + state_;
  Expected done;
  for (const auto& action : actions) {
    if (const auto* sent = std::get_if<SendAdvertisement>(&action)) done.sent.push_back(sent->priority.value);
    done.hold |= std::holds_alternative<HoldAddresses>(action);
    done.release |= std::holds_alternative<ReleaseAddresses>(action);
    if (const auto* gone = std::get_if<ReleaseAddress>(&action)) done.released.push_back(gone->prefix);
    done.ready |= std::holds_alternative<ReadyToClaim>(action);
    done.other_interval |= std::holds_alternative<IntervalChanged>(action);
  }
  if (done.sent != expected.sent)
    return "sent " + in_words(done.sent) + ", expected " + in_words(expected.sent);
  if (done.hold != expected.hold)
    return std::string(done.hold ? "claims" : "does not claim") + " the address";
  if (done.release != expected.release)
    return std::string(done.release ? "releases" : "does not release") + " the address";
  if (done.released != expected.released)
    return "releases " + std::to_string(done.released.size()) + " addresses one by one, expected " +
           std::to_string(expected.released.size());
  if (done.ready != expected.ready)
    return std::string(done.ready ? "says" : "does not say") + " that it is ready";
  if (done.other_interval != expected.other_interval)
    return std::string(done.other_interval ? "says" : "does not say") + " that its interval is another one";

  // Of the real router's deadlines only the earliest is to be seen. One that is not the protocol's own
  // (announcements) may come before, never after.
  std::optional<std::pair<std::int64_t, Timer>> next;
  const std::array<std::pair<std::int64_t, Timer>, 8> timers{{{down_at_, Timer::down},
                                                              {advert_at_, Timer::advert},
                                                              {resume_at_, Timer::resume},
                                                              {preempt_at_, Timer::preempt_delay},
                                                              {retry_at_, Timer::retry},
                                                              {farewell_at_, Timer::farewell},
                                                              {next_release(), Timer::linger},
                                                              {doubt_at_, Timer::doubt}}};
  for (const auto& timer : timers) {
    if (timer.first != kNever && (!next || timer.first < next->first)) next = timer;
  }
  const auto deadline = real.next_deadline();
  const bool own_of_protocol = deadline && std::ranges::any_of(timers, [&](const auto& timer) {
                                 return timer.second == deadline->which;
                               });
  const auto when = deadline ? deadline->when.time_since_epoch().count() : kNever;
  if (own_of_protocol && !(next && next->first == when && next->second == deadline->which))
    return "timer " + std::to_string(static_cast<int>(deadline->which)) + " at " + std::to_string(when) +
           "ns, expected " +
           (next
                ? std::to_string(static_cast<int>(next->second)) + " at " + std::to_string(next->first) + "ns"
                : std::string("none"));
  if (next && (!deadline || when > next->first))
    return "no timer, or none in time; expected " + std::to_string(static_cast<int>(next->second)) + " at " +
           std::to_string(next->first) + "ns";
  return std::nullopt;
}

}  // namespace vip::vrrp::sim
