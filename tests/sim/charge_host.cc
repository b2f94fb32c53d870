#include "tests/sim/charge_host.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "common/base/assert.h"

namespace vip::vrrp::sim {

using namespace std::chrono_literals;

ChargeHost::ChargeHost(Seed seed, HostOptions options) : rng_(seed), options_(options) {}

ProcessId ChargeHost::start(bool can_read_states) {
  const ProcessId id = processes_.size();
  auto& process = processes_.emplace_back();
  process.order = {.started = now_, .nonce = rng_.next()};
  process.charge.emplace(ChargeConfig{.order = process.order});
  process.can_read_states = can_read_states;
  process.signals.emplace_back(charge::Started{});
  judge();
  return id;
}

void ChargeHost::terminate(ProcessId process) {
  processes_.at(process).terminated = true;
  processes_.at(process).signals.emplace_back(charge::Terminated{});
  judge();
}

void ChargeHost::freeze(ProcessId process) {
  processes_.at(process).frozen = true;
  judge();
}

void ChargeHost::thaw(ProcessId process) {
  processes_.at(process).frozen = false;
  judge();
}

void ChargeHost::squat(bool on) {
  if (!on) {
    drop_name(squatter_);
  } else if (!name_in_use()) {
    squatter_ = listeners_.size();
    listeners_.emplace_back().references = 1;
  }
  judge();
}

// Its descriptors close one after the other, in whatever order: the name may outlive the connections.
void ChargeHost::crash(ProcessId process) {
  auto& dying = processes_.at(process);
  if (!dying.alive) return;
  dying.alive = false;
  dying.speaks = false;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    for (std::size_t end = 0; end < 2; ++end) {
      auto& line = connections_[i].ends[end];
      if (line.owner == process && line.open) close_line(i, end);
    }
  }
  if (dying.name) dying.ends_at = now_ + rng_.between(0ns, 1ms);
  judge();
}

std::vector<ProcessId> ChargeHost::living() const {
  std::vector<ProcessId> living;
  for (ProcessId i = 0; i < processes_.size(); ++i) {
    if (processes_[i].alive) living.push_back(i);
  }
  return living;
}

std::optional<ProcessId> ChargeHost::in_charge() const {
  for (ProcessId i = 0; i < processes_.size(); ++i) {
    if (processes_[i].alive && processes_[i].speaks) return i;
  }
  return std::nullopt;
}

Duration ChargeHost::delay() {
  if (options_.slow_one_in > 0 && rng_.one_in(options_.slow_one_in)) return rng_.between(1ms, 200ms);
  return rng_.between(options_.delay_min, options_.delay_max);
}

// --- the kernel -------------------------------------------------------------------------------------------

std::optional<std::size_t> ChargeHost::name_in_use() const {
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i].references > 0) return i;
  }
  return std::nullopt;
}

void ChargeHost::drop_name(std::optional<std::size_t>& name) {
  if (!name) return;
  auto& listener = listeners_.at(*std::exchange(name, std::nullopt));
  VIP_ASSERT(listener.references > 0);
  if (--listener.references > 0) return;
  for (const auto connection : std::exchange(listener.backlog, {})) close_line(connection, 1);
}

void ChargeHost::send(std::size_t connection, std::size_t from, Item item) {
  auto& there = connections_.at(connection).ends[1 - from];
  if (!there.open) return drop_name(item.name);
  item.due = now_ + delay();
  if (!there.queue.empty()) item.due = std::max(item.due, there.queue.back().due);
  there.queue.push_back(item);
}

void ChargeHost::close_line(std::size_t connection, std::size_t end) {
  auto& line = connections_.at(connection).ends[end];
  line.open = false;
  for (auto& item : std::exchange(line.queue, {})) drop_name(item.name);
  send(connection, end, {.kind = Item::Kind::end});
}

// --- time -------------------------------------------------------------------------------------------------

std::optional<TimePoint> ChargeHost::next_due(ProcessId process) const {
  const auto& runner = processes_.at(process);
  std::optional<TimePoint> due = runner.ends_at;
  const auto consider = [&](TimePoint when) { due = std::min(due.value_or(when), when); };
  if (!runner.alive || runner.frozen) return runner.alive ? std::nullopt : due;
  if (!runner.signals.empty()) consider(now_);
  if (runner.name && !listeners_.at(*runner.name).backlog.empty()) consider(now_);
  if (const auto deadline = runner.charge->next_deadline()) consider(deadline->when);
  for (const auto& connection : connections_) {
    for (const auto& line : connection.ends) {
      if (line.owner == process && line.open && !line.queue.empty()) consider(line.queue.front().due);
    }
  }
  return due;
}

