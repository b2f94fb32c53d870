// Where events go, from the settings. The URL may hold a secret, so no message shows it.
#pragma once

#include "common/settings/settings.h"
#include "operator/settings/secret_file.h"
#include "operator/webhook/target.h"

namespace vip::swarm {

// Empty where nothing is said. What is returned may be used only if no error was added.
[[nodiscard]] WebhookTarget read_webhook(const settings::Environment& env, const FileReader& read_file,
                                         settings::Findings& findings);

}  // namespace vip::swarm
