#include "common/report/explanation.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/text.h"

namespace vip::report {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kActive = "active";
constexpr std::string_view kBackup = "backup";
constexpr std::string_view kFault = "fault";

// What an agent gives as the cause of its state, in words that follow "because".
constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kCauses{{
    {"started", "it has just started"},
    {"owner", "its priority 255 says that the address is its own"},
    {"silence", "nobody was heard for three intervals and its skew"},
    {"active_left", "the one before it left in order"},
    {"preemption", "its priority is higher than that of the one before it"},
    {"higher_priority", "a node with a higher priority is active"},
    {"higher_address", "a node with the same priority and a greater address is active"},
    {"link_down", "its interface went down"},
    {"link_up", "its interface came up"},
    {"address_refused", "the kernel did not take the address"},
    {"address_taken", "another host has the address"},
    {"retry", "it tries again after a fault"},
    {"stalled", "it stood still for longer than its peers wait"},
    {"group", "the other routers of its sync group did the same"},
    {"one_way", "the others do not hear it"},
    {"no_preemption", "two were active after a split, and the other one keeps the address"},
    {"newer_plan", "another node has a newer plan"},
}};

std::string because(const std::string& cause) {
  const auto* const found = std::ranges::find(kCauses, cause, [](const auto& pair) { return pair.first; });
  return found == kCauses.end() ? std::string() : ", because " + std::string(found->second);
}

std::string seconds_text(milliseconds time) {
  // Two digits say enough: the rest is the way of a packet and of the kernel.
  const auto hundredths = (time.count() + 5) / 10;
  auto text = std::to_string(hundredths / 100);
  const auto rest = hundredths % 100;
  if (rest != 0) text += (rest < 10 ? ".0" : ".") + std::to_string(rest);
  if (rest != 0 && text.ends_with('0')) text.pop_back();
  return text + " s";
}

std::string called(const RouterWord& router) {
  return "router " + router.vrid + " (" + router.family + ")";
}

std::string things(const RouterWord& router) {
  return router.addresses.empty() ? std::string("its addresses") : join(router.addresses, ", ");
}

bool same(const RouterWord& a, const RouterWord& b) {
  return a.vrid == b.vrid && a.family == b.family;
}

// One node's word of the router in question.
struct Part {
  const NodeWord* node = nullptr;
  const RouterWord* router = nullptr;  // null: it said nothing
};

std::optional<int> priority_of(const Part& part) {
  return part.router != nullptr && part.router->priority ? part.router->priority : part.node->priority;
}

std::string with_priority(const Part& part) {
  const auto priority = priority_of(part);
  return part.node->name + (priority ? " (priority " + std::to_string(*priority) + ")" : std::string());
}

class Explainer {
 public:
  explicit Explainer(const GroupWord& group) : group_(group) {}

  void tell(const NodeWord& node) {
    if (!node.note.empty()) say(node.name + ": " + node.note + ".");
    if (node.standby) say(node.name + " stands by: it says nothing until all others speak to it.");
    if (!node.silence.empty()) say(node.name + " says nothing of its routers: " + node.silence + ".");
    for (const auto& router : node.routers) tell(Part{.node = &node, .router = &router});
  }

  // What no node can say for itself: nobody, or two.
  void sum_up() {
    for (const auto& router : all_routers()) {
      std::vector<std::string> holders;
      for (const auto& part : parts(*router))
        if (part.router != nullptr && part.router->state == kActive) holders.push_back(part.node->name);
      if (holders.empty())
        say("Nobody who answers is active for " + called(*router) + ": nobody has " + things(*router) + ".");
      if (holders.size() > 1) {
        say(join(holders, " and ") + " are active for " + called(*router) +
            " at once: they do not hear each other; `doctor` on each of them says why.");
      }
    }
  }

  [[nodiscard]] std::vector<std::string> take() && { return std::move(sentences_); }

 private:
  void say(std::string sentence) { sentences_.push_back(std::move(sentence)); }

  [[nodiscard]] std::vector<const RouterWord*> all_routers() const {
    std::vector<const RouterWord*> routers;
    for (const auto& node : group_.nodes) {
      for (const auto& router : node.routers) {
        if (std::ranges::none_of(routers, [&](const auto* known) { return same(*known, router); }))
          routers.push_back(&router);
      }
    }
    return routers;
  }

  [[nodiscard]] std::vector<Part> parts(const RouterWord& router) const {
    std::vector<Part> parts;
    for (const auto& node : group_.nodes) {
      const auto found =
          std::ranges::find_if(node.routers, [&](const auto& other) { return same(other, router); });
      parts.push_back({.node = &node, .router = found == node.routers.end() ? nullptr : &*found});
    }
    return parts;
  }

  // Whose address that is, as far as the group knows.
  [[nodiscard]] Part owner_of(const std::string& address, const RouterWord& router) const {
    for (const auto& part : parts(router)) {
      const bool is_source = part.router != nullptr && part.router->source == address;
      if (is_source || std::ranges::count(part.node->addresses, address) > 0) return part;
    }
    return {};
  }

