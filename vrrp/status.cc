#include "vrrp/status.h"

#include <nlohmann/json.hpp>

#include "common/base/text.h"

namespace vip::vrrp {
namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return "-";
  if (found->is_string()) return found->get<std::string>().empty() ? "-" : found->get<std::string>();
  return found->dump();
}

std::string addresses_of(const json& router) {
  std::string text;
  if (!router.contains("addresses") || !router["addresses"].is_array()) return "-";
  for (const auto& address : router["addresses"]) {
    if (!address.is_string()) continue;
    if (!text.empty()) text += ',';
    text += address.get<std::string>();
  }
  return text;
}

Result<json> merge(const std::vector<std::string>& documents) {
  json merged{{"agents", json::array()}, {"routers", json::array()}};
  for (const auto& text : documents) {
    auto document = json::parse(text, nullptr, /*allow_exceptions=*/false);
    const bool sound = document.is_object() && document.contains("agent") && document["agent"].is_object() &&
                       document.contains("routers") && document["routers"].is_array();
    if (!sound) return fail(Errc::invalid, "the answer is not a status document");
    document["agent"]["routers"] = document["routers"].size();
    merged["agents"].push_back(document["agent"]);
    for (const auto& router : document["routers"]) {
      if (router.is_object()) merged["routers"].push_back(router);
    }
  }
  return merged;
}

}  // namespace

Result<std::string> merged_status(const std::vector<std::string>& documents) {
  VIP_TRY(const auto merged, merge(documents));
  return merged.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<std::string> status_line(const std::vector<std::string>& documents, const std::string& error) {
  VIP_TRY(auto merged, merge(documents));
  if (!error.empty()) merged["error"] = trim(error);
  return merged.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<std::string> status_table(const std::vector<std::string>& documents) {
  VIP_TRY(const auto merged, merge(documents));
  std::string table;
  for (const auto& router : merged["routers"]) {
    table += text_of(router, "group") + "  vrid " + text_of(router, "vrid") + "  " +
             text_of(router, "interface") + "  " + text_of(router, "state") + "  priority " +
             text_of(router, "priority") + "  active " + text_of(router, "active") + "  " +
             addresses_of(router) + "  since " + text_of(router, "since");
    const auto reason = text_of(router, "reason");
    if (reason != "-") table += "  (" + reason + ")";
    table += '\n';
  }
  for (const auto& agent : merged["agents"]) {
    if (agent["routers"] != 0) continue;
    const auto waits = text_of(agent, "waits");
    const auto why = waits == "-" ? "this node is not a member of the group" : waits;
    table += text_of(agent, "group") + "  standing by: " + why + "\n";
  }
  return table;
}

}  // namespace vip::vrrp
