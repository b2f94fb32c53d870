#include "operator/core/agent_tasks.h"

#include <algorithm>
#include <utility>

namespace vip::swarm {

std::vector<const Task*> tasks_newest_first(const Observed& observed, std::string_view service_id,
                                            std::string_view node_id) {
  std::vector<const Task*> tasks;
  for (const auto& task : observed.tasks) {
    if (task.service_id == service_id && task.node_id == node_id) tasks.push_back(&task);
  }
  std::ranges::sort(tasks, [](const Task* a, const Task* b) {
    return std::pair(a->created_at, std::string_view(a->id)) >
           std::pair(b->created_at, std::string_view(b->id));
  });
  return tasks;
}

const Task* current_failure(const std::vector<const Task*>& newest_first) {
  for (const Task* task : newest_first) {
    if (task->state == TaskState::failed) return task;
    if (task->state != TaskState::coming) return nullptr;
  }
  return nullptr;
}

}  // namespace vip::swarm
