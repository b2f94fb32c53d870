#include "operator/settings/settings_file.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "common/settings/json_file.h"
#include "operator/settings/setting_names.h"

namespace vip::swarm {
namespace {

using nlohmann::json;
using settings::Environment;
using settings::Findings;

constexpr std::string_view kGroups = "groups";
constexpr std::string_view kDefaults = "defaults";
constexpr std::string_view kSchema = "$schema";  // where editors look for one
constexpr std::string_view kJsonList = "#JSON2BASH:";

class FileReader {
 public:
  FileReader(const std::string& path, Findings& findings) : path_(path), findings_(findings) {}

  SettingsFile read(const json& document) {
    SettingsFile file;
    if (!document.is_object()) {
      findings_.error(path_ + ": not a JSON object with the list \"groups\"");
      return file;
    }
    for (const auto& [key, value] : document.items()) {
      if (key == kGroups) {
        read_groups(value, file);
      } else if (key == kDefaults) {
        file.defaults = read_object(value, std::string(kDefaults));
        if (file.defaults.has("KEEPALIVED_GROUP") || file.defaults.has("KEEPALIVED_VIRTUAL_IPS"))
          fault("defaults", "group and addresses are each group's own");
      } else if (key != kSchema) {
        read_setting(key, value, {.scope = Scope::program, .where = {}}, file.program);
      }
    }
    return file;
  }

 private:
  struct Place {
    Scope scope = Scope::group;
    std::string where;  // before the key, with its dot
  };

  void fault(const std::string& where, const std::string& what) {
    findings_.error(path_ + ": " + where + ": " + what);
  }

  void read_groups(const json& groups, SettingsFile& file) {
    if (!groups.is_array()) return fault(std::string(kGroups), "not a list of objects");
    for (std::size_t i = 0; i < groups.size(); ++i)
      file.groups.push_back(read_object(groups[i], "groups[" + std::to_string(i) + "]"));
  }

  Environment read_object(const json& object, const std::string& where) {
    Environment values;
    if (!object.is_object()) {
      fault(where, "not an object");
      return values;
    }
    for (const auto& name : setting_names()) {
      if (name.scope == Scope::group && !name.key.empty())
        values.set(name.variable, "", path_ + ": " + where + "." + std::string(name.key));
    }
    for (const auto& [key, value] : object.items())
      read_setting(key, value, {.scope = Scope::group, .where = where + "."}, values);
    return values;
  }

  void read_setting(const std::string& key, const json& value, const Place& place, Environment& values) {
    const auto called = place.where + key;
    if (place.scope == Scope::group && key == "password") {
      fault(called, "a secret does not belong in this file; password_file names one that has it");
      return;
    }
    const auto variable = variable_of(key, place.scope);
    if (variable.empty()) {
      fault(called, "no such setting; the nearest is " + std::string(nearest_key(key, place.scope)));
      return;
    }
    if (const auto text = text_of(key, value)) {
      values.set(variable, *text, path_ + ": " + called);
    } else {
      fault(called, value.dump() + " is not allowed; " +
                        (is_list(key) ? "a text, or a list of them" : "a text, a number, true or false"));
    }
  }

  static bool is_list(std::string_view key) { return key == "addresses" || key == "checks"; }

  static std::optional<std::string> text_of(std::string_view key, const json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean() || value.is_number()) return value.dump();
    const bool texts =
        value.is_array() && std::ranges::all_of(value, [](const json& v) { return v.is_string(); });
    if (texts && is_list(key)) return std::string(kJsonList) + value.dump();
    return std::nullopt;
  }

  const std::string& path_;
  Findings& findings_;
};

}  // namespace

SettingsFile read_settings_file(std::string_view text, const std::string& path, Findings& findings) {
  const auto faults = findings.errors().size();
  const auto document = settings::parse_settings_file(text, path, findings);
  if (document.is_null() && findings.errors().size() > faults) return {};
  return FileReader(path, findings).read(document);
}

}  // namespace vip::swarm
