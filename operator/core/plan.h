// From labels to the plan document of a group: a pure function of the settings and the observed nodes. The
// order of the nodes never matters, and nothing that comes and goes (up or down, drained, leader) counts,
// but between two nodes with one address, of which one is a leftover.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/plan/plan.h"
#include "operator/core/follower.h"
#include "operator/core/model.h"

namespace vip::swarm {

inline constexpr std::string_view kPriorityNodeLabel = "KEEPALIVED_PRIORITY";
inline constexpr std::string_view kInterfaceNodeLabel = "KEEPALIVED_INTERFACE";
inline constexpr std::string_view kAddressNodeLabel = "KEEPALIVED_IP";

// In a group that spreads its addresses: how many of them a node should have beside others, 0 to 100; 0: only
// what nobody else can have.
inline constexpr std::string_view kWeightNodeLabel = "swarm-vip.weight";
inline constexpr unsigned kWeightMax = 100;

// What a person asks for by hand, for as long as the label is there: true on a node that shall have addresses
// only when nobody else can; the names of groups, between commas, on a node that shall have theirs whenever
// it can.
inline constexpr std::string_view kDrainNodeLabel = "swarm-vip.drain";
inline constexpr std::string_view kPreferNodeLabel = "swarm-vip.prefer";

// The group in which a keepalived still speaks for a node: no agent runs there, and the others take the
// keepalived for the member.
inline constexpr std::string_view kKeepalivedNodeLabel = "swarm-vip.keepalived";

inline constexpr Vrid kRouterIdDefault{51};  // keepalived's images have it, too

// What the settings say about one group.
struct GroupSettings {
  std::string name;
  std::string label_key{"keepalived_group"};
  int version = 3;
  std::chrono::milliseconds advert_interval{250};
  bool preempt = true;
  std::chrono::milliseconds preempt_delay{5000};
  std::chrono::milliseconds start_grace{10000};
  bool duplicate_check = true;
  plan::Lease lease;
  std::string interface{plan::kAuto};
  int default_priority = 100;
  unsigned key_rotation = 0;  // of the generated key: another number is another key
  plan::Auth::Mode auth = plan::Auth::Mode::hmac;
  std::optional<std::uint16_t> status_port;  // unset: one that no other group has
  std::vector<CheckSettings> checks;
  NotifyScripts notify;
  std::string follow;  // the name or id of a service: a node without a healthy task of it is put back
  std::vector<IpPrefix> addresses;
  std::optional<Vrid> router_id =
      kRouterIdDefault;  // of the first router; unset: one that no other group has
  bool own_key = false;  // the key comes from the settings
  bool revoke = false;   // changes that would part the members are made at once, not in steps
  bool spread = false;   // each address is a router of its own, and its best node another one, by weight
  friend bool operator==(const GroupSettings&, const GroupSettings&) = default;
};

// The names of the secrets that the settings ask for, whether they are there or to be made.
struct SecretNames {
  std::string key;
  std::string password;
};

// Where an agent finds its plan, whatever the group, and each secret under its name.
inline constexpr std::string_view kPlanPath = "/etc/swarm-vip/plan.json";
inline constexpr std::string_view kSecretFolder = "/run/secrets/";

// Why a member is as it is, for `swarm-vip plan`.
struct MemberNote {
  std::string id;
  std::string hostname;
  int wire = 0;       // its priority
  std::string words;  // how it came to be
};

struct GroupPlan {
  std::optional<plan::Plan> plan;     // nothing when the group has no member
  std::vector<MemberNote> members;    // best first
  std::vector<std::string> warnings;  // one sentence each, naming the node and the label to set
  std::vector<std::string> errors;    // why nothing may be deployed
  std::vector<std::string> later;     // what follows when all have the plan, in words
  bool waits = false;                 // for that, somebody has to do something first; a warning says what
};

// Another group of the Swarm. Its plan is shared: with fifty groups each of them has forty-nine others.
struct OtherGroup {
  std::shared_ptr<const plan::Plan> plan;  // never nothing
  std::optional<WallTime> since;           // nothing: it is about to be deployed
};

// A plan by which agents may act right now.
struct LivingPlan {
  plan::Plan plan;
  std::vector<std::string> nodes;  // their ids; members of it, and not on standby
};

// The plans that are out there already.
struct KnownPlans {
  std::optional<plan::Plan> current;  // of this group: the one its service refers to
  std::optional<plan::Plan> newest;   // of this group: the one with the highest generation
  std::optional<WallTime> since;      // how long the group's service has been there
  std::vector<LivingPlan> alive;      // of this group
  std::vector<OtherGroup> others;     // all other groups

  [[nodiscard]] const plan::Plan* earlier() const;  // the current one, else the newest, or nothing
};

// The agents of two groups may share a node, so each group has a status port of its own, from here upwards.
inline constexpr std::uint16_t kStatusPortFirst = 9112;

// What to deploy now: the plan that the settings and nodes ask for, or a step towards it (transition.h).
// `unserved`: the nodes that are put back because of the service that the group follows.
[[nodiscard]] GroupPlan make_plan(const GroupSettings& settings, const std::vector<Node>& nodes,
                                  const KnownPlans& known, const SecretNames& secrets = {},
                                  const NodeIds& unserved = {});

}  // namespace vip::swarm
