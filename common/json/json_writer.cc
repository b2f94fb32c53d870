#include "common/json/json_writer.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace vip {

void JsonWriter::append_text(std::string_view text) {
  const auto is_plain = [](char byte) { return byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\'; };
  if (!std::ranges::all_of(text, is_plain)) {
    using nlohmann::json;
    text_ += json(text).dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
    return;
  }
  text_ += '"';
  text_ += text;
  text_ += '"';
}

}  // namespace vip
