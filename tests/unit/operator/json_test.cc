#include "operator/docker/json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "operator/core/time_text.h"

namespace vip::swarm {
namespace {

using nlohmann::json;

// As an engine of version 20.10 answers, shortened.
constexpr std::string_view kNodes = R"([
 {"ID":"n1id","Version":{"Index":33},"CreatedAt":"2026-11-21T05:47:55.5Z","UpdatedAt":"2026-11-21T05:48:00Z",
  "Spec":{"Labels":{"keepalived_group":"production","KEEPALIVED_PRIORITY":"101"},"Role":"manager","Availability":"drain"},
  "Description":{"Hostname":"node1","Engine":{"EngineVersion":"20.10.24","Labels":{"keepalived_group":"forged"}}},
  "Status":{"State":"ready","Addr":"0.0.0.0"},
  "ManagerStatus":{"Leader":true,"Reachability":"reachable","Addr":"192.168.1.11:2377"}},
 {"ID":"n2id","CreatedAt":"2026-11-21T05:47:56Z","Spec":{"Labels":null,"Role":"worker","Availability":"active"},
  "Description":{"Hostname":"node2"},"Status":{"State":"down","Message":"heartbeat failure","Addr":"192.168.1.12"},
  "SomethingNew":[1,2,3]}])";

constexpr std::string_view kServices = R"([
 {"ID":"s1","Version":{"Index":77},"CreatedAt":"2026-11-21T05:50:00Z",
  "Spec":{"Name":"vip_agent-production","Labels":{"swarm-vip.role":"agent","swarm-vip.group":"production"},
   "TaskTemplate":{"ContainerSpec":{"Image":"sha256:61","Env":["A=1","B=2"],
     "Configs":[{"File":{"Name":"/etc/swarm-vip/plan.json"},"ConfigID":"c1","ConfigName":"production-plan-1"}],
     "Secrets":[{"File":{"Name":"/run/secrets/swarm-vip-key"},"SecretID":"k1","SecretName":"production-key-1"}]},
    "Placement":{"Constraints":["node.labels.keepalived_group==production"]}},"Mode":{"Global":{}}},
  "PreviousSpec":{"Name":"vip_agent-production","TaskTemplate":{"ContainerSpec":{"Image":"sha256:60",
     "Configs":[{"ConfigID":"c0","ConfigName":"production-plan-0"}]}}},
  "UpdateStatus":{"State":"paused","StartedAt":"2026-11-21T05:51:00Z","Message":"update paused due to failure"}},
 {"ID":"s2","Version":{"Index":8},"Spec":{"Name":"web","TaskTemplate":{"ContainerSpec":{"Image":"nginx"}},
   "Mode":{"Replicated":{"Replicas":0}}}}])";

constexpr std::string_view kTasks = R"([
 {"ID":"t1","ServiceID":"s1","NodeID":"n1id","CreatedAt":"2026-11-21T05:52:00Z","DesiredState":"shutdown",
  "Spec":{"ContainerSpec":{"Image":"nosuch:1","Secrets":[{"SecretID":"k1","SecretName":"production-key-1"}]}},
  "Status":{"State":"rejected","Message":"preparing","Err":"No such image: nosuch:1"}},
 {"ID":"t2","ServiceID":"s1","NodeID":"n2id","CreatedAt":"2026-11-21T05:52:01Z","DesiredState":"running",
  "Spec":{"ContainerSpec":{"Image":"nosuch:1"}},"Status":{"State":"preparing"}}])";

TEST(Json, ReadsNodes) {
  const auto nodes = parse_nodes(kNodes);
  ASSERT_TRUE(nodes) << nodes.error().context;
  ASSERT_EQ(nodes->size(), 2U);
  const auto& first = nodes->front();
  EXPECT_EQ(first.id, "n1id");
  EXPECT_EQ(first.hostname, "node1");
  EXPECT_EQ(label(first.labels, "keepalived_group"), "production") << "only the managers' labels count";
  EXPECT_EQ(first.manager_address, "192.168.1.11:2377");
  EXPECT_EQ(first.status_address, "0.0.0.0");
  EXPECT_EQ(first.availability, Availability::drain);
  EXPECT_EQ(first.state, NodeState::ready);
  EXPECT_EQ(first.created_at, parse_wall_time("2026-11-21T05:47:55.5Z"));
  EXPECT_EQ(nodes->back().state, NodeState::down);
  EXPECT_EQ(nodes->back().manager_address, "");
  EXPECT_TRUE(nodes->back().labels.empty());
}