  void tell(const Part& part) {
    const auto& router = *part.router;
    if (router.state == kActive) return tell_active(part);
    if (router.state == kBackup) return tell_backup(part);
    if (router.state == kFault) {
      auto text = part.node->name + " cannot have " + things(router) + ", " + called(router) +
                  " is in a fault" + since(router) + ": " +
                  (router.reason.empty() ? "its agent does not say why" : router.reason);
      if (!router.remedy.empty()) text += "; " + router.remedy;
      return say(text + ".");
    }
    say(part.node->name + " is not ready for " + called(router) + " yet.");
  }

  static std::string since(const RouterWord& router) {
    return router.since.empty() ? std::string() : " since " + router.since;
  }

  void tell_active(const Part& part) {
    const auto& router = *part.router;
    auto text = with_priority(part) + " is active for " + called(router) + ": it has " + things(router);
    if (!router.interface.empty()) text += " on " + router.interface;
    say(text + since(router) + because(router.cause) + ".");
    if (!router.reason.empty()) {
      say("Something is wrong there: " + router.reason + (router.remedy.empty() ? "" : "; " + router.remedy) +
          ".");
    }
    tell_of_better(part);
    tell_successor(part);
  }

  // A better node that does not take the address.
  void tell_of_better(const Part& part) {
    const auto own = priority_of(part);
    for (const auto& other : parts(*part.router)) {
      const auto theirs = priority_of(other);
      if (other.node == part.node || other.router == nullptr || !own || !theirs || *theirs <= *own) continue;
      if (other.router->state != kBackup) continue;
      say(with_priority(other) + " is better and does not have it: " + why_not_yet(*other.router) + ".");
    }
  }

  static std::string why_not_yet(const RouterWord& router) {
    if (router.preempt && !*router.preempt) return "preemption is off, so it waits until the address is free";
    if (router.preempt_delay.count() > 0) {
      return "it takes the address " + seconds_text(router.preempt_delay) +
             " after it has heard the other one";
    }
    return "it takes the address as soon as it has listened";
  }

  // The best of those that would follow, in the order in which they would.
  [[nodiscard]] std::vector<Part> successors(const Part& holder) const {
    std::vector<Part> found;
    for (const auto& part : parts(*holder.router)) {
      const bool listens = part.router != nullptr ? part.router->state == kBackup
                                                  : is_peer(part, *holder.router) && !part.node->standby;
      if (part.node != holder.node && listens && priority_of(part)) found.push_back(part);
    }
    std::ranges::stable_sort(found, std::ranges::greater{},
                             [](const Part& part) { return *priority_of(part); });
    return found;
  }

  // The agent that speaks has it among its peers, and nobody asked it.
  static bool is_peer(const Part& part, const RouterWord& router) {
    return std::ranges::any_of(part.node->addresses, [&](const auto& address) {
      return std::ranges::count(router.peers, address) > 0;
    });
  }

  void tell_successor(const Part& holder) {
    const auto next = successors(holder);
    if (next.empty())
      return say("If " + holder.node->name + " dies, nobody is known to follow: no other node is a backup.");
    const auto& first = next.front();
    const auto wait = active_down(holder.router->version, *priority_of(first), holder.router->interval);
    auto text = "If " + holder.node->name + " dies, " + with_priority(first) + " follows after about " +
                seconds_text(wait);
    if (next.size() > 1) {
      text += ", then";
      for (std::size_t i = 1; i < next.size(); ++i) text += (i == 1 ? " " : ", ") + with_priority(next[i]);
    }
    say(text + "; if it is stopped or drained, at once.");
  }

  void tell_backup(const Part& part) {
    const auto& router = *part.router;
    auto text = with_priority(part) + " is backup for " + called(router) + since(router);
    if (router.active.empty()) return say(text + ": it listens and has heard no active router yet.");
    const auto holder = owner_of(router.active, router);
    const auto name = holder.node == nullptr ? router.active : with_priority(holder);
    text += ": " + name + " is active";
    const auto own = priority_of(part);
    const auto theirs = holder.node == nullptr ? std::nullopt : priority_of(holder);
    if (own && theirs && *own < *theirs) text += ", whose priority is higher";
    say(text + ".");
    if (own && theirs && *own > *theirs) {
      say(part.node->name + " is better and does not have the address: " + why_not_yet(router) + ".");
      return;
    }
    if (own) {
      say("If it hears nothing more, " + part.node->name + " takes over after about " +
          seconds_text(active_down(router.version, *own, router.interval)) + ".");
    }
  }

  const GroupWord& group_;
  std::vector<std::string> sentences_;
};

}  // namespace

std::chrono::milliseconds active_down(int version, int priority, std::chrono::milliseconds interval) {
  // RFC 3768 counts the skew in parts of a second, RFC 9568 in parts of the interval.
  const auto unit = version == 2 ? milliseconds(1000) : interval;
  return 3 * interval + unit * (256 - priority) / 256;
}

std::vector<std::string> explain(const GroupWord& group, std::string_view node) {
  Explainer explainer(group);
  if (group.nodes.empty()) return {"group " + group.group + " has no node"};
  for (const auto& word : group.nodes)
    if (node.empty() || word.name == node) explainer.tell(word);
  if (node.empty() && group.nodes.size() > 1) explainer.sum_up();
  return std::move(explainer).take();
}

}  // namespace vip::report
