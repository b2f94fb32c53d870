#include "operator/watch/event.h"

#include <algorithm>

#include "common/base/text.h"

namespace vip::swarm {
namespace {

std::string holder_names(const Event& event) {
  std::vector<std::string> names(event.holders.size());
  std::ranges::transform(event.holders, names.begin(), &Holder::hostname);
  return join(names, " and ");
}

}  // namespace

std::string_view name(EventKind kind) {
  switch (kind) {
    case EventKind::holder:
      return "holder";
    case EventKind::no_holder:
      return "no_holder";
    case EventKind::several_holders:
      return "several_holders";
    case EventKind::problem:
      return "problem";
    case EventKind::problem_over:
      break;
  }
  return "problem_over";
}

std::string text(const Event& event) {
  if (event.kind == EventKind::problem) return "group " + event.group + ": " + event.problem;
  if (event.kind == EventKind::problem_over) return "group " + event.group + ": over: " + event.problem;
  auto words = join(event.addresses, ", ");
  words.append(" (group ").append(event.group).append(event.addresses.size() > 1 ? ") are " : ") is ");
  if (event.kind == EventKind::no_holder) {
    words.append("on no node");
  } else {
    words.append("on ").append(holder_names(event));
  }
  if (event.kind == EventKind::several_holders) return words;
  if (event.kind == EventKind::holder && event.previous == holder_names(event)) return words + " again";
  return event.previous.empty() ? words : words + ", before on " + event.previous;
}

}  // namespace vip::swarm