TEST(Json, ReadsServices) {
  const auto services = parse_services(kServices);
  ASSERT_TRUE(services) << services.error().context;
  const auto& first = services->front();
  EXPECT_EQ(first.name, "vip_agent-production");
  EXPECT_EQ(first.version, 77U);
  EXPECT_EQ(first.spec.image, "sha256:61");
  EXPECT_EQ(first.spec.environment, (std::vector<std::string>{"A=1", "B=2"}));
  EXPECT_EQ(first.spec.configs, (std::vector<ObjectRef>{{.id = "c1", .name = "production-plan-1"}}));
  EXPECT_EQ(first.spec.secrets, (std::vector<ObjectRef>{{.id = "k1", .name = "production-key-1"}}));
  EXPECT_EQ(first.spec.constraints, (std::vector<std::string>{"node.labels.keepalived_group==production"}));
  EXPECT_FALSE(first.idle);
  EXPECT_TRUE(services->back().idle) << "scaled to 0";
  ASSERT_TRUE(first.previous);
  EXPECT_EQ(first.previous->configs.front().id, "c0");
  EXPECT_EQ(first.update, UpdateState::paused);
  EXPECT_EQ(first.update_message, "update paused due to failure");
  EXPECT_FALSE(services->back().previous);
  EXPECT_EQ(services->back().update, UpdateState::none);
}

TEST(Json, ReadsTasks) {
  const auto tasks = parse_tasks(kTasks);
  ASSERT_TRUE(tasks) << tasks.error().context;
  EXPECT_EQ(tasks->front().state, TaskState::failed);
  EXPECT_EQ(tasks->front().error, "No such image: nosuch:1");
  EXPECT_FALSE(tasks->front().wanted);
  EXPECT_EQ(tasks->front().spec.secrets.front().id, "k1");
  EXPECT_EQ(tasks->back().state, TaskState::coming);
  EXPECT_TRUE(tasks->back().wanted);
}

TEST(Json, ReadsConfigsWithTheirData) {
  const auto configs = parse_configs(
      R"([{"ID":"c1","CreatedAt":"2026-11-21T05:50:00Z","Spec":{"Name":"p","Labels":{},"Data":"eyJhIjoxfQ=="}}])");
  ASSERT_TRUE(configs);
  EXPECT_EQ(configs->front().data, R"({"a":1})");
  EXPECT_FALSE(parse_configs(R"([{"ID":"c1","Spec":{"Name":"p","Data":"***"}}])"));
}

TEST(Json, GarbageIsAnErrorAndNeverAShorterList) {
  for (const auto* const text :
       {"", "null", "{}", "[", R"({"message":"x"})", "[1]", R"([{}])", R"([{"ID":7}])",
        R"([{"ID":"a"},{"ID":""}])", R"([{"ID":"a","Spec":{"Labels":{"x":1}}}])", R"([{"ID":"a","Spec":[]}])",
        R"([{"ID":"a","Spec":{"Name":3}}])"}) {
    const auto services = parse_services(text);
    ASSERT_FALSE(services) << text;
    EXPECT_EQ(services.error().code, Errc::unavailable);
  }
  EXPECT_FALSE(parse_nodes(R"([{"ID":"a","Status":"ready"}])"));
  EXPECT_FALSE(parse_tasks(R"([{"ID":"a","Spec":{"ContainerSpec":{"Secrets":{}}}}])"));
  EXPECT_TRUE(parse_services("[]")->empty());
}

TEST(Json, SpeaksTheNewestVersionBothKnow) {
  const auto version = [](const char* newest, const char* oldest) {
    return choose_api_version(json{{"ApiVersion", newest}, {"MinAPIVersion", oldest}}.dump());
  };
  EXPECT_EQ(version("1.41", "1.12").value(), "1.41");
  EXPECT_EQ(version("1.47", "1.24").value(), "1.44");
  EXPECT_EQ(version("1.55", "1.44").value(), "1.44");
  EXPECT_EQ(version("1.60", "1.50").value(), "1.50") << "newer than we know is better than refused";
  EXPECT_FALSE(version("1.40", "1.12"));
  EXPECT_FALSE(choose_api_version("hello"));
}