bool ChargeHost::advance(TimePoint end) {
  std::optional<std::pair<TimePoint, ProcessId>> next;
  for (ProcessId i = 0; i < processes_.size(); ++i) {
    const auto due = next_due(i);
    if (due && (!next || *due < next->first)) next.emplace(*due, i);
  }
  if (!next || next->first > end) {
    now_ = end;
    judge();
    return false;
  }
  now_ = std::max(now_, next->first);
  run(next->second);
  judge();
  return true;
}

// One thing that is due, whichever: no order among a process's own inputs is relied on.
void ChargeHost::run(ProcessId process) {
  auto& runner = processes_.at(process);
  if (runner.ends_at && *runner.ends_at <= now_) {
    runner.ends_at.reset();
    if (runner.alive) crash(process);
    return drop_name(runner.name);
  }
  if (runner.speaks) runner.state = ++spoken_;
  const auto deadline = runner.charge->next_deadline();
  const bool due = deadline && deadline->when <= now_;
  if (due && rng_.one_in(2)) return feed(process, charge::TimerExpired{});
  if (!runner.signals.empty()) {
    const auto signal = runner.signals.front();
    runner.signals.pop_front();
    return feed(process, signal);
  }
  if (runner.name && !listeners_.at(*runner.name).backlog.empty()) return accept(process);
  if (run_line(process)) return;
  if (due) feed(process, charge::TimerExpired{});
}

bool ChargeHost::run_line(ProcessId process) {
  std::vector<std::pair<std::size_t, std::size_t>> ready;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    for (std::size_t end = 0; end < 2; ++end) {
      const auto& line = connections_[i].ends[end];
      const bool due =
          line.owner == process && line.open && !line.queue.empty() && line.queue.front().due <= now_;
      if (due) ready.emplace_back(i, end);
    }
  }
  if (ready.empty()) return false;
  const auto [connection, end] = ready.at(rng_.below(ready.size()));
  deliver(process, connection, end);
  return true;
}

void ChargeHost::accept(ProcessId process) {
  auto& backlog = listeners_.at(*processes_.at(process).name).backlog;
  const auto connection = backlog.front();
  backlog.pop_front();
  auto& line = connections_.at(connection).ends[1];
  line.owner = process;
  send(connection, 1, {.kind = Item::Kind::hello, .order = processes_.at(process).order});
}

void ChargeHost::deliver(ProcessId process, std::size_t connection, std::size_t end) {
  auto& line = connections_.at(connection).ends[end];
  auto item = line.queue.front();
  line.queue.pop_front();
  auto& receiver = processes_.at(process);
  switch (item.kind) {
    case Item::Kind::hello:
      line.met = true;
      line.id = SiblingId{next_id_++};
      return feed(process, charge::Met{.sibling = line.id, .order = item.order, .incoming = line.incoming});
    case Item::Kind::end: {
      const bool met = line.met;
      const auto id = line.id;
      const bool incoming = line.incoming;
      close_line(connection, end);
      if (met) return feed(process, charge::Lost{id});
      if (!incoming) feed(process, charge::HungUp{});
      return;
    }
    case Item::Kind::message:
      break;
  }
  auto message = item.message;
  if (message.word == Word::ready || message.word == Word::mirror) {
    message.sound = receiver.can_read_states;
    if (message.sound) receiver.remembered = item.state;
  }
  if (message.word == Word::committed) {
    if (item.name && options_.name_lost_one_in > 0 && rng_.one_in(options_.name_lost_one_in))
      drop_name(item.name);
    message.sound = item.name.has_value();
    if (item.name) {
      drop_name(receiver.name);
      receiver.name = item.name;
      if (receiver.remembered != spoken_) violation_ = "a state was lost on the way";
    }
    ++handoffs_;
  }
  feed(process, charge::Heard{.sibling = line.id, .message = message});
}

// --- a process --------------------------------------------------------------------------------------------

void ChargeHost::feed(ProcessId process, const charge::Event& event) {
  const auto actions = processes_.at(process).charge->step(now_, event);
  for (const auto& action : actions) {
    std::visit([&](const auto& what) { carry_out(process, what); }, action);
  }
}

void ChargeHost::carry_out(ProcessId process, const charge::Reach& /*action*/) {
  auto& reacher = processes_.at(process);
  const auto taken = name_in_use();
  if (!taken || options_.flaw == Flaw::name_for_everybody) {
    drop_name(reacher.name);
    reacher.name = listeners_.size();
    listeners_.emplace_back().references = 1;
    reacher.signals.emplace_front(charge::NameTaken{});
    return;
  }
  if (taken == squatter_) {
    reacher.signals.emplace_back(charge::Unreachable{});
    return;
  }
  auto& connection = connections_.emplace_back();
  const auto number = connections_.size() - 1;
  connection.ends[0].owner = process;
  connection.ends[1].owner = SIZE_MAX;  // until somebody accepts
  connection.ends[1].incoming = true;
  listeners_.at(*taken).backlog.push_back(number);
  send(number, 0, {.kind = Item::Kind::hello, .order = reacher.order});
}

