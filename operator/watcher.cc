#include "operator/watcher.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "common/sys/log.h"
#include "common/sys/posix.h"
#include "operator/core/agent_presence.h"
#include "operator/core/ownership.h"
#include "operator/status/group_agents.h"
#include "operator/watch/chronicle.h"

namespace vip::swarm {
namespace {

constexpr Duration kBetweenQuestions = std::chrono::seconds(2);

log::Level level_of(const Event& event) {
  const bool is_bad = event.kind == EventKind::no_holder || event.kind == EventKind::several_holders;
  return is_bad ? log::Level::error : log::Level::info;
}

// Problems are in the log and in `status` already.
void log_event(const Event& event) {
  if (event.addresses.empty()) return;
  log::write(level_of(event), name(event.kind), {{"group", event.group}, {"what", text(event)}});
}

}  // namespace

Result<std::unique_ptr<Watcher>> Watcher::start(Tell tell, const sys::Wake& news) {
  VIP_TRY(auto stop, sys::Wake::create());
  return std::unique_ptr<Watcher>(new Watcher(std::move(tell), news, std::move(stop)));
}

Watcher::Watcher(Tell tell, const sys::Wake& news, sys::Wake stop)
    : tell_(std::move(tell)), news_(news), stop_(std::move(stop)), thread_([this] { run(); }) {}

Watcher::~Watcher() {
  stop_.call();
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
  Chronicle chronicle;
  for (;;) {
    const auto begin = sys::monotonic_now();
    if (const auto wanted = order()) {
      const auto sighting = look(*wanted);
      if (stop_.is_called()) return;
      auto events = chronicle.next(sighting);
      std::ranges::for_each(events, log_event);
      tell_(std::move(events));
      auto holders = chronicle.holders();
      const std::scoped_lock lock(mutex_);
      if (holders != holders_) {
        holders_ = std::move(holders);
        news_.call();
      }
    }
    stop_.wait(begin + kBetweenQuestions - sys::monotonic_now());
    if (stop_.is_called()) return;
  }
}

Sighting Watcher::look(const WatchOrder& order) const {
  std::vector<std::optional<plan::Plan>> plans;
  std::vector<Inquiry> inquiries;
  plans.reserve(order.groups.size());
  inquiries.reserve(order.groups.size());
  for (const auto& group : order.groups) {
    const auto& services = order.observed.services;
    const auto service = std::ranges::find(services, group.service_id, &Service::id);
    auto& plan = plans.emplace_back();
    auto& inquiry = inquiries.emplace_back(Inquiry{.group = group.name, .service = nullptr, .nodes = {}});
    if (service == services.end()) continue;
    plan = plan_of(order.observed, *service);
    if (!plan) continue;
    inquiry.service = &*service;
    inquiry.nodes = agent_nodes(*service, &*plan, order.observed);
  }
  const auto reports = ask_groups(inquiries, order.observed, {.stop_fd = stop_.fd()});
  Sighting sighting{.at = WallTime(sys::wall_clock()), .groups = {}};
  sighting.groups.reserve(reports.size());
  for (std::size_t i = 0; i < reports.size(); ++i) {
    auto& group = sighting.groups.emplace_back(
        sight(reports[i], plans[i].value_or(plan::Plan{}), order.groups[i].problems));
    group.group = order.groups[i].name;
  }
  return sighting;
}

}  // namespace vip::swarm