TEST(Json, ReadsWhatTheEngineSaysOfItselfAndOfUs) {
  EXPECT_TRUE(parse_role(R"({"Swarm":{"LocalNodeState":"active","ControlAvailable":true}})")->is_manager);
  EXPECT_EQ(parse_role(R"({"Swarm":{"LocalNodeState":"inactive","ControlAvailable":false}})")->state,
            "inactive");
  const auto container = parse_container(
      R"({"Id":"x","Image":"sha256:61","Config":{"Image":"swarm-vip:1","Labels":{"com.docker.swarm.service.id":"own"}}})");
  ASSERT_TRUE(container);
  EXPECT_EQ(container->image, "swarm-vip:1");
  EXPECT_EQ(container->image_id, "sha256:61");
  EXPECT_EQ(label(container->labels, "com.docker.swarm.service.id"), "own");
  EXPECT_TRUE(parse_digests(R"({"RepoDigests":null})")->empty());
  EXPECT_EQ(parse_digests(R"({"RepoDigests":["r@sha256:1"]})")->front(), "r@sha256:1");
  EXPECT_EQ(parse_id(R"({"ID":"a"})").value(), "a");
  EXPECT_FALSE(parse_id("{}"));
}

TEST(Json, FindsOurServiceByTheTaskThatIsOurContainer) {
  const std::string tasks =
      R"([{"ID": "t1", "ServiceID": "s1", "Status": {"State": "new"}},
          {"ID": "t2", "ServiceID": "s2", "Status": {"ContainerStatus": {"ContainerID": "c0ffee"}}}])";
  EXPECT_EQ(parse_service_of_container(tasks, "c0ffee"), "s2");
  EXPECT_EQ(parse_service_of_container(tasks, "cafe"), "");
  EXPECT_FALSE(parse_service_of_container("{}", "cafe"));
  EXPECT_FALSE(parse_service_of_container(R"([{"Status": {"ContainerStatus": 7}}])", "cafe"));
  EXPECT_EQ(parse_service(R"({"ID": "s2", "Spec": {"Name": "vip_operator", "TaskTemplate": {}}})")->name,
            "vip_operator");
  EXPECT_FALSE(parse_service("[]"));
}

TEST(Json, AnErrorsMessageIsItsMessageOrItsText) {
  EXPECT_EQ(error_message(R"({"message":"no such service"})"), "no such service");
  EXPECT_EQ(error_message("page not found\n"), "page not found");
}

TEST(Json, WritesTheServiceAsDockerWantsIt) {
  ServiceSpec spec;
  spec.name = "vip_agent-production";
  spec.image = "img@sha256:1";
  spec.constraints = {"node.labels.keepalived_group==production"};
  spec.environment = {"SWARM_VIP_NODE_ID={{.Node.ID}}"};
  spec.plan = {.object = "plan", .path = "/etc/swarm-vip/plan.json", .mode = 0444};
  spec.secrets = {{.object = "key", .path = "/run/secrets/swarm-vip-key", .mode = 0400}};
  const auto text = service_json(spec, {{"plan", "c1"}, {"key", "k1"}});
  ASSERT_TRUE(text);
  const auto document = json::parse(*text);
  EXPECT_TRUE(document["Mode"].contains("Global"));
  const auto& task = document["TaskTemplate"];
  EXPECT_EQ(task["Networks"], json::parse(R"([{"Target":"host"}])"));
  EXPECT_EQ(task["Placement"]["Constraints"], json::parse(R"(["node.labels.keepalived_group==production"])"));
  EXPECT_EQ(task["RestartPolicy"], json::parse(R"({"Condition":"any","Delay":1000000000})"));
  EXPECT_EQ(task["Resources"]["Limits"], json::parse(R"({"Pids":64,"MemoryBytes":134217728})"));
  const auto& container = task["ContainerSpec"];
  EXPECT_EQ(container["CapabilityDrop"], json::parse(R"(["ALL"])"));
  EXPECT_EQ(container["CapabilityAdd"], json::parse(R"(["CAP_NET_ADMIN","CAP_NET_RAW"])"));
  EXPECT_FALSE(container.contains("Ulimits")) << "P29: it keeps containers from starting on some hosts";
  EXPECT_EQ(container["ReadOnly"], true);
  EXPECT_EQ(container["Privileges"], json::parse(R"({"NoNewPrivileges":true})"));
  EXPECT_FALSE(container.contains("Mounts")) << "no socket, and nothing of the host";
  EXPECT_EQ(container["StopGracePeriod"], 10'000'000'000);
  EXPECT_EQ(container["Healthcheck"],
            json::parse(R"({"Test":["CMD","/usr/sbin/swarm-vip-agent","healthcheck"],
      "Interval":2000000000,"Timeout":30000000000,"Retries":30})"));
  EXPECT_FALSE(container["Healthcheck"].contains("StartPeriod")) << "older engines do not know StartInterval";
  EXPECT_EQ(container["Configs"], json::parse(R"([{"ConfigID":"c1","ConfigName":"plan",
      "File":{"Name":"/etc/swarm-vip/plan.json","UID":"0","GID":"0","Mode":292}}])"));
  EXPECT_EQ(container["Secrets"], json::parse(R"([{"SecretID":"k1","SecretName":"key",
      "File":{"Name":"/run/secrets/swarm-vip-key","UID":"0","GID":"0","Mode":256}}])"));
  EXPECT_EQ(document["UpdateConfig"],
            json::parse(R"({"Parallelism":0,"Order":"start-first","FailureAction":"rollback",
      "Monitor":5000000000})"));
  EXPECT_EQ(document["RollbackConfig"],
            json::parse(R"({"Parallelism":0,"Order":"start-first","FailureAction":"pause",
      "Monitor":5000000000})"));
}

