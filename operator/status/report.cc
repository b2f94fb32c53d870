#include "operator/status/report.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace vip::swarm {
namespace {

using nlohmann::json;

constexpr const char* kNotAStatus = "the answer is not a status document";

// The routers of an agent's document, or why they cannot be had.
Result<json> routers_of(const std::string& group, const MemberStatus& status) {
  if (!status.answer) return std::unexpected(status.answer.error());
  const json document = json::parse(*status.answer, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object() || !document.contains("routers") || !document["routers"].is_array()) {
    return fail(Errc::invalid, kNotAStatus);
  }
  json routers = json::array();
  for (json router : document["routers"]) {
    if (!router.is_object()) return fail(Errc::invalid, kNotAStatus);
    if (router.value("group", json()) != group)
      return fail(Errc::invalid, "an agent of another group answers");
    router["node"] = status.member.id;
    router["hostname"] = status.member.hostname;
    routers.push_back(std::move(router));
  }
  if (routers.empty()) return fail(Errc::unavailable, "stands by: its plan does not list this node");
  return routers;
}

json document(const std::vector<GroupStatus>& groups) {
  json report{{"routers", json::array()}, {"nodes", json::array()}, {"problems", json::array()}};
  for (const auto& group : groups) {
    for (const auto& status : group.members) {
      const auto routers = routers_of(group.group, status);
      if (routers) {
        for (const auto& router : *routers) report["routers"].push_back(router);
      } else {
        report["nodes"].push_back({{"group", group.group},
                                   {"node", status.member.id},
                                   {"hostname", status.member.hostname},
                                   {"address", status.member.address.text()},
                                   {"reason", routers.error().context}});
      }
    }
    for (const auto& problem : group.problems) {
      report["problems"].push_back({{"group", group.group},
                                    {"severity", problem.severity == Severity::error ? "error" : "warning"},
                                    {"text", problem.text}});
    }
  }
  return report;
}

// A value as one word for a terminal: nothing in it may move the cursor or split the line.
std::string cell(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "-";
  std::string text;
  if (found->is_string()) {
    text = found->get<std::string>();
  } else if (found->is_array()) {
    for (const auto& item : *found) {
      if (!text.empty()) text += ',';
      text += item.is_string() ? item.get<std::string>() : item.dump();
    }
  } else {
    text = found->dump();
  }
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  return text.empty() ? "-" : text;
}

using Row = std::array<std::string, 9>;

// Columns as wide as their widest cell.
std::string aligned(const std::vector<Row>& rows) {
  std::array<std::size_t, std::tuple_size_v<Row>> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace

std::string report_json(const std::vector<GroupStatus>& groups) {
  return document(groups).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string report_table(const std::vector<GroupStatus>& groups) {
  const json report = document(groups);
  std::vector<Row> rows{
      {"", "GROUP", "NODE", "STATE", "PRIORITY", "VRID", "INTERFACE", "ADDRESSES", "SINCE"}};
  for (const auto& router : report["routers"]) {
    const auto state = cell(router, "state");
    rows.push_back({state == "active" ? "*" : "", cell(router, "group"), cell(router, "hostname"), state,
                    cell(router, "priority"), cell(router, "vrid"), cell(router, "interface"),
                    cell(router, "addresses"), cell(router, "since")});
  }
  for (const auto& node : report["nodes"]) {
    rows.push_back({"", cell(node, "group"), cell(node, "hostname"), "unknown", "-", "-", "-", "-",
                    cell(node, "reason")});
  }
  std::string text = rows.size() > 1 ? aligned(rows) : "no group has a member\n";
  for (const auto& problem : report["problems"]) {
    text += cell(problem, "severity") + ": " + cell(problem, "group") + ": " + cell(problem, "text") + "\n";
  }
  return text;
}

}  // namespace vip::swarm