void ChargeHost::carry_out(ProcessId process, const charge::Send& action) {
  auto& sender = processes_.at(process);
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    for (std::size_t end = 0; end < 2; ++end) {
      const auto& line = connections_[i].ends[end];
      if (line.owner != process || !line.open || !line.met || line.id != action.to) continue;
      Item item{.kind = Item::Kind::message, .message = action.message};
      item.state = sender.speaks ? sender.state : sender.remembered;
      if (action.message.word == Word::committed && !options_.names_travel) drop_name(sender.name);
      if (action.message.word == Word::committed) {
        item.name = sender.name;
        if (item.name) ++listeners_.at(*item.name).references;
      }
      if (action.message.word == Word::commit && options_.flaw == Flaw::speaks_when_ready)
        sender.speaks = true;
      return send(i, end, item);
    }
  }
}

void ChargeHost::carry_out(ProcessId process, const charge::Close& action) {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    for (std::size_t end = 0; end < 2; ++end) {
      const auto& line = connections_[i].ends[end];
      if (line.owner == process && line.open && line.met && line.id == action.sibling) close_line(i, end);
    }
  }
}

void ChargeHost::carry_out(ProcessId process, const charge::FallSilent& /*action*/) {
  auto& speaker = processes_.at(process);
  speaker.remembered = speaker.state;
  speaker.speaks = false;
}

void ChargeHost::carry_out(ProcessId process, const charge::GoOn& /*action*/) {
  processes_.at(process).speaks = true;
}

void ChargeHost::carry_out(ProcessId process, const charge::TakeCharge& /*action*/) {
  auto& speaker = processes_.at(process);
  speaker.speaks = true;
  speaker.state = ++spoken_;
}

void ChargeHost::carry_out(ProcessId process, const charge::GiveUpCharge& /*action*/) {
  auto& former = processes_.at(process);
  former.speaks = options_.flaw == Flaw::speaks_when_deposed;
  drop_name(former.name);
  for (std::size_t i = 0; i < connections_.size(); ++i) {  // those that had not proved themselves yet
    const auto& line = connections_[i].ends[1];
    if (line.owner == process && line.open && !line.met) close_line(i, 1);
  }
}

void ChargeHost::carry_out(ProcessId process, const charge::LeavePolitely& /*action*/) {
  processes_.at(process).ends_at = now_ + rng_.between(1ms, options_.leave_max);
}

void ChargeHost::carry_out(ProcessId process, const charge::Exit& /*action*/) {
  crash(process);
}

// --- the judge --------------------------------------------------------------------------------------------

// Nobody can be in charge: a frozen process has the name, is about to get it or is waited for, or the name is
// a stranger's.
bool ChargeHost::is_excused() const {
  if (squatter_) return true;
  bool anybody = false;
  for (const auto& process : processes_) {
    if (process.alive && process.frozen && process.name) return true;
    anybody |= process.alive && !process.frozen && !process.terminated;
  }
  for (const auto& connection : connections_) {
    for (const auto& [near, far] : {std::tie(connection.ends[0], connection.ends[1]),
                                    std::tie(connection.ends[1], connection.ends[0])}) {
      if (!near.open || near.owner == SIZE_MAX || far.owner == SIZE_MAX) continue;
      if (!processes_.at(near.owner).frozen) continue;
      const auto gives_charge = [](const Item& item) { return item.message.word == Word::committed; };
      if (std::ranges::any_of(near.queue, gives_charge)) return true;
      // It was given the charge and did not get the name; whoever gave it waits for it.
      const auto& other = processes_.at(far.owner);
      if (other.alive && far.open && far.met && other.charge->above() == far.id) return true;
    }
  }
  return !anybody;
}

void ChargeHost::judge() {
  std::size_t speakers = 0;
  bool lively = false;
  for (const auto& process : processes_) {
    if (!process.alive) continue;
    speakers += process.speaks ? 1U : 0U;
    lively |= process.speaks && !process.frozen;
    if (options_.flaw == Flaw::none && process.speaks != process.charge->speaks() && !violation_)
      violation_ = "a process acts against its standing";
    if (process.speaks && process.charge->standing() == Standing::deposed && !violation_)
      violation_ = "a deposed one speaks";
  }
  if (speakers > 1 && !violation_) violation_ = std::to_string(speakers) + " in charge at once";
  const auto measure = [this](bool on, std::optional<TimePoint>& since, Duration& longest) {
    if (on && !since) since = now_;
    if (since) longest = std::max(longest, now_ - *since);
    if (!on) since.reset();
  };
  const bool handing = std::ranges::any_of(processes_, [](const Process& process) {
    return process.alive && !process.frozen && process.charge->standing() == Standing::handing;
  });
  measure(handing, silent_since_, longest_silence_);
  measure(!lively && !handing && !is_excused(), vacant_since_, longest_vacancy_);
}

}  // namespace vip::vrrp::sim
