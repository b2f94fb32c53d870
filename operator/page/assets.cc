#include "operator/page/assets.h"

#include <array>

#include "operator/page/embedded.h"

namespace vip::swarm {

std::span<const Asset> page_assets() {
  static constexpr std::array kAssets{
      Asset{.path = "/", .content_type = "text/html; charset=utf-8", .body = embedded::index_html},
      Asset{.path = "/page.css", .content_type = "text/css; charset=utf-8", .body = embedded::page_css},
      Asset{.path = "/page.js", .content_type = "text/javascript; charset=utf-8", .body = embedded::page_js},
  };
  return kAssets;
}

}  // namespace vip::swarm
