#include "operator/watcher.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/sys/log.h"
#include "common/sys/posix.h"
#include "operator/core/agent_presence.h"
#include "operator/core/ownership.h"
#include "operator/status/group_agents.h"
#include "operator/watch/sighting.h"

namespace vip::swarm {
namespace {

using std::chrono::milliseconds;

constexpr Duration kBetweenQuestions = std::chrono::seconds(2);
constexpr Duration kBetweenQuestionsWatched = milliseconds(500);
constexpr Duration kBetweenSightings = kBetweenQuestions - milliseconds(250);
constexpr milliseconds kPatience{2'000};
constexpr milliseconds kPatienceWatched{500};

log::Level level_of(const Event& event) {
  const bool is_bad = event.kind == EventKind::no_holder || event.kind == EventKind::several_holders;
  return is_bad ? log::Level::error : log::Level::info;
}

// Problems are in the log and in `status` already.
void log_event(const Event& event) {
  if (event.addresses.empty()) return;
  log::write(level_of(event), name(event.kind), {{"group", event.group}, {"what", text(event)}});
}

Sighting sighting_of(const Round& round) {
  Sighting sighting{.at = round.at, .groups = {}};
  sighting.groups.reserve(round.groups.size());
  for (const auto& group : round.groups) {
    auto& seen =
        sighting.groups.emplace_back(sight(group.agents, group.plan.value_or(plan::Plan{}), group.problems));
    seen.group = group.name;
  }
  return sighting;
}

}  // namespace

Result<std::unique_ptr<Watcher>> Watcher::start(Ears ears, const sys::Wake& news, Board& board) {
  VIP_TRY(auto stop, sys::Wake::create());
  return std::unique_ptr<Watcher>(new Watcher(std::move(ears), news, board, std::move(stop)));
}

Watcher::Watcher(Ears ears, const sys::Wake& news, Board& board, sys::Wake stop)
    : ears_(std::move(ears)), news_(news), board_(board), stop_(std::move(stop)), thread_([this] {
        run();
      }) {}

Watcher::~Watcher() {
  stop_.call();
  board_.watched().call();
  thread_.join();
}

void Watcher::set(WatchOrder order) {
  auto made = std::make_shared<const WatchOrder>(std::move(order));
  const std::scoped_lock lock(mutex_);
  order_.swap(made);
}

std::shared_ptr<const WatchOrder> Watcher::order() const {
  const std::scoped_lock lock(mutex_);
  return order_;
}

KnownHolders Watcher::holders() const {
  const std::scoped_lock lock(mutex_);
  return holders_;
}

void Watcher::run() {
  Spectator spectator{WallTime(sys::wall_clock())};
  for (;;) {
    const auto begin = sys::monotonic_now();
    if (const auto wanted = order()) {
      auto round = look(*wanted);
      if (stop_.is_called()) return;
      const auto events = tell_changes(round, begin);
      auto view = spectator.see(std::move(round), events);
      view.webhook = ears_.tally();
      board_.publish(std::move(view));
    }
    wait_until(begin + kBetweenQuestions);
    if (stop_.is_called()) return;
  }
}

// Somebody may begin to look on in the meantime.
void Watcher::wait_until(TimePoint due) const {
  const auto begin = due - kBetweenQuestions;
  for (;;) {
    const auto now = sys::monotonic_now();
    const auto end = board_.is_watched(now) ? begin + kBetweenQuestionsWatched : due;
    if (now >= end || stop_.is_called()) return;
    board_.watched().wait(end - now);
    (void)board_.watched().take();  // whatever it was about is asked for again
  }
}

std::vector<Event> Watcher::tell_changes(const Round& round, TimePoint begin) {
  // How often something must be seen before it counts does not depend on who looks at a page.
  if (chronicled_ && begin - *chronicled_ < kBetweenSightings) return {};
  chronicled_ = begin;
  auto events = chronicle_.next(sighting_of(round));
  std::ranges::for_each(events, log_event);
  ears_.tell(events);
  auto holders = chronicle_.holders();
  const std::scoped_lock lock(mutex_);
  if (holders != holders_) {
    holders_ = std::move(holders);
    news_.call();
  }
  return events;
}

Round Watcher::look(const WatchOrder& order) const {
  Round round{.seen_at = {}, .at = {}, .groups = {}};
  std::vector<Inquiry> inquiries;
  round.groups.reserve(order.groups.size());
  inquiries.reserve(order.groups.size());
  for (const auto& wanted : order.groups) {
    auto& group = round.groups.emplace_back(GroupRound{.name = wanted.name,
                                                       .plan = {},
                                                       .agents = {},
                                                       .problems = wanted.problems,
                                                       .rollout = wanted.rollout});
    const auto& services = order.observed.services;
    const auto service = std::ranges::find(services, wanted.service_id, &Service::id);
    auto& inquiry = inquiries.emplace_back(Inquiry{.group = wanted.name, .service = nullptr, .nodes = {}});
    if (service == services.end()) continue;
    group.plan = plan_of(order.observed, *service);
    if (!group.plan) continue;
    inquiry.service = &*service;
    inquiry.nodes = agent_nodes(*service, &*group.plan, order.observed);
  }
  const bool is_watched = board_.is_watched(sys::monotonic_now());
  const Waiting waiting{.limit = is_watched ? kPatienceWatched : kPatience, .stop_fd = stop_.fd()};
  auto reports = ask_groups(inquiries, order.observed, waiting);
  for (std::size_t i = 0; i < reports.size(); ++i) round.groups[i].agents = std::move(reports[i]);
  round.seen_at = sys::monotonic_now();
  round.at = WallTime(sys::wall_clock());
  return round;
}

}  // namespace vip::swarm
