#include "operator/core/secrets.h"

#include <algorithm>
#include <utility>

#include "operator/core/names.h"
#include "operator/core/ownership.h"

namespace vip::swarm {
namespace {

bool refers_to(const Service* service, const std::string& id) {
  return service != nullptr &&
         std::ranges::find(service->spec.secrets, id, &ObjectRef::id) != service->spec.secrets.end();
}

// The name of the secret to use: the one in use, else the one with the highest number, else a new one.
template <typename Usable>
std::string choose(const Observed& observed, const Service* service, std::string_view group,
                   std::string_view role, Usable usable) {
  const Secret* chosen = nullptr;
  unsigned highest = 0;
  const auto rank = [&](const Secret& secret) {
    return std::pair(refers_to(service, secret.id), secret_number(group, role, secret.name));
  };
  for (const auto& secret : observed.secrets) {
    // A foreign secret of such a name takes the number, too.
    highest = std::max(highest, secret_number(group, role, secret.name));
    if (!is_ours(secret.labels, role, group) || !usable(secret)) continue;
    if (chosen == nullptr || rank(secret) > rank(*chosen)) chosen = &secret;
  }
  return chosen != nullptr ? chosen->name : secret_name(group, role, highest + 1);
}

// The first one goes without saying.
std::string rotation_text(unsigned rotation) {
  return rotation == 0 ? "" : std::to_string(rotation);
}

std::string_view name_of(std::string_view file) {
  return file.starts_with(kSecretFolder) ? file.substr(kSecretFolder.size()) : std::string_view();
}

}  // namespace

SecretNames choose_secrets(const GroupSettings& settings, const Service* service, const Observed& observed,
                           const std::set<std::string>& matching) {
  const auto is_known = [&](const Secret& secret) { return matching.contains(secret.id); };
  const auto is_generated = [&](const Secret& secret) {
    return label(secret.labels, kVerifierLabel).empty() &&
           label(secret.labels, kRotationLabel) == rotation_text(settings.key_rotation);
  };
  const auto choose_key = [&](auto usable) {
    return choose(observed, service, settings.name, kRoleKey, usable);
  };
  return {.key = settings.own_key ? choose_key(is_known) : choose_key(is_generated),
          .password = choose(observed, service, settings.name, kRolePassword, is_known)};
}

bool is_secret_of(std::string_view group, std::string_view file) {
  const auto name = name_of(file);
  return secret_number(group, kRoleKey, name) > 0 || secret_number(group, kRolePassword, name) > 0;
}

std::vector<SecretSpec> secrets_of(const GroupSettings& settings, const plan::Plan& plan) {
  std::vector<SecretSpec> secrets;
  for (const auto& file : plan::secret_files(plan)) {
    SecretSpec secret{.name = std::string(name_of(file)), .labels = {}};
    const bool is_password = secret_number(settings.name, kRolePassword, secret.name) > 0;
    secret.labels.emplace(kRoleLabel, is_password ? kRolePassword : kRoleKey);
    if (is_password) {
      secret.content = SecretContent::password;
    } else if (settings.own_key) {
      secret.content = SecretContent::own_key;
    } else if (settings.key_rotation != 0) {
      secret.labels.emplace(kRotationLabel, rotation_text(settings.key_rotation));
    }
    secrets.push_back(std::move(secret));
  }
  return secrets;
}

}  // namespace vip::swarm
