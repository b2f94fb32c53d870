#include "operator/settings/registry_file.h"

#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/base64.h"
#include "common/base/text.h"

namespace vip::swarm {
namespace {

using nlohmann::json;

std::optional<std::string> text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

// "user:password" in base64.
std::optional<RegistryLogin> login_of(const std::string& address, const json& entry) {
  const auto auth = entry.is_object() ? text_of(entry, "auth") : std::nullopt;
  const auto pair = auth ? from_base64(*auth) : std::nullopt;
  const auto colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  return RegistryLogin{.registry = registry_host(address),
                       .username = pair->substr(0, colon),
                       .password = pair->substr(colon + 1)};
}

Result<std::vector<RegistryLogin>> read_auths(const json& auths) {
  if (!auths.is_object() || auths.empty())
    return fail(Errc::invalid, "auths is not an object with registries");
  std::vector<RegistryLogin> logins;
  for (const auto& [address, entry] : auths.items()) {
    auto login = login_of(address, entry);
    if (!login) {
      return fail(Errc::invalid, "auths: " + printable(address) +
                                     " has no auth of base64(user:password); one that a credential helper "
                                     "keeps does not travel");
    }
    logins.push_back(*std::move(login));
  }
  return logins;
}

}  // namespace

Result<std::vector<RegistryLogin>> read_registry_file(std::string_view text) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return fail(Errc::invalid, "it is no JSON object");
  if (const auto auths = document.find("auths"); auths != document.end()) return read_auths(*auths);
  const auto username = text_of(document, "username");
  const auto password = text_of(document, "password");
  if (!username || !password || username->empty())
    return fail(Errc::invalid, "it has neither auths nor username and password");
  const auto address = text_of(document, "serveraddress").value_or("");
  return std::vector<RegistryLogin>{
      {.registry = registry_host(address), .username = *username, .password = *password}};
}

}  // namespace vip::swarm
