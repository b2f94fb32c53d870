// What one agent shall do, in our own types, whatever dialect it was told in. Data only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/plan/plan.h"
#include "common/settings/listen_place.h"
#include "common/settings/settings.h"
#include "vrrp/core/authentication.h"
#include "vrrp/core/health.h"
#include "vrrp/core/interface_choice.h"
#include "vrrp/core/notification.h"
#include "vrrp/core/router_set.h"

namespace vip::vrrp {

// An address and, where the user gave it one of its own, its interface.
struct PlacedAddress {
  IpPrefix prefix;
  std::string interface;  // empty: the router's
};

// What the protocol needs, and where on the host it is to be.
struct RouterSettings : RouterSetup {
  std::string interface_rule;       // a name, or "auto"
  std::string interface_setting;    // what the user calls it, for messages
  bool interface_is_own = false;    // of this node, else of all of the group
  std::optional<IpAddress> source;  // our address in the packets; else the interface's own
  std::string source_setting;       // what the user calls that
  std::vector<PlacedAddress> addresses;
  bool virtual_mac = false;
  bool accept = true;

  [[nodiscard]] PlacementRule placement() const;
};

struct AuthSettings {
  AuthMode mode = AuthMode::off;
  std::vector<AuthKey> keys;
  std::uint8_t sending_key = 1;
  bool insists = false;            // nobody of the group may be without a key
  std::chrono::seconds window{0};  // 0: packets of any time
};

struct AgentConfig {
  bool managed = false;  // by a plan: what is missing on this host may come, so it is waited for
  std::string group;     // the plan's group, or the name that scripts see ("VI_1")
  std::string node;      // our node id in the plan
  std::string hostname;  // of the node, where the settings say it
  std::uint64_t generation = 0;
  std::string mark_name;  // what our marks on addresses are derived from
  plan::Lease lease;
  AuthSettings auth;
  std::optional<settings::ListenPlace>
      status_place;                          // where the HTTP status is served, beside the local socket
  std::optional<std::uint16_t> status_port;  // hellos come to it
  std::vector<CheckSettings> checks;         // of all routers
  NotifyScripts notify;
  std::string origin;                   // where the settings come from, for the log: "plan", "osixia", ...
  bool detailed_log = false;            // the settings ask for more than the usual log
  std::string status_file;              // where SIGUSR1 writes the status besides the log, if anywhere
  std::vector<RouterSettings> routers;  // empty: stand by in silence
};

[[nodiscard]] AuthMode auth_mode(plan::Auth::Mode mode);

// P23: who listens by its own short interval beside an active router with a longer one would take over. With
// a key it is the most: once all peers have answered a hello, three of our own intervals do. 0 with version
// 2, which says its interval in whole seconds, so that all of a router have the same.
[[nodiscard]] Duration careful_start_wait(const RouterConfig& protocol);

// The texts of the files of plan::secret_files().
using Secrets = std::map<std::string, std::string, std::less<>>;

// From a plan document. A node that is not a member, or a member on standby, stands by: no routers, no error.
// Errors: invalid, for a key that is none; the text is not shown.
[[nodiscard]] Result<AgentConfig> config_from_plan(const plan::Plan& plan, const std::string& node_id,
                                                   const Secrets& secrets);

}  // namespace vip::vrrp
