#include "operator/core/agent_tasks.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace vip::swarm {

namespace {

bool is_newer(const Task* a, const Task* b) {
  return std::pair(a->created_at, std::string_view(a->id)) >
         std::pair(b->created_at, std::string_view(b->id));
}

}  // namespace

std::vector<const Task*> tasks_newest_first(const Observed& observed, std::string_view service_id,
                                            std::string_view node_id) {
  std::vector<const Task*> tasks;
  for (const auto& task : observed.tasks) {
    if (task.service_id == service_id && task.node_id == node_id) tasks.push_back(&task);
  }
  std::ranges::sort(tasks, is_newer);
  return tasks;
}

std::map<std::string_view, std::vector<const Task*>> tasks_by_node(const Observed& observed,
                                                                   std::string_view service_id) {
  std::map<std::string_view, std::vector<const Task*>> by_node;
  for (const auto& task : observed.tasks) {
    if (task.service_id == service_id) by_node[task.node_id].push_back(&task);
  }
  for (auto& tasks : by_node | std::views::values) std::ranges::sort(tasks, is_newer);
  return by_node;
}

const Task* current_failure(const std::vector<const Task*>& newest_first) {
  for (const Task* task : newest_first) {
    if (task->state == TaskState::failed) return task;
    if (task->state != TaskState::coming) return nullptr;
  }
  return nullptr;
}

}  // namespace vip::swarm
