#include "operator/settings/operator_settings.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "common/base/text.h"
#include "operator/settings/page_reader.h"
#include "operator/settings/registry_file.h"
#include "operator/settings/setting_names.h"
#include "operator/settings/settings_file.h"
#include "operator/settings/webhook_reader.h"

namespace vip::swarm {
namespace {

using settings::Environment;
using settings::Findings;
using std::chrono::milliseconds;

// osixia's defaults for what has no meaning here, and what has. Files that spell the defaults out deserve no
// warning.
struct Ignored {
  std::string_view name;
  std::string_view value;
  std::string_view instead;
};
constexpr std::array<Ignored, 4> kIgnored{{
    {.name = "KEEPALIVED_STATE",
     .value = "BACKUP",
     .instead = "agents start as backups, and the label KEEPALIVED_PRIORITY decides"},
    {.name = "KEEPALIVED_COMMAND_LINE_ARGUMENTS",
     .value = "--log-detail --dump-conf",
     .instead = "keepalived's own; SWARM_VIP_LOG_LEVEL=debug says more"},
    {.name = "KEEPALIVED_IP", .value = "", .instead = "each node's label KEEPALIVED_IP says it"},
    {.name = "KEEPALIVED_UNICAST_PEERS", .value = "", .instead = "the group's nodes are the peers"},
}};

constexpr std::string_view kGroup = "KEEPALIVED_GROUP";
constexpr std::string_view kAddresses = "KEEPALIVED_VIRTUAL_IPS";
constexpr std::string_view kRouterId = "KEEPALIVED_ROUTER_ID";
constexpr std::string_view kPort = "SWARM_VIP_STATUS_PORT";
constexpr std::string_view kConfig = "SWARM_VIP_CONFIG";
// What no two groups can have from one variable.
constexpr auto kOfOneGroup = std::to_array<std::string_view>({kAddresses, kPort});

// Of an environment, what is about groups, or about any number of them.
Environment of_groups(const Environment& env, bool of_many) {
  Environment part;
  for (const auto& name : setting_names()) {
    const bool counts = !of_many || std::ranges::find(kOfOneGroup, name.variable) == kOfOneGroup.end();
    if (name.scope == Scope::group && counts && env.has(name.variable))
      part.set(name.variable, env.text(name.variable), env.called(name.variable));
  }
  return part;
}

class SettingsReader {
 public:
  SettingsReader(const Environment& env, const FileReader& read_file, Findings& findings)
      : env_(env), read_file_(read_file), findings_(findings) {}

  OperatorSettings read() {
    warn_of_unknown_names(env_, findings_);
    for (const auto& [name, value, instead] : kIgnored) {
      if (env_.has(name) && env_.text(name) != value)
        findings_.warning(std::string(name) + ": has no meaning here, ignoring: " + std::string(instead));
    }
    const auto file = read_file();
    for (const auto& group : layered(file))
      settings_.groups.push_back(read_group(group, read_file_, findings_));
    compare_groups();
    std::ranges::sort(settings_.groups, {}, [](const ConfiguredGroup& g) { return g.settings.name; });
    of_program(env_.over(file.program));
    return std::move(settings_);
  }

 private:
  SettingsFile read_file() {
    const auto path = env_.text(kConfig);
    if (path.empty()) return {};
    const auto text = read_file_(path);
    if (!text) {
      findings_.error(std::string(kConfig) + ": " + text.error().context);
      return {};
    }
    auto file = read_settings_file(*text, path, findings_);
    if (file.groups.empty() && findings_.ok() && !env_.has(kGroup))
      findings_.error(path + ": groups: none; at least one, or " + std::string(kGroup));
    return file;
  }

  // Each group with all that is said about it.
  std::vector<Environment> layered(const SettingsFile& file) {
    const auto own = env_.text(kGroup);
    const bool of_many = own.empty() && file.groups.size() > 1;
    const auto variables = of_groups(env_, of_many);
    if (of_many) refuse_shared();
    std::vector<Environment> groups;
    bool found = false;
    for (const auto& group : file.groups) {
      const bool is_own = !own.empty() && equal_fold(group.text(kGroup), own);
      const auto said = is_own || own.empty() ? variables.over(group) : group;
      groups.push_back(with_id(said.over(file.defaults)));
      found = found || is_own;
    }
    const bool fileless = !env_.has(kConfig);
    if (fileless || (!own.empty() && !found)) groups.push_back(variables.over(file.defaults));
    return groups;
  }

  // Several groups may share nodes, so that each needs an id of its own unless somebody says otherwise.
  static Environment with_id(Environment group) {
    if (!group.has(kRouterId)) group.set(kRouterId, std::string(plan::kAuto), std::string(kRouterId));
    return group;
  }

