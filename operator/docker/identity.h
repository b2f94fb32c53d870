// Who we are: found through our own container, so that nobody has to tell us.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "operator/core/model.h"
#include "operator/docker/swarm_api.h"

namespace vip::swarm {

// The id of the container whose mounts these are (the text of /proc/self/mountinfo), if it is one of
// Docker's.
[[nodiscard]] std::optional<std::string> container_id(std::string_view mountinfo);

// All fields empty outside a container of this engine. The image is named so that every node runs exactly
// the bytes that run here and asks no registry for them again: by digest, else by image id. Where the
// engine's guard forbids to look at containers or images, the Swarm's task of this container tells who we
// are, but not always the image, which is empty then.
[[nodiscard]] Result<Identity> find_identity(SwarmApi& api);

}  // namespace vip::swarm
