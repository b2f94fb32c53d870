// Secrets that a *_FILE setting names the file of.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/settings/settings.h"

namespace vip::swarm {

// Reads the file a *_FILE setting names.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

// The content of the file at `path`, which the setting `name` names. Empty with an error. Editors and `echo`
// end a file with a newline that is no part of the secret.
[[nodiscard]] std::string secret_of(const settings::Environment& env, std::string_view name,
                                    const std::string& path, const FileReader& read_file,
                                    settings::Findings& findings);

}  // namespace vip::swarm
