#include "operator/core/priorities.h"

#include <algorithm>
#include <ranges>

#include "common/base/assert.h"

namespace vip::swarm {
namespace {

// Wide enough that skew times of neighbours differ clearly, narrow enough to leave room for labels.
constexpr int kStepMax = 8;

// Members with the same label.
struct Class {
  int label = 0;
  int count = 0;
};

std::vector<Class> classes_of(const std::vector<int>& labels) {
  std::vector<Class> classes;
  for (const int label : labels) {
    VIP_ASSERT(label >= kPriorityMin && label <= kPriorityMax);
    VIP_ASSERT(classes.empty() || label <= classes.back().label);
    if (classes.empty() || classes.back().label != label) classes.push_back({.label = label, .count = 0});
    ++classes.back().count;
  }
  return classes;
}

// The highest value a class may take below `above`: a lone neighbour keeps its label, two spread classes
// share the gap.
int ceiling(const Class& own, const Class& above) {
  if (above.count == 1) return above.label - 1;
  return own.label + (above.label - own.label - 1) / 2;
}

int floor(const Class& own, const Class& below) {
  if (below.count == 1) return below.label + 1;
  return own.label - (own.label - below.label) / 2;
}

void append_spread(const Class& own, int lowest, int highest, std::vector<int>& values) {
  const int gaps = own.count - 1;
  const int step = gaps == 0 ? 0 : std::clamp((highest - lowest) / gaps, 1, kStepMax);
  const int span = step * gaps;
  const int top_min = std::min(lowest + span, highest);
  const int top = std::clamp(own.label + span / 2, top_min, highest);
  for (int i = 0; i < own.count; ++i) values.push_back(top - i * step);
}

// Where a window was too small for its class, neighbours give way.
void make_strictly_descending(std::vector<int>& values) {
  int bound = kPriorityMax;
  for (int& value : values) {
    value = std::min(value, bound);
    bound = value - 1;
  }
  bound = kPriorityMin;
  for (int& value : values | std::views::reverse) {
    value = std::max(value, bound);
    bound = value + 1;
  }
}

}  // namespace

std::vector<int> wire_priorities(const std::vector<int>& labels) {
  VIP_ASSERT(labels.size() <= kMembersMax);
  const auto classes = classes_of(labels);
  std::vector<int> values;
  values.reserve(labels.size());
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const int highest = i == 0 ? kPriorityMax : ceiling(classes[i], classes[i - 1]);
    const int lowest = i + 1 == classes.size() ? kPriorityMin : floor(classes[i], classes[i + 1]);
    append_spread(classes[i], lowest, highest, values);
  }
  make_strictly_descending(values);
  return values;
}

std::vector<int> with_standings(const std::vector<int>& wire, const std::vector<Standing>& standings) {
  VIP_ASSERT(wire.size() == standings.size());
  std::vector<std::size_t> order;  // best first
  std::vector<int> values;
  for (const auto kind :
       {Standing::first_choice, Standing::usual, Standing::unserved, Standing::last_resort}) {
    for (std::size_t i = 0; i < wire.size(); ++i) {
      if (standings[i] != kind) continue;
      order.push_back(i);
      values.push_back(kind == Standing::first_choice ? kPriorityMax
                       : kind == Standing::usual      ? wire[i]
                                                      : kPriorityMin);
    }
  }
  make_strictly_descending(values);
  std::vector<int> answer(wire.size());
  for (std::size_t place = 0; place < order.size(); ++place) answer[order[place]] = values[place];
  return answer;
}

}  // namespace vip::swarm
