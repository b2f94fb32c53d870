#include "operator/status/report.h"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/text.h"

namespace vip::swarm {
namespace {

using nlohmann::json;

// The Swarm's word first, then the agents'.
std::vector<Problem> all_problems(const GroupStatus& status) {
  auto problems = status.problems;
  std::ranges::move(troubles(status.agents), std::back_inserter(problems));
  return problems;
}

std::string_view state_of(const NodeReport& node) {
  return node.word == AgentWord::stands_by ? "standing by" : "unknown";
}

void add_node(const GroupReport& group, const NodeReport& node, json& report) {
  for (const auto& router : node.routers) {
    json object = json::parse(router.document, nullptr, /*allow_exceptions=*/false);
    object["node"] = node.node;
    object["hostname"] = node.hostname;
    if (!router.reason.empty()) object["advice"] = trouble_words(group, node, router);
    report["routers"].push_back(std::move(object));
  }
  if (node.word == AgentWord::reports) return;
  report["nodes"].push_back({{"group", group.group},
                             {"node", node.node},
                             {"hostname", node.hostname},
                             {"address", node.address ? node.address->text() : ""},
                             {"state", state_of(node)},
                             {"reason", node.reason}});
}

using Row = std::array<std::string, 9>;

Row row_of(const std::string& group, const NodeReport& node, const RouterReport& router) {
  return {router.state == "active" ? "*" : "",
          group,
          node.hostname,
          router.state,
          router.priority,
          router.vrid,
          router.interface,
          join(router.addresses, ","),
          router.since};
}

// Columns as wide as their widest cell; what is not known is a dash.
std::string aligned(std::vector<Row> rows) {
  std::array<std::size_t, std::tuple_size_v<Row>> widths{};
  for (auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i].empty() && i > 0) row[i] = "-";
      row[i] = printable(row[i]);
      widths[i] = std::max(widths[i], row[i].size());
    }
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

constexpr int kIndented = 2;
constexpr int kInOneLine = -1;

std::string dumped(const json& value, int indent) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace) + "\n";
}

json document(const std::vector<GroupStatus>& groups) {
  json report{{"routers", json::array()}, {"nodes", json::array()}, {"problems", json::array()}};
  for (const auto& status : groups) {
    const auto& group = status.agents;
    for (const auto& node : group.nodes) add_node(group, node, report);
    for (const auto& problem : all_problems(status)) {
      report["problems"].push_back(
          {{"group", group.group}, {"severity", name(problem.severity)}, {"text", problem.text}});
    }
  }
  return report;
}

}  // namespace

std::string report_json(const std::vector<GroupStatus>& groups) {
  return dumped(document(groups), kIndented);
}

std::string report_line(const std::vector<GroupStatus>& groups) {
  return dumped(document(groups), kInOneLine);
}

std::string error_line(const std::string& error) {
  return dumped({{"error", error}}, kInOneLine);
}

std::string report_table(const std::vector<GroupStatus>& groups) {
  std::vector<Row> rows{
      {"", "GROUP", "NODE", "STATE", "PRIORITY", "VRID", "INTERFACE", "ADDRESSES", "SINCE"}};
  std::vector<Row> silent;
  std::string problems;
  for (const auto& status : groups) {
    const auto& group = status.agents;
    for (const auto& node : group.nodes) {
      for (const auto& router : node.routers) rows.push_back(row_of(group.group, node, router));
      if (node.word == AgentWord::reports) continue;
      silent.push_back(
          {"", group.group, node.hostname, std::string(state_of(node)), "-", "-", "-", "-", node.reason});
    }
    for (const auto& problem : all_problems(status)) {
      problems += std::string(name(problem.severity)) + ": " + printable(group.group) + ": " +
                  printable(problem.text) + "\n";
    }
  }
  std::ranges::move(silent, std::back_inserter(rows));
  const bool any = rows.size() > 1;
  return (any ? aligned(std::move(rows)) : "no group has a member\n") + problems;
}

}  // namespace vip::swarm
