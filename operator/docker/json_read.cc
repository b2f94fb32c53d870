// Docker's answers into our words.
#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/base64.h"
#include "common/base/text.h"
#include "operator/core/time_text.h"
#include "operator/docker/json.h"

namespace vip::swarm {
namespace {

using nlohmann::json;

// Reads members of Docker's objects. Absent and null members are empty; one of another type than promised
// is a fault of the whole answer, kept in fault().
class Reader {
 public:
  std::string text(const json& object, const char* key) {
    const json& value = member(object, key);
    if (value.is_null()) return {};
    if (!value.is_string()) return fault(key, "a text"), "";
    return value.get<std::string>();
  }
  std::uint64_t number(const json& object, const char* key) {
    const json& value = member(object, key);
    if (value.is_null()) return 0;
    if (!value.is_number_unsigned()) return fault(key, "a number"), 0;
    return value.get<std::uint64_t>();
  }
  bool flag(const json& object, const char* key) {
    const json& value = member(object, key);
    if (value.is_null()) return false;
    if (!value.is_boolean()) return fault(key, "true or false"), false;
    return value.get<bool>();
  }
  const json& object(const json& outer, const char* key) {
    return container(outer, key, json::value_t::object);
  }
  const json& list(const json& outer, const char* key) { return container(outer, key, json::value_t::array); }
  Labels labels(const json& outer, const char* key) {
    Labels labels;
    for (const auto& [name, value] : object(outer, key).items()) {
      if (value.is_string()) {
        labels.emplace(name, value.get<std::string>());
      } else {
        fault(key, "a map of texts");
      }
    }
    return labels;
  }
  std::vector<std::string> texts(const json& outer, const char* key) {
    std::vector<std::string> texts;
    for (const auto& value : list(outer, key)) {
      if (value.is_string()) {
        texts.push_back(value.get<std::string>());
      } else {
        fault(key, "a list of texts");
      }
    }
    return texts;
  }
  WallTime time(const json& object, const char* key) { return parse_wall_time(text(object, key)); }
  // What has no id is not an object of Docker's.
  std::string id(const json& object) {
    auto id = text(object, "ID");
    if (id.empty()) fault("ID", "a text");
    return id;
  }
  void fault(const char* key, std::string_view expected) {
    if (fault_.empty()) fault_ = std::string(key) + " is not " + std::string(expected);
  }
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  static const json& member(const json& object, const char* key) {
    static const json kNull;
    if (!object.is_object()) return kNull;
    const auto found = object.find(key);
    return found == object.end() ? kNull : *found;
  }
  const json& container(const json& outer, const char* key, json::value_t type) {
    static const json kNull;
    const json& value = member(outer, key);
    if (value.is_null() || value.type() == type) return value;
    fault(key, type == json::value_t::array ? "a list" : "an object");
    return kNull;
  }

