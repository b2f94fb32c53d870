// The file with the credentials of image registries, in either of two forms of JSON:
//
//   {"auths": {"registry.example.org": {"auth": "<base64 of user:password>"}}}     as `docker login` writes
//   it
//   {"username": "u", "password": "p", "serveraddress": "registry.example.org"}    the address may be missing
#pragma once

#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "operator/core/registry.h"

namespace vip::swarm {

// Errors: invalid, in words without anything of the file's content but names of keys and registries.
[[nodiscard]] Result<std::vector<RegistryLogin>> read_registry_file(std::string_view text);

}  // namespace vip::swarm
