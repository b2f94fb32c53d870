// The operator's page as a browser gets it: the files of operator/page/assets, which CMake puts into the
// program. There is nothing secret in them, and they ask for nothing but `api/state` beside them. Pure.
#pragma once

#include <span>
#include <string_view>

namespace vip::swarm {

struct Asset {
  std::string_view path;  // "/page.css"; the page itself is "/"
  std::string_view content_type;
  std::string_view body;
};

[[nodiscard]] std::span<const Asset> page_assets();

}  // namespace vip::swarm
