// Where the page is and who may see it, from the settings.
#pragma once

#include "common/settings/settings.h"
#include "operator/page/place.h"
#include "operator/settings/secret_file.h"

namespace vip::swarm {

// Of an operator that changes nothing: it has a page only where somebody asks for one, because the one that
// it stands beside may have it.
enum class PageDefault : std::uint8_t { loopback, off };

// What is returned may be used only if no error was added.
[[nodiscard]] PagePlace read_page(const settings::Environment& env, const FileReader& read_file,
                                  PageDefault fallback, settings::Findings& findings);

}  // namespace vip::swarm
