// The environments of keepalived images, each read as that image reads it: one router that speaks on the wire
// as keepalived would with the file that the image generates. What differs from the originals, and why, is in
// packaging/doc/dialects.md.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "common/settings/dialect.h"
#include "common/settings/settings.h"
#include "vrrp/settings/agent_config.h"

namespace vip::vrrp {

// Whether a file is there: scripts and files of their own that people mount into those images.
using FileExists = std::function<bool(const std::string&)>;

// osixia/keepalived, 1.x to 2.1.5 and 2.3.4: unicast, text password, no preemption.
[[nodiscard]] AgentConfig config_from_osixia(const settings::Environment& env, const FileExists& exists,
                                             settings::Findings& findings);

// arcts/keepalived: unicast, text password, preemption; tracks interfaces, and a Kubernetes API server.
[[nodiscard]] AgentConfig config_from_arcts(const settings::Environment& env, const FileExists& exists,
                                            settings::Findings& findings);

// NeoAssist/docker-keepalived: multicast, text password, no preemption; checks a port or runs a script.
[[nodiscard]] AgentConfig config_from_neoassist(const settings::Environment& env, const FileExists& exists,
                                                settings::Findings& findings);

// shawly/docker-keepalived: the same, its variables with a prefix, the password its user's.
[[nodiscard]] AgentConfig config_from_shawly(const settings::Environment& env, const FileExists& exists,
                                             settings::Findings& findings);

// What they read and know; one that ends in '_' stands for all with a number behind. NeoAssist's are shawly's
// without KEEPALIVED_.
[[nodiscard]] std::span<const std::string_view> osixia_names();
[[nodiscard]] std::span<const std::string_view> arcts_names();
[[nodiscard]] std::span<const std::string_view> shawly_names();

// Of the dialect that the environment is of. It being nobody's is a fault.
[[nodiscard]] AgentConfig config_from_environment(const settings::Environment& env, const FileExists& exists,
                                                  settings::Findings& findings);

}  // namespace vip::vrrp
