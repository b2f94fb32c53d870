// A dialect's variables as a table: what each value changes in the configuration that the smallest
// environment gives, field by field, and what is said about it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/text.h"
#include "vrrp/settings/dialects.h"

namespace vip::vrrp {

using Values = std::map<std::string, std::string, std::less<>>;
using Fields = std::map<std::string, std::string>;
using ReadDialect = AgentConfig (*)(const settings::Environment&, const FileExists&, settings::Findings&);

struct Outcome {
  AgentConfig config;
  std::string errors;
  std::string warnings;
};

inline Outcome read_dialect(ReadDialect read, const Values& values, const std::set<std::string>& files = {}) {
  settings::Findings findings;
  Outcome outcome;
  outcome.config = read(
      settings::Environment(values), [&](const std::string& path) { return files.contains(path); }, findings);
  outcome.errors = join(findings.errors(), "\n");
  outcome.warnings = join(findings.warnings(), "\n");
  return outcome;
}

inline std::string milliseconds_text(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

template <typename Items, typename Text>
std::string listed(const Items& items, const Text& text) {
  std::vector<std::string> texts;
  for (const auto& item : items) texts.push_back(text(item));
  return join(texts, " ");
}

inline std::string kind_of(const CheckSettings& check) {
  switch (check.kind) {
    case CheckKind::interface:
      return "interface";
    case CheckKind::listening:
      return "listening";
    case CheckKind::tcp:
      return "tcp";
    case CheckKind::http:
      return "http";
    case CheckKind::script:
      break;
  }
  return "script";
}

inline std::string text_of(const CheckSettings& check) {
  std::string text = check.name + " " + kind_of(check);
  if (!check.interface.empty()) text += " " + check.interface;
  if (check.address) text += " " + check.address->text();
  if (check.port != 0) text += " port " + std::to_string(check.port);
  if (!check.script.empty()) text += " [" + check.script + "]";
  return text + " every " + std::to_string(check.interval.count()) + " timeout " +
         std::to_string(check.timeout.count()) + " rise " + std::to_string(check.rise) + " fall " +
         std::to_string(check.fall) + " weight " + std::to_string(check.weight);
}

// Every field that a dialect can say.
inline Fields fields_of(const AgentConfig& config) {
  Fields fields{{"managed", config.managed ? "yes" : "no"},
                {"group", config.group},
                {"origin", config.origin},
                {"mark", config.mark_name},
                {"lease", config.lease.text()},
                {"signed", config.auth.mode == AuthMode::off ? "no" : "yes"},
                {"checks", listed(config.checks, text_of)},
                {"notify", config.notify.any},
                {"detailed_log", config.detailed_log ? "yes" : "no"},
                {"status_file", config.status_file},
                {"status_place", config.status_place ? config.status_place->address.text() + " port " +
                                                           std::to_string(config.status_place->port)
                                                     : ""},
                {"status_port", config.status_port ? std::to_string(*config.status_port) : ""}};
  EXPECT_EQ(config.routers.size(), 1U);
  if (config.routers.empty()) return fields;
  const auto& router = config.routers.front();
  const auto& protocol = router.protocol;
  const auto text = [](const IpAddress& address) { return address.text(); };
  const auto placed = [](const PlacedAddress& address) {
    return address.prefix.text() + (address.interface.empty() ? "" : "@" + address.interface);
  };
  fields.merge(Fields{
      {"version", std::to_string(static_cast<int>(protocol.version))},
      {"vrid", std::to_string(protocol.vrid.value)},
      {"priority", std::to_string(protocol.priority.value)},
      {"interval", milliseconds_text(protocol.advert_interval)},
      {"preempt", protocol.preempt ? "yes" : "no"},
      {"preempt_delay", milliseconds_text(protocol.preempt_delay)},
      {"start_wait", milliseconds_text(protocol.start_wait)},
      {"start_grace", milliseconds_text(protocol.start_grace)},
      {"auth", std::to_string(static_cast<int>(protocol.auth_type)) + ":" +
                   std::string(protocol.auth.begin(), std::ranges::find(protocol.auth, 0))},
      {"held", listed(protocol.addresses, [](const IpPrefix& prefix) { return prefix.text(); })},
      {"addresses", listed(router.addresses, placed)},
      {"unadvertised", listed(protocol.unadvertised, text)},
      {"announce", listed(protocol.announcements.at, milliseconds_text) + "; " +
                       milliseconds_text(protocol.announcements.refresh)},
      {"transport", router.transport == Transport::unicast ? "unicast" : "multicast"},
      {"peers", listed(router.rules.peers, text)},
      {"any_source", router.rules.listed_sources_only ? "no" : "yes"},
      {"ttl_min", std::to_string(router.rules.ttl_min)},
      {"interface", router.interface_rule},
      {"source", router.source ? router.source->text() : ""},
      {"virtual_mac", router.virtual_mac ? "yes" : "no"},
      {"accept", router.accept ? "yes" : "no"},
      {"duplicate_check", router.checks_duplicates ? "yes" : "no"},
      {"sync", router.sync_group},
  });
  return fields;
}

struct Row {
  std::string variable;
  std::optional<std::string> value;  // none: not set at all
  Fields changes;                    // of the smallest environment's configuration
  std::string warning;               // a part of it; empty: none is expected
  std::string error;                 // likewise; then the configuration does not matter
  std::set<std::string> files;       // that are there
};

inline void check_rows(ReadDialect read, const Values& minimum, const std::vector<Row>& rows) {
  const auto base = fields_of(read_dialect(read, minimum).config);
  const auto base_warnings = read_dialect(read, minimum).warnings;
  for (const auto& row : rows) {
    SCOPED_TRACE(row.variable + (row.value ? "='" + *row.value + "'" : " is not set"));
    auto values = minimum;
    values.erase(row.variable);
    if (row.value) values[row.variable] = *row.value;
    const auto outcome = read_dialect(read, values, row.files);
    if (!row.error.empty()) {
      EXPECT_NE(outcome.errors.find(row.error), std::string::npos) << outcome.errors;
      EXPECT_TRUE(outcome.errors.starts_with(row.variable)) << "it names the setting: " << outcome.errors;
      continue;
    }
    EXPECT_EQ(outcome.errors, "");
    if (row.warning.empty()) {
      EXPECT_EQ(outcome.warnings, base_warnings);
    } else {
      EXPECT_NE(outcome.warnings.find(row.warning), std::string::npos) << outcome.warnings;
    }
    auto expected = base;
    for (const auto& [field, value] : row.changes) {
      ASSERT_TRUE(expected.contains(field)) << field;
      expected[field] = value;
    }
    EXPECT_EQ(fields_of(outcome.config), expected);
  }
}

}  // namespace vip::vrrp