  void refuse_shared() {
    for (const auto name : kOfOneGroup) {
      if (!env_.has(name)) continue;
      findings_.error(std::string(name) + ": several groups cannot share it; " + std::string(kGroup) +
                      " says whose it is");
    }
  }

  void compare_groups() {
    std::map<std::string, std::string> names;
    std::map<IpAddress, std::string> owners;
    std::map<std::uint16_t, std::string> ports;
    for (const auto& configured : settings_.groups) {
      const auto& group = configured.settings;
      if (!names.emplace(lower(group.name), group.name).second)
        findings_.error("group " + group.name + " stands twice; a group's name is one, in whatever case");
      for (const auto& prefix : group.addresses) {
        const auto [owner, is_new] = owners.emplace(prefix.address, group.name);
        if (is_new) continue;
        findings_.error("groups " + owner->second + " and " + group.name + " both have the address " +
                        prefix.address.text() + "; an address belongs to one group");
      }
      if (!group.status_port) continue;
      const auto [owner, is_new] = ports.emplace(*group.status_port, group.name);
      if (is_new) continue;
      findings_.error("groups " + owner->second + " and " + group.name + " both have the status port " +
                      std::to_string(*group.status_port) + "; their agents may share a node");
    }
  }

  void of_program(const Environment& env) {
    image(env);
    registries(env);
    settings_.webhook = read_webhook(env, read_file_, findings_);
    settings_.resync = settings::duration(
        env, "SWARM_VIP_RESYNC", {milliseconds(1000), milliseconds(3'600'000)}, settings_.resync, findings_);
    if (settings::flag(env, "SWARM_VIP_BESIDE_KEEPALIVED", false, findings_))
      settings_.beside = Beside::tolerate;
    settings_.dry_run = settings::flag(env, "SWARM_VIP_DRY_RUN", false, findings_);
    settings_.page =
        read_page(env, read_file_, settings_.dry_run ? PageDefault::off : PageDefault::loopback, findings_);
    constexpr std::string_view kLevel = "SWARM_VIP_LOG_LEVEL";
    constexpr std::string_view kFormat = "SWARM_VIP_LOG_FORMAT";
    constexpr std::string_view kRealtime = "SWARM_VIP_REALTIME";
    if (const auto text = env.text(kLevel); !text.empty()) {
      const auto level = log::parse_level(text);
      if (!level) findings_.refuse(env.called(kLevel), text, "trace, debug, info, warning or error");
      settings_.log_level = level.value_or(settings_.log_level);
    }
    if (const auto text = env.text(kFormat); !text.empty()) {
      const auto format = log::parse_format(text);
      if (!format) findings_.refuse(env.called(kFormat), text, "text or json");
      settings_.log_format = format.value_or(settings_.log_format);
    }
    if (const auto text = env.text(kRealtime);
        !text.empty() && !equal_fold(text, "auto") && !equal_fold(text, "off"))
      findings_.refuse(env.called(kRealtime), text, "auto or off");
    for (const auto name : {kLevel, kFormat, kRealtime}) {
      if (env.has(name)) settings_.agent_environment.push_back(std::string(name) + "=" + env.text(name));
    }
  }

  void image(const Environment& env) {
    settings_.image = env.text("SWARM_VIP_IMAGE");
    const auto theirs = env.text("KEEPALIVED_IMAGE");
    if (theirs.empty() || !settings_.image.empty()) return;
    const bool keepalived =
        theirs.find("keepalived") != std::string::npos && theirs.find("swarm-vip") == std::string::npos;
    if (keepalived) {
      findings_.warning("KEEPALIVED_IMAGE: '" + theirs +
                        "' is a keepalived image, ignoring; agents run our own image");
    } else {
      settings_.image = theirs;
    }
  }

  void registries(const Environment& env) {
    constexpr std::string_view kFile = "SWARM_VIP_REGISTRY_AUTH_FILE";
    const auto path = env.text(kFile);
    if (path.empty()) return;
    const auto text = read_file_(path);
    if (!text) {
      findings_.error(env.called(kFile) + ": " + text.error().context);
      return;
    }
    auto logins = read_registry_file(*text);
    if (logins) {
      settings_.logins = *std::move(logins);
    } else {
      findings_.refuse(env.called(kFile), path,
                       R"(a file such as `docker login` writes ({"auths": ...}), or with username, password )"
                       "and serveraddress: " +
                           logins.error().context);
    }
  }

  const Environment& env_;
  const FileReader& read_file_;
  Findings& findings_;
  OperatorSettings settings_;
};

}  // namespace

OperatorSettings read_operator_settings(const Environment& env, const FileReader& read_file,
                                        Findings& findings) {
  return SettingsReader(env, read_file, findings).read();
}

}  // namespace vip::swarm
