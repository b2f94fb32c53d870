#include "operator/core/holder_labels.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "operator/core/names.h"
#include "operator/core/ownership.h"

namespace vip::swarm {
namespace {

bool is_updated(const Service& service) {
  return label(service.labels, kRoleLabel) == kRoleAgent && service.update != UpdateState::none &&
         service.update != UpdateState::completed && service.update != UpdateState::rollback_completed;
}

class LabelKeeper {
 public:
  LabelKeeper(const std::vector<LabelledGroup>& groups, const Identity& identity, const Observed& observed,
              const KnownHolders& holders)
      : groups_(groups),
        observed_(observed),
        holders_(holders),
        leaves_(!own_service_exists(observed, identity)) {}

  std::vector<Step> steps() {
    for (const auto& node : observed_.nodes) {
      for (const auto& entry : node.labels) {
        if (const auto& key = entry.first; key.starts_with(kHolderLabelPrefix) && is_wrong(node, key))
          change(node, key, std::nullopt, "remove label ");
      }
    }
    for (const auto& group : groups_) {
      const auto* const known = holders_of(group);
      if (known == nullptr) continue;
      const auto key = holder_label_key(group.name);
      for (const auto& node : observed_.nodes) {
        if (known->contains(node.id) && label(node.labels, key) != kHolderLabelValue)
          change(node, key, std::string(kHolderLabelValue), "set label ");
      }
    }
    return std::move(steps_);
  }

 private:
  void change(const Node& node, const std::string& key, std::optional<std::string> value, std::string words) {
    words.append(key).append(" of node ").append(node.hostname.empty() ? node.id : node.hostname);
    steps_.push_back({ChangeLabel{.node = node.id, .key = key, .value = std::move(value)}, std::move(words)});
  }

  // Null where nothing may be concluded.
  [[nodiscard]] const std::set<std::string>* holders_of(const LabelledGroup& group) const {
    const auto found = holders_.find(group.name);
    const bool counts = group.wanted && group.agents != nullptr && !leaves_ && found != holders_.end();
    return counts ? &found->second : nullptr;
  }

  [[nodiscard]] bool is_wrong(const Node& node, std::string_view key) const {
    const auto group = std::ranges::find_if(
        groups_, [&](const LabelledGroup& one) { return holder_label_key(one.name) == key; });
    if (group == groups_.end()) return !leaves_ && !is_served(key, nullptr);
    if (!group->wanted || leaves_) return !is_served(key, group->agents);
    const auto* const known = holders_of(*group);
    return known != nullptr && !known->contains(node.id);
  }

  // Whether agents of the group run, other than ours: then another operator knows better.
  [[nodiscard]] bool is_served(std::string_view key, const Service* ours) const {
    return std::ranges::any_of(observed_.services, [&](const Service& service) {
      return &service != ours && label(service.labels, kRoleLabel) == kRoleAgent &&
             equal_fold(holder_label_key(label(service.labels, kGroupLabel)), key);
    });
  }

  const std::vector<LabelledGroup>& groups_;
  const Observed& observed_;
  const KnownHolders& holders_;
  bool leaves_;  // our own service was removed, so what is ours goes, too
  std::vector<Step> steps_;
};

}  // namespace

std::string holder_label_key(std::string_view group) {
  return std::string(kHolderLabelPrefix) + name_part(group);
}

std::vector<Step> label_steps(const std::vector<LabelledGroup>& groups, const Identity& identity,
                              const Observed& observed, const KnownHolders& holders) {
  if (std::ranges::any_of(observed.services, is_updated)) return {};
  return LabelKeeper(groups, identity, observed, holders).steps();
}

}  // namespace vip::swarm
