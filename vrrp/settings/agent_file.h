// The agent's own settings file (--config, SWARM_VIP_CONFIG): all that an agent can do without a plan, as
// JSON with comments. packaging/agent.schema.json describes it, and packaging/doc/agent-file.md explains it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "common/settings/settings.h"
#include "vrrp/settings/agent_config.h"

namespace vip::vrrp {

// The objects of the file, and the keys that each may have.
enum class FileObject : std::uint8_t { top, auth, router, check, notify };
[[nodiscard]] std::span<const std::string_view> keys_of(FileObject object);

// A file's text, for secrets. Errors name the file.
using ReadFile = std::function<Result<std::string>(const std::string&)>;

// From the text of the file called `path`. SWARM_VIP_LEASE of the environment counts more. Every fault is
// said, with its place in the file; secrets are not.
[[nodiscard]] AgentConfig config_from_file(std::string_view text, const std::string& path,
                                           const ReadFile& read_file, const settings::Environment& env,
                                           settings::Findings& findings);

}  // namespace vip::vrrp