  std::string fault_;
};

json parse(std::string_view text) {
  return json::parse(text, nullptr, /*allow_exceptions=*/false);
}

// What is garbled once need not be garbled the next time.
std::unexpected<Error> garbage(std::string_view what, std::string_view fault) {
  return fail(Errc::unavailable, "Docker's answer about " + std::string(what) + ": " + std::string(fault));
}

template <typename Item>
Result<std::vector<Item>> parse_list(std::string_view text, const char* what,
                                     Item (*read)(Reader&, const json&)) {
  const json document = parse(text);
  if (!document.is_array()) return garbage(what, "not a list");
  Reader reader;  // NOLINT(misc-const-correctness): `read` writes to it
  std::vector<Item> items;
  for (const auto& element : document) items.push_back(read(reader, element));
  if (!reader.fault().empty()) return garbage(what, reader.fault());
  return items;
}

// The value of the name; the table's first entry for names of engines newer than us.
template <typename Value, std::size_t Size>
Value lookup(const std::array<std::pair<std::string_view, Value>, Size>& table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &std::pair<std::string_view, Value>::first);
  return found == table.end() ? table.front().second : found->second;
}

constexpr std::array<std::pair<std::string_view, Availability>, 3> kAvailabilities{
    {{"active", Availability::active}, {"pause", Availability::pause}, {"drain", Availability::drain}}};
constexpr std::array<std::pair<std::string_view, NodeState>, 4> kNodeStates{
    {{"unknown", NodeState::unknown},
     {"down", NodeState::down},
     {"ready", NodeState::ready},
     {"disconnected", NodeState::disconnected}}};
constexpr std::array<std::pair<std::string_view, UpdateState>, 7> kUpdateStates{
    {{"", UpdateState::none},
     {"updating", UpdateState::updating},
     {"paused", UpdateState::paused},
     {"completed", UpdateState::completed},
     {"rollback_started", UpdateState::rollback_started},
     {"rollback_paused", UpdateState::rollback_paused},
     {"rollback_completed", UpdateState::rollback_completed}}};
// new, pending, assigned, accepted, preparing, ready, starting: all of them lead to running.
constexpr std::array<std::pair<std::string_view, TaskState>, 8> kTaskStates{
    {{"starting", TaskState::coming},
     {"running", TaskState::running},
     {"complete", TaskState::complete},
     {"shutdown", TaskState::complete},
     {"remove", TaskState::complete},
     {"orphaned", TaskState::complete},
     {"failed", TaskState::failed},
     {"rejected", TaskState::failed}}};

Node read_node(Reader& reader, const json& object) {
  const json& spec = reader.object(object, "Spec");
  const json& status = reader.object(object, "Status");
  const json& description = reader.object(object, "Description");
  const json& manager = reader.object(object, "ManagerStatus");
  return {.id = reader.id(object),
          .hostname = reader.text(description, "Hostname"),
          .created_at = reader.time(object, "CreatedAt"),
          .labels = reader.labels(spec, "Labels"),
          .status_address = reader.text(status, "Addr"),
          .manager_address = reader.text(manager, "Addr"),
          .availability = lookup(kAvailabilities, reader.text(spec, "Availability")),
          .state = lookup(kNodeStates, reader.text(status, "State")),
          .engine_version = reader.text(reader.object(description, "Engine"), "EngineVersion"),
          .manager_reached = reader.text(manager, "Reachability") != "unreachable"};
}

std::vector<ObjectRef> read_refs(Reader& reader, const json& list, const char* id, const char* name) {
  std::vector<ObjectRef> refs;
  for (const auto& entry : list)
    refs.push_back({.id = reader.text(entry, id), .name = reader.text(entry, name)});
  return refs;
}

TaskTemplate read_template(Reader& reader, const json& object) {
  const json& container = reader.object(object, "ContainerSpec");
  return {.image = reader.text(container, "Image"),
          .environment = reader.texts(container, "Env"),
          .constraints = reader.texts(reader.object(object, "Placement"), "Constraints"),
          .configs = read_refs(reader, reader.list(container, "Configs"), "ConfigID", "ConfigName"),
          .secrets = read_refs(reader, reader.list(container, "Secrets"), "SecretID", "SecretName")};
}

bool is_idle(Reader& reader, const json& spec) {
  const json& replicated = reader.object(reader.object(spec, "Mode"), "Replicated");
  return replicated.contains("Replicas") && reader.number(replicated, "Replicas") == 0;
}

Service read_service(Reader& reader, const json& object) {
  const json& spec = reader.object(object, "Spec");
  const json& update = reader.object(object, "UpdateStatus");
  Service service{.id = reader.id(object),
                  .name = reader.text(spec, "Name"),
                  .version = reader.number(reader.object(object, "Version"), "Index"),
                  .created_at = reader.time(object, "CreatedAt"),
                  .labels = reader.labels(spec, "Labels"),
                  .spec = read_template(reader, reader.object(spec, "TaskTemplate")),
                  .idle = is_idle(reader, spec),
                  .previous = std::nullopt,
                  .update = lookup(kUpdateStates, reader.text(update, "State")),
                  .update_message = reader.text(update, "Message"),
                  .update_started_at = reader.time(update, "StartedAt")};
  const json& previous = reader.object(object, "PreviousSpec");
  if (!previous.is_null()) service.previous = read_template(reader, reader.object(previous, "TaskTemplate"));
  return service;
}

std::string decoded(Reader& reader, const std::string& text) {
  auto bytes = from_base64(text);
  if (!bytes) reader.fault("Data", "base64");
  return std::move(bytes).value_or("");
}

Config read_config(Reader& reader, const json& object) {
  const json& spec = reader.object(object, "Spec");
  return {.id = reader.id(object),
          .name = reader.text(spec, "Name"),
          .created_at = reader.time(object, "CreatedAt"),
          .labels = reader.labels(spec, "Labels"),
          .data = decoded(reader, reader.text(spec, "Data"))};
}

Secret read_secret(Reader& reader, const json& object) {
  const json& spec = reader.object(object, "Spec");
  return {.id = reader.id(object),
          .name = reader.text(spec, "Name"),
          .created_at = reader.time(object, "CreatedAt"),
          .labels = reader.labels(spec, "Labels")};
}

Task read_task(Reader& reader, const json& object) {
  const json& status = reader.object(object, "Status");
  Task task{.id = reader.id(object),
            .service_id = reader.text(object, "ServiceID"),
            .node_id = reader.text(object, "NodeID"),
            .created_at = reader.time(object, "CreatedAt"),
            .changed_at = reader.time(status, "Timestamp"),
            .state = lookup(kTaskStates, reader.text(status, "State")),
            .rejected = reader.text(status, "State") == "rejected",
            .wanted = reader.text(object, "DesiredState") == "running",
            .error = reader.text(status, "Err"),
            .spec = read_template(reader, reader.object(object, "Spec"))};
  if (task.state == TaskState::failed && task.error.empty()) task.error = reader.text(status, "Message");
  return task;
}

// We need nothing above the oldest, and know the answers up to the newest.
constexpr ApiVersion kApiOldest{1, 41};
constexpr ApiVersion kApiNewest{1, 44};

}  // namespace