TEST(Json, RefusesAServiceWhoseFilesHaveNoIds) {
  ServiceSpec spec;
  spec.plan.object = "plan";
  const auto text = service_json(spec, {});
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Errc::not_found);
}

TEST(Json, WritesConfigsAndSecretsInBase64) {
  EXPECT_EQ(json::parse(config_json({.name = "p", .labels = {{"a", "b"}}, .data = R"({"a":1})"})),
            json::parse(R"({"Name":"p","Labels":{"a":"b"},"Data":"eyJhIjoxfQ=="})"));
  EXPECT_EQ(json::parse(secret_json("s", {}, "x"))["Data"], "eA==");
}

TEST(Json, WritesALoginAsTheEngineDecodesIt) {
  const RegistryLogin login{.registry = "b.example", .username = "u", .password = "p?>~"};
  // {"password":"p?>~","serveraddress":"b.example","username":"u"} in the alphabet of URLs, with padding
  EXPECT_EQ(registry_auth(login, "b.example/x"),
            "eyJwYXNzd29yZCI6InA_Pn4iLCJzZXJ2ZXJhZGRyZXNzIjoiYi5leGFtcGxlIiwidXNlcm5hbWUiOiJ1In0=");
  const RegistryLogin of_any{.registry = "", .username = "u", .password = "p?>~"};
  EXPECT_EQ(registry_auth(of_any, "b.example/x"), registry_auth(login, "b.example/x"));
}

TEST(Json, WritesFilters) {
  EXPECT_EQ(filters_json({{"type", {"node", "service"}}}), R"({"type":{"node":true,"service":true}})");
}

TEST(NodeUpdate, ChangesOneLabelAndLeavesTheRestOfTheNodeAsItWas) {
  const std::string node =
      R"({"ID":"a","Version":{"Index":7},"Spec":{"Name":"x","Role":"worker","Future":[1],"Labels":{"rack":"7"}}})";
  const auto with = node_update(node, "swarm-vip.drain", "true").value();
  EXPECT_EQ(with.version, 7U);
  EXPECT_EQ(
      nlohmann::json::parse(with.body),
      nlohmann::json::parse(
          R"({"Name":"x","Role":"worker","Future":[1],"Labels":{"rack":"7","swarm-vip.drain":"true"}})"));
  const auto without = node_update(node, "rack", std::nullopt).value();
  EXPECT_EQ(nlohmann::json::parse(without.body)["Labels"], nlohmann::json::object());
  const auto bare = node_update(R"({"Version":{"Index":1},"Spec":{"Labels":null}})", "a", "b").value();
  EXPECT_EQ(bare.body, R"({"Labels":{"a":"b"}})");
  for (const auto* const garbage : {"", "[]", "{}", R"({"Spec":{}})", R"({"Spec":1,"Version":{"Index":1}})"})
    EXPECT_FALSE(node_update(garbage, "a", "b")) << garbage;
}

}  // namespace
}  // namespace vip::swarm
