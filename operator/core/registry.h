// Which registry an image comes from, and who we are there. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vip::swarm {

// A user of a registry; all of it but the registry is secret.
struct RegistryLogin {
  std::string registry;  // as of registry_host(); empty: whichever the image comes from
  std::string username;
  std::string password;
  friend bool operator==(const RegistryLogin&, const RegistryLogin&) = default;
};

// Docker Hub by all of its names.
inline constexpr std::string_view kDockerHub = "docker.io";

// "registry.example.org:5000" of such an address with or without scheme and path, in lower case;
// "docker.io" of Docker Hub's.
[[nodiscard]] std::string registry_host(std::string_view address);

// The registry of an image's reference; empty for one named by its id alone, which no registry is asked for.
[[nodiscard]] std::string registry_of(std::string_view image);

// Who we are where the image comes from: the login of that registry, else one of any; null: nobody.
[[nodiscard]] const RegistryLogin* login_for(std::string_view image,
                                             const std::vector<RegistryLogin>& logins);

}  // namespace vip::swarm
