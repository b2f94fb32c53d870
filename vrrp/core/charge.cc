#include "vrrp/core/charge.h"

#include <algorithm>

#include "common/base/assert.h"

namespace vip::vrrp {

using namespace std::chrono_literals;
using namespace charge;  // NOLINT(google-build-using-namespace): its own events and actions

namespace {

constexpr Duration kReachAgain = 500ms;
// Between one heir's try for the name and the next one's: they need not all try at once.
constexpr Duration kRankStep = 20ms;
// A process that dies closes one thing after the other, and the name may be among the last.
constexpr Duration kHungUpAgain = 5ms;
constexpr std::uint32_t kRankMax = 5;
constexpr unsigned kHangUpsMax = 100;
constexpr std::uint32_t kRankUntested = 3;  // until it is told
constexpr Duration kOfferAgain = 5s;        // to the same sibling
// So many successors that failed, each soon after the one before, and none is tried for a while.
constexpr unsigned kFailuresMax = 3;
constexpr Duration kFailuresApart = 5min;
constexpr Duration kRefuseFor = 5min;

}  // namespace

std::string_view name(Standing standing) {
  switch (standing) {
    case Standing::seeking:
      return "seeking";
    case Standing::candidate:
      return "candidate";
    case Standing::taking:
      return "taking";
    case Standing::in_charge:
      return "in charge";
    case Standing::handing:
      return "handing";
    case Standing::deposed:
      return "deposed";
    case Standing::leaving:
      return "leaving";
    case Standing::gone:
      return "gone";
  }
  return "?";
}

std::string_view name(Word word) {
  switch (word) {
    case Word::ask:
      return "ask";
    case Word::ready:
      return "ready";
    case Word::commit:
      return "commit";
    case Word::committed:
      return "committed";
    case Word::abort:
      return "abort";
    case Word::mirror:
      return "mirror";
  }
  return "?";
}

Charge::Charge(ChargeConfig config) : config_(config) {
  VIP_ASSERT(config_.patience > Duration::zero() && config_.beat > Duration::zero());
}

bool Charge::is_healthy() const {
  return speaks() || standing_ == Standing::handing || standing_ == Standing::deposed ||
         (standing_ == Standing::taking && stands_by_);
}

Actions Charge::step(TimePoint now, const Event& event) {
  Actions out;
  if (standing_ != Standing::gone) std::visit([&](const auto& what) { on(now, what, out); }, event);
  return out;
}

void Charge::on(TimePoint now, const Started& /*event*/, Actions& out) {
  timers_.set(Timer::test, now + config_.test);
  reach(out);
}

void Charge::on(TimePoint now, const TimerExpired& /*event*/, Actions& out) {
  while (const auto timer = timers_.take_due(now)) expired(now, *timer, out);
}

void Charge::expired(TimePoint now, Timer timer, Actions& out) {
  switch (timer) {
    case Timer::test:
      tested_ = true;
      if (above_) out.emplace_back(Send{.to = *above_, .message = {.word = Word::ask}});
      return;
    case Timer::reach:
      return reach(out);
    case Timer::patience:
      out.emplace_back(Send{.to = *to_, .message = {.word = Word::abort, .handoff = handoff_}});
      return handoff_failed(now, out);
    case Timer::beat:
      return mirror(now, out);
    case Timer::retry:
      return consider(now, out);
    case Timer::count:
      break;
  }
  VIP_ASSERT(false);
}

void Charge::on(TimePoint now, const Terminated& /*event*/, Actions& out) {
  if (terminated_) return;
  terminated_ = true;
  if (standing_ == Standing::handing) return;  // its end is near, either way
  if (standing_ == Standing::in_charge) {
    consider(now, out);
  } else {
    exit(out);
  }
}

void Charge::on(TimePoint now, const NameTaken& /*event*/, Actions& out) {
  VIP_ASSERT(reaching_);
  reaching_ = false;
  hang_ups_ = 0;
  if (lent_) note_failure(now);
  take_charge(now, out);
}

// It may have died, or handed over, this moment.
void Charge::on(TimePoint now, const HungUp& /*event*/, Actions& out) {
  if (++hang_ups_ >= kHangUpsMax) return on(now, Unreachable{}, out);
  reaching_ = false;
  timers_.set(Timer::reach, now + kHungUpAgain);
}

// Somebody has the name and is no sibling of ours, or none that we can prove: whoever it is may be in charge.
void Charge::on(TimePoint now, const Unreachable& /*event*/, Actions& /*out*/) {
  reaching_ = false;
  standing_ = Standing::seeking;
  timers_.set(Timer::reach, now + kReachAgain);
}

void Charge::on(TimePoint now, const Met& event, Actions& out) {
  if (event.incoming) {
    if (!speaks() && standing_ != Standing::handing) {
      out.emplace_back(Close{event.sibling});
      return;
    }
    siblings_[event.sibling] = {.order = event.order, .tested = false, .tried = false, .not_before = now};
    if (standing_ == Standing::in_charge) mirror(now, out);
    return;
  }
  VIP_ASSERT(reaching_);
  reaching_ = false;
  hang_ups_ = 0;
  close_siblings(out);
  above_ = event.sibling;
  above_order_ = event.order;
  stands_by_ = event.order > config_.order;
  standing_ = waiting();
  rank_.reset();
  if (tested_) out.emplace_back(Send{.to = *above_, .message = {.word = Word::ask}});
}

void Charge::on(TimePoint now, const Lost& event, Actions& out) {
  if (above_ == event.sibling) {
    above_.reset();
    // What it handed over last is lost with it, but the name decides who goes on.
    const bool first = standing_ == Standing::taking;
    standing_ = waiting();
    const auto rank = first ? 0 : std::min(rank_.value_or(tested_ ? 0 : kRankUntested), kRankMax);
    if (rank == 0) return reach(out);
    timers_.set(Timer::reach, now + rank * kRankStep);
  } else if (siblings_.erase(event.sibling) > 0 && to_ == event.sibling) {
    handoff_failed(now, out);
  }
}

void Charge::on(TimePoint now, const Heard& event, Actions& out) {
  if (above_ == event.sibling) {
    heard_from_above(now, event.message, out);
  } else if (siblings_.contains(event.sibling)) {
    heard_from_below(now, event.sibling, event.message, out);
  }
}

void Charge::on(TimePoint now, const Changed& /*event*/, Actions& out) {
  if (standing_ == Standing::in_charge) mirror(now, out);
}

void Charge::heard_from_above(TimePoint now, const SiblingMessage& message, Actions& out) {
  switch (message.word) {
    case Word::ready: {
      if (message.sound) {
        standing_ = Standing::taking;
        taken_ = message.handoff;
      }
      const auto answer = message.sound ? Word::commit : Word::abort;
      out.emplace_back(Send{.to = *above_, .message = {.word = answer, .handoff = message.handoff}});
      return;
    }
    case Word::abort:
      if (standing_ == Standing::taking && message.handoff == taken_) standing_ = waiting();
      return;
    case Word::committed:
      trade_places();
      // Without the name in hand it is free, and everybody's.
      return message.sound ? take_charge(now, out) : reach(out);
    case Word::mirror:
      rank_ = message.rank;
      return;
    case Word::ask:
    case Word::commit:
      return;  // said to the one in charge only
  }
}

void Charge::heard_from_below(TimePoint now, SiblingId sibling, const SiblingMessage& message, Actions& out) {
  const bool in_time = standing_ == Standing::handing && to_ == sibling && message.handoff == handoff_;
  switch (message.word) {
    case Word::ask:
      siblings_.at(sibling).tested = true;
      return consider(now, out);
    case Word::commit:
      if (in_time) return hand_over(out);
      out.emplace_back(Send{.to = sibling, .message = {.word = Word::abort, .handoff = message.handoff}});
      return;
    case Word::abort:
      if (in_time) handoff_failed(now, out);
      return;
    case Word::ready:
    case Word::committed:
    case Word::mirror:
      return;  // only the one in charge says these
  }
}

void Charge::reach(Actions& out) {
  timers_.stop(Timer::reach);
  reaching_ = true;
  out.emplace_back(Reach{});
}

void Charge::take_charge(TimePoint now, Actions& out) {
  standing_ = Standing::in_charge;
  stands_by_ = false;
  lent_ = false;
  out.emplace_back(TakeCharge{});
  mirror(now, out);
}

void Charge::trade_places() {
  siblings_[*above_] = {.order = above_order_, .tested = true, .tried = false, .not_before = {}};
  above_.reset();
  standing_ = waiting();
  lent_ = false;
}

void Charge::consider(TimePoint now, Actions& out) {
  if (standing_ != Standing::in_charge) return;
  if (const auto next = successor(now)) return offer(now, *next, out);
  if (terminated_) {
    standing_ = Standing::leaving;
    timers_.stop_all();
    out.emplace_back(LeavePolitely{});
    return;
  }
  std::optional<TimePoint> again;
  for (const auto& [id, sibling] : siblings_) {
    if (!sibling.tested || sibling.order < config_.order) continue;
    const auto when = std::max(sibling.not_before, refuse_until_);
    again = std::min(again.value_or(when), when);
  }
  if (again) timers_.set(Timer::retry, *again);
}

bool Charge::may_succeed(TimePoint now, const Sibling& sibling) const {
  if (refuses(now)) return false;
  if (terminated_) return !sibling.tried;
  return sibling.tested && sibling.order > config_.order && sibling.not_before <= now;
}

std::optional<SiblingId> Charge::successor(TimePoint now) const {
  for (const auto id : heirs()) {
    if (may_succeed(now, siblings_.at(id))) return id;
  }
  return std::nullopt;
}

std::vector<SiblingId> Charge::heirs() const {
  std::vector<SiblingId> heirs;
  heirs.reserve(siblings_.size());
  for (const auto& [id, sibling] : siblings_) heirs.push_back(id);
  std::ranges::sort(heirs, std::greater{}, [this](SiblingId id) {
    const auto& sibling = siblings_.at(id);
    return std::pair(sibling.tested, sibling.order);
  });
  return heirs;
}

void Charge::offer(TimePoint now, SiblingId sibling, Actions& out) {
  standing_ = Standing::handing;
  to_ = sibling;
  ++handoff_;
  siblings_.at(sibling).tried |= terminated_;
  timers_.stop(Timer::beat);
  timers_.stop(Timer::retry);
  timers_.set(Timer::patience, now + config_.patience);
  out.emplace_back(FallSilent{});
  out.emplace_back(Send{.to = sibling, .message = {.word = Word::ready, .handoff = handoff_, .sound = true}});
}

void Charge::hand_over(Actions& out) {
  out.emplace_back(
      Send{.to = *to_, .message = {.word = Word::committed, .handoff = handoff_, .sound = true}});
  out.emplace_back(GiveUpCharge{});
  above_ = to_;
  above_order_ = siblings_.at(*to_).order;
  close_siblings(out, to_);
  to_.reset();
  timers_.stop(Timer::patience);
  standing_ = Standing::deposed;
  stands_by_ = true;
  lent_ = true;
  rank_ = 0;
  if (terminated_) exit(out);
}

void Charge::handoff_failed(TimePoint now, Actions& out) {
  if (const auto failed = siblings_.find(*to_); failed != siblings_.end())
    failed->second.not_before = now + kOfferAgain;
  to_.reset();
  note_failure(now);
  timers_.stop(Timer::patience);
  timers_.set(Timer::beat, now + config_.beat);
  standing_ = Standing::in_charge;
  out.emplace_back(GoOn{});
  consider(now, out);
}

void Charge::note_failure(TimePoint now) {
  if (last_failure_ && now - *last_failure_ > kFailuresApart) failures_ = 0;
  last_failure_ = now;
  if (++failures_ < kFailuresMax) return;
  failures_ = 0;
  refuse_until_ = now + kRefuseFor;
}

void Charge::mirror(TimePoint now, Actions& out) {
  if (siblings_.empty()) return;
  timers_.set(Timer::beat, now + config_.beat);
  std::uint32_t rank = 0;
  for (const auto id : heirs()) {
    out.emplace_back(Send{.to = id, .message = {.word = Word::mirror, .rank = rank++, .sound = true}});
  }
}

void Charge::close_siblings(Actions& out, std::optional<SiblingId> except) {
  for (const auto& [id, sibling] : siblings_) {
    if (id != except) out.emplace_back(Close{id});
  }
  siblings_.clear();
}

void Charge::exit(Actions& out) {
  standing_ = Standing::gone;
  timers_.stop_all();
  out.emplace_back(Exit{});
}

}  // namespace vip::vrrp