Result<std::vector<Node>> parse_nodes(std::string_view text) {
  return parse_list(text, "nodes", &read_node);
}

Result<Node> parse_node(std::string_view text) {
  Reader reader;
  auto node = read_node(reader, parse(text));
  if (!reader.fault().empty()) return garbage("the node", reader.fault());
  return node;
}

Result<std::vector<Service>> parse_services(std::string_view text) {
  return parse_list(text, "services", &read_service);
}

Result<Service> parse_service(std::string_view text) {
  Reader reader;
  auto service = read_service(reader, parse(text));
  if (!reader.fault().empty()) return garbage("our service", reader.fault());
  return service;
}

Result<std::vector<Config>> parse_configs(std::string_view text) {
  return parse_list(text, "configs", &read_config);
}

Result<std::vector<Secret>> parse_secrets(std::string_view text) {
  return parse_list(text, "secrets", &read_secret);
}

Result<std::vector<Task>> parse_tasks(std::string_view text) {
  return parse_list(text, "tasks", &read_task);
}

Result<std::string> parse_service_of_container(std::string_view text, std::string_view container) {
  const json document = parse(text);
  if (!document.is_array()) return garbage("tasks", "not a list");
  Reader reader;
  for (const auto& task : document) {
    const json& place = reader.object(reader.object(task, "Status"), "ContainerStatus");
    if (reader.text(place, "ContainerID") == container) return reader.text(task, "ServiceID");
  }
  if (!reader.fault().empty()) return garbage("tasks", reader.fault());
  return std::string();
}

Result<std::string> parse_id(std::string_view text) {
  const json document = parse(text);
  Reader reader;
  auto id = reader.text(document, "ID");
  if (id.empty()) id = reader.text(document, "Id");
  if (id.empty()) return garbage("a new object", "no ID");
  return id;
}

Result<Container> parse_container(std::string_view text) {
  const json document = parse(text);
  if (!document.is_object()) return garbage("our container", "not an object");
  Reader reader;
  const json& config = reader.object(document, "Config");
  Container container{.image = reader.text(config, "Image"),
                      .image_id = reader.text(document, "Image"),
                      .labels = reader.labels(config, "Labels")};
  if (!reader.fault().empty()) return garbage("our container", reader.fault());
  return container;
}

Result<std::vector<std::string>> parse_digests(std::string_view text) {
  const json document = parse(text);
  if (!document.is_object()) return garbage("our image", "not an object");
  Reader reader;
  auto digests = reader.texts(document, "RepoDigests");
  if (!reader.fault().empty()) return garbage("our image", reader.fault());
  return digests;
}

Result<SwarmRole> parse_role(std::string_view text) {
  const json document = parse(text);
  if (!document.is_object()) return garbage("itself", "not an object");
  Reader reader;
  const json& swarm = reader.object(document, "Swarm");
  SwarmRole role{.state = reader.text(swarm, "LocalNodeState"),
                 .is_manager = reader.flag(swarm, "ControlAvailable")};
  if (!reader.fault().empty()) return garbage("itself", reader.fault());
  return role;
}

std::optional<ApiVersion> parse_api_version(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto major = parse_number<int>(text.substr(0, dot));
  const auto minor = parse_number<int>(text.substr(dot + 1));
  if (!major || !minor) return std::nullopt;
  return ApiVersion(*major, *minor);
}

Result<std::string> choose_api_version(std::string_view text) {
  const json document = parse(text);
  Reader reader;
  const auto newest_text = reader.text(document, "ApiVersion");
  const auto newest = parse_api_version(newest_text);
  if (!newest) return garbage("its version", "no ApiVersion");
  const auto oldest = parse_api_version(reader.text(document, "MinAPIVersion")).value_or(kApiOldest);
  if (*newest < kApiOldest) {
    return fail(Errc::invalid,
                "Docker's API is version " + newest_text + ", needed is 1.41 (Docker 20.10) or newer");
  }
  const auto chosen = std::max(oldest, std::min(*newest, kApiNewest));
  return std::to_string(chosen.first) + "." + std::to_string(chosen.second);
}

std::string error_message(std::string_view body) {
  const json document = parse(body);
  Reader reader;
  auto message = reader.text(document, "message");
  return message.empty() ? std::string(trim(body.substr(0, 500))) : message;
}

}  // namespace vip::swarm
