#include "operator/page/assets.h"

#include <array>

#include "operator/page/embedded.h"

namespace vip::swarm {

std::span<const Asset> page_assets() {
  static constexpr std::string_view kScript = "text/javascript; charset=utf-8";
  static constexpr std::array kAssets{
      Asset{.path = "/", .content_type = "text/html; charset=utf-8", .body = embedded::index_html},
      Asset{.path = "/page.css", .content_type = "text/css; charset=utf-8", .body = embedded::page_css},
      Asset{.path = "/page.js", .content_type = kScript, .body = embedded::page_js},
      Asset{.path = "/views.js", .content_type = kScript, .body = embedded::views_js},
      Asset{.path = "/elements.js", .content_type = kScript, .body = embedded::elements_js},
      Asset{.path = "/model.js", .content_type = kScript, .body = embedded::model_js},
  };
  return kAssets;
}

}  // namespace vip::swarm
