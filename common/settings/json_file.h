// Settings files: JSON with comments, in which no key stands twice in one object.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "common/settings/settings.h"

namespace vip::settings {

// The document of a file's text; `path` is what the file is called. Null with an error where it cannot be
// read.
[[nodiscard]] nlohmann::json parse_settings_file(std::string_view text, const std::string& path,
                                                 Findings& findings);

}  // namespace vip::settings
