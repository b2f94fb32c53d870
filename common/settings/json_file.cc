#include "common/settings/json_file.h"

#include <set>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace vip::settings {
namespace {

using nlohmann::json;

// The keys that stand twice in one object: the parser would keep the last in silence.
class Doubles {
 public:
  bool operator()(int /*depth*/, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) open_.emplace_back();
    if (event == json::parse_event_t::object_end && !open_.empty()) open_.pop_back();
    if (event == json::parse_event_t::key && !open_.empty()) {
      auto name = parsed.get<std::string>();
      if (!open_.back().insert(name).second) found_.insert(std::move(name));
    }
    return true;
  }
  [[nodiscard]] const std::set<std::string>& found() const { return found_; }

 private:
  std::vector<std::set<std::string>> open_;
  std::set<std::string> found_;
};

// "parse error at line 3, column 5: ..." without the library's own number before it.
std::string plain(std::string_view words) {
  const auto end = words.find("] ");
  return std::string(end == std::string_view::npos ? words : words.substr(end + 2));
}

}  // namespace

json parse_settings_file(std::string_view text, const std::string& path, Findings& findings) {
  Doubles doubles;
  json document;
  try {
    document = json::parse(text, std::ref(doubles), /*allow_exceptions=*/true, /*ignore_comments=*/true);
  } catch (const json::parse_error& error) {
    findings.error(path + ": " + plain(error.what()));
    return nullptr;
  }
  for (const auto& key : doubles.found()) {
    auto fault = path;
    fault += ": the key \"" + key + "\" stands twice in one object";
    findings.error(std::move(fault));
  }
  return document;
}

}  // namespace vip::settings
