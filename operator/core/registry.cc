#include "operator/core/registry.h"

#include <algorithm>
#include <array>

#include "common/base/text.h"

namespace vip::swarm {
namespace {

constexpr std::array<std::string_view, 3> kNamesOfHub{"docker.io", "index.docker.io", "registry-1.docker.io"};

// As Docker tells a registry from a user's name on Docker Hub.
bool is_host(std::string_view part) {
  return part.find_first_of(".:") != std::string_view::npos || part == "localhost" || lower(part) != part;
}

}  // namespace

std::string registry_host(std::string_view address) {
  constexpr std::string_view kScheme = "://";
  if (const auto scheme = address.find(kScheme); scheme != std::string_view::npos)
    address.remove_prefix(scheme + kScheme.size());
  auto host = lower(address.substr(0, address.find('/')));
  const bool is_hub = std::ranges::find(kNamesOfHub, host) != kNamesOfHub.end();
  return is_hub ? std::string(kDockerHub) : host;
}

std::string registry_of(std::string_view image) {
  if (image.starts_with("sha256:")) return {};
  const auto slash = image.find('/');
  const auto first = image.substr(0, slash);
  if (slash == std::string_view::npos || !is_host(first)) return std::string(kDockerHub);
  return registry_host(first);
}

const RegistryLogin* login_for(std::string_view image, const std::vector<RegistryLogin>& logins) {
  const auto registry = registry_of(image);
  const RegistryLogin* of_any = nullptr;
  for (const auto& login : logins) {
    if (login.registry.empty()) of_any = &login;
    if (!login.registry.empty() && login.registry == registry) return &login;
  }
  return of_any;
}

}  // namespace vip::swarm
