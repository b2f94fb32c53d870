// The whole picture at one moment: what the Swarm has of each group, what its agents say, who has which
// address, and what became of all that over time. Values only; the page, /status and /metrics show the same
// one, so that they agree. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.h"
#include "common/metrics/takeovers.h"
#include "common/plan/plan.h"
#include "operator/core/agent_report.h"
#include "operator/core/problems.h"
#include "operator/view/rollout.h"
#include "operator/watch/event.h"

namespace vip::swarm {

// A group as one round of questions to its agents found it.
struct GroupRound {
  std::string name;
  std::optional<plan::Plan> plan;  // the deployed one
  GroupReport agents;              // rivals found
  std::vector<Problem> problems;   // without those that agents tell
  Rollout rollout;
};

struct Round {
  TimePoint seen_at;
  WallTime at;
  std::vector<GroupRound> groups;
};

// What is known of who has an address.
enum class Hold : std::uint8_t {
  held,
  none,  // all agents answer, and nobody has it
  several,
  unknown,  // nobody says so, and somebody is silent
};
[[nodiscard]] std::string_view name(Hold hold);

struct AddressView {
  IpAddress address;
  Vrid vrid;
  std::vector<Holder> holders;  // by host name
  Hold hold = Hold::unknown;
  std::optional<WallTime> since;  // how long it has been held, by its holder's clock
};

// Of a group with that name, for as long as it is watched.
struct GroupTally {
  Duration split_brain{};  // several had an address
  Duration ownerless{};    // nobody had an address
  std::uint64_t holder_changes = 0;
  metrics::Takeovers takeovers;
};

struct GroupView {
  GroupRound now;
  std::vector<AddressView> addresses;                  // of the deployed plan, in its order
  std::map<std::string, WallTime, std::less<>> heard;  // by the id of a node that is silent: its last answer
  GroupTally tally;
};

// The events for the receiver.
struct WebhookTally {
  std::uint64_t waiting = 0;
  std::uint64_t lost = 0;
};

struct View {
  TimePoint seen_at;
  WallTime at;
  std::vector<GroupView> groups;
  std::uint64_t serial = 0;             // of the text
  std::string state;                    // groups and history as JSON (state_document.h)
  std::optional<WebhookTally> webhook;  // nothing where there is none
};

// Who has which address of the deployed plan, in its order.
[[nodiscard]] std::vector<AddressView> addresses_of(const GroupRound& group);

}  // namespace vip::swarm
