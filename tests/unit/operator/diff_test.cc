#include "operator/core/diff.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "swarm_world.h"

namespace vip::swarm {
namespace {

constexpr std::string_view kService = "vip_agent-production";

class Diff : public testing::Test {
 protected:
  Diff() { world.observed().nodes = {make_node(1), make_node(2)}; }

  Desired desired() {
    const auto& observed = world.observed();
    const auto* const service = agent_service(observed, kIdentity, settings.name);
    const auto secrets = choose_secrets(settings, service, observed, world.matching());
    const auto known = DeployedPlans(observed).known_to(service, settings.name);
    const auto group = make_plan(settings, observed.nodes, known, secrets);
    return make_desired(settings, group.plan.value(), agent, kIdentity);
  }
  std::vector<Step> steps(const Leave& leave = {}) {
    return diff(desired(), kIdentity, world.observed(), settings.name, leave);
  }
  // Applies until nothing is left to do.
  void settle() {
    for (int round = 0; round < 5; ++round) world.apply(steps());
    ASSERT_TRUE(steps().empty());
  }
  std::vector<std::string> words(const Leave& leave = {}) {
    std::vector<std::string> all;
    for (const auto& step : steps(leave)) all.push_back(step.words);
    return all;
  }

  void version2() {
    settings.version = 2;
    settings.advert_interval = std::chrono::seconds(1);
    settings.auth = plan::Auth::Mode::password;
  }

  World world;
  GroupSettings settings = make_group();
  AgentSettings agent{.image = "img@sha256:1", .environment = {}};
};

TEST_F(Diff, FromNothingMakesSecretPlanAndServiceInThisOrder) {
  const auto all = steps();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].words, "create secret production-key-1");
  const auto& config = std::get<CreateConfig>(all[1].action).config;
  EXPECT_TRUE(config.name.starts_with("production-plan-"));
  const auto& service = std::get<CreateService>(all[2].action).service;
  EXPECT_EQ(service.name, kService);
  EXPECT_EQ(service.constraints, (std::vector<std::string>{"node.labels.keepalived_group==production",
                                                           "node.labels.swarm-vip.keepalived!=production"}));
  EXPECT_EQ(service.plan.object, config.name);
  EXPECT_EQ(label(service.labels, kStackLabel), "vip");
  EXPECT_EQ(config.name, "production-plan-" + std::string(label(service.labels, kPlanLabel)));
}

// Where an engine would not understand it, a new agent would wait a minute for its first check.
TEST_F(Diff, IsAskedOftenAtTheStartAloneWhereAllEnginesCan) {
  auto& observed = world.observed();
  const auto check = [&] {
    return health_check(observed, make_plan(settings, observed.nodes, {}, {}).plan.value());
  };
  observed.api_version = {1, 44};
  for (auto& node : observed.nodes) node.engine_version = "25.0.3";
  EXPECT_EQ(check().interval, std::chrono::minutes(1));
  EXPECT_EQ(check().start_interval, std::chrono::seconds(2));
  EXPECT_GT(check().retries, 1U) << "one failure alone stops no agent";
  EXPECT_GE(check().interval * check().retries, HealthCheck{}.interval * HealthCheck{}.retries)
      << "nor does a disk that is slow for as long as the usual check bears";
  EXPECT_GT(check().start_period, std::chrono::seconds(0)) << "or an engine heeds no interval of the start";
  for (const auto* const older : {"24.0.7", "20.10.24+dfsg1", ""}) {
    observed.nodes[1].engine_version = older;
    EXPECT_EQ(check().interval, std::chrono::seconds(2)) << older;
    EXPECT_EQ(check().start_interval, std::chrono::seconds(0)) << older;
  }
  observed.nodes[1].engine_version = "28.1.0";
  EXPECT_EQ(check().interval, std::chrono::minutes(1));
  observed.api_version = {1, 43};
  EXPECT_EQ(check().interval, std::chrono::seconds(2)) << "the API does not carry it";
}

TEST_F(Diff, AnEngineThatLearnsToCheckLessOftenIsAskedTo) {
  settle();
  world.observed().api_version = {1, 44};
  for (auto& node : world.observed().nodes) node.engine_version = "25.0.3";
  agent.health =
      health_check(world.observed(), make_plan(settings, world.observed().nodes, {}, {}).plan.value());
  EXPECT_EQ(steps().size(), 1U);
}

TEST_F(Diff, AfterApplyIsEmpty) {
  world.apply(steps());
  EXPECT_TRUE(steps().empty());
  version2();
  settle();
}

TEST_F(Diff, NoiseChangesNothing) {
  settle();
  for (auto& node : world.observed().nodes) {
    node.state = NodeState::down;
    node.availability = Availability::drain;
  }
  world.service(kService).version = 99;
  std::ranges::reverse(world.observed().nodes);
  EXPECT_TRUE(steps().empty());
}

TEST_F(Diff, SaysInWordsWhatAnUpdateChanges) {
  settle();
  world.observed().nodes.push_back(make_node(3, {{"KEEPALIVED_PRIORITY", "120"}}));
  world.observed().nodes.erase(world.observed().nodes.begin());
  agent.image = "img@sha256:2";
  const auto all = words();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1],
            "update service vip_agent-production: member n1 leaves; priority of n2 96 -> 100; "
            "member n3 joins with priority 120; image img@sha256:1 -> img@sha256:2");
}

TEST_F(Diff, UpdatesWithTheNewestVersionOfTheService) {
  settle();
  world.service(kService).version = 41;
  agent.image = "img@sha256:2";
  EXPECT_EQ(std::get<UpdateService>(steps().back().action).version, 41U);
}

TEST_F(Diff, TheSpecLabelTellsAnyChangeOfHowAgentsAreRun) {
  std::set<std::string> labels{desired().service.labels.at(std::string(kSpecLabel))};
  const auto is_new = [&] {
    return labels.insert(desired().service.labels.at(std::string(kSpecLabel))).second;
  };
  agent.image = "img@sha256:2";
  EXPECT_TRUE(is_new());
  agent.environment = {"SWARM_VIP_LOG_LEVEL=debug"};
  EXPECT_TRUE(is_new());
  settings.label_key = "rack";
  for (auto& node : world.observed().nodes) node.labels["rack"] = "production";
  EXPECT_TRUE(is_new());
  settings.preempt = false;
  EXPECT_TRUE(is_new());
  version2();
  EXPECT_TRUE(is_new());
  EXPECT_FALSE(is_new());
}

TEST_F(Diff, UpdatesWhenOnlyTheAgentsEnvironmentChanges) {
  settle();
  agent.environment = {"SWARM_VIP_LOG_LEVEL=debug"};
  EXPECT_EQ(words(),
            (std::vector<std::string>{"update service vip_agent-production: how its agents are run"}));
  settle();
}

TEST_F(Diff, PutsBackWhatAHandChangedOnTheService) {
  settle();
  world.service(kService).spec.image = "other";
  EXPECT_EQ(steps().size(), 1U);
  world.apply(steps());
  EXPECT_TRUE(steps().empty());
}

TEST_F(Diff, ForeignObjectsNeverAppear) {
  world.add_config("production-plan-000000000000", {}, "not ours");
  world.add_secret("production-key-4", {{"owner", "somebody"}});
  world.add_service("web", "web", {});
  const Labels staging{{std::string(kRoleLabel), "plan"}, {std::string(kGroupLabel), "staging"}};
  for (const auto* const name : {"staging-plan-1", "staging-plan-2", "staging-plan-3"})
    world.add_config(name, staging, "{}");
  settle();
  for (int i = 0; i < 4; ++i) {
    settings.advert_interval += std::chrono::milliseconds(10);
    settle();
  }
  EXPECT_EQ(std::ranges::count(world.observed().configs, "staging",
                               [](const Config& c) { return label(c.labels, kGroupLabel); }),
            3);
  EXPECT_NE(std::ranges::find(world.observed().configs, "production-plan-000000000000", &Config::name),
            world.observed().configs.end());
  EXPECT_NE(std::ranges::find(world.observed().secrets, "production-key-4", &Secret::name),
            world.observed().secrets.end());
}

TEST_F(Diff, AForeignSecretsNameIsSkippedNotTaken) {
  world.add_secret("production-key-4", {});
  EXPECT_EQ(words().front(), "create secret production-key-5");
}

TEST_F(Diff, ANewPasswordIsSpokenBesideTheOldOneAndThenAlone) {
  version2();
  settle();
  world.password_changed();
  auto all = words();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0], "create secret production-password-2");
  EXPECT_TRUE(
      all[2].starts_with("update service vip_agent-production: spoken and understood besides nothing -> "
                         "version 2 router id 51 every 1s password by production-password-2"))
      << all[2];
  world.apply(steps());
  EXPECT_EQ(world.service(kService).spec.secrets.size(), 2U);
  all = words();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(
      all[1].starts_with("update service vip_agent-production: authentication password by "
                         "production-password-1 -> password by production-password-2"))
      << all[1];
  settle();
  EXPECT_EQ(world.service(kService).spec.secrets.size(), 1U);
}

TEST_F(Diff, AnotherGeneratedKeyIsUnderstoodThenUsedThenAlone) {
  settle();
  settings.key_rotation = 1;
  const auto key = [this] { return plan_of(world.observed(), world.service(kService))->auth; };
  world.apply(steps());
  EXPECT_EQ(key().file, "/run/secrets/production-key-1");
  EXPECT_EQ(key().accepts, std::vector<std::string>{"/run/secrets/production-key-2"});
  world.apply(steps());
  EXPECT_EQ(key().file, "/run/secrets/production-key-2");
  EXPECT_EQ(key().accepts, std::vector<std::string>{"/run/secrets/production-key-1"});
  settle();
  EXPECT_EQ(key().file, "/run/secrets/production-key-2");
  EXPECT_TRUE(key().accepts.empty());
  settings.key_rotation = 0;
  settle();
  EXPECT_EQ(key().file, "/run/secrets/production-key-1") << "what is still there is used again";
}

TEST_F(Diff, AnOwnKeyIsKnownAgainByItsVerifierAndNeverTakenForAGeneratedOne) {
  settings.own_key = true;
  settle();
  EXPECT_EQ(world.service(kService).spec.secrets.front().name, "production-key-1");
  EXPECT_TRUE(steps().empty());
  settings.own_key = false;
  world.observed().secrets.front().labels.emplace(kVerifierLabel, "of the own one");
  settle();
  EXPECT_EQ(world.service(kService).spec.secrets.front().name, "production-key-2");
}

TEST_F(Diff, AStepWaitsForEveryAgentThatMayBeAlive) {
  settle();
  world.run_agents();
  settings.router_id = Vrid(52);
  world.apply(steps());
  EXPECT_TRUE(steps().empty()) << "the agents still have the plan before";
  world.observed().tasks.front().spec = world.service(kService).spec;
  EXPECT_TRUE(steps().empty()) << "one of them does";
  world.run_agents();
  EXPECT_EQ(words().back(),
            "update service vip_agent-production: router id 51 -> 52; "
            "spoken and understood besides version 3 router id 52 -> nothing");
  settle();
}

// Swarm calls the task of a node that lost its label rejected at once, and asks its agent to stop 3 s later.
TEST_F(Diff, WhoLostItsLabelIsSpokenToUntilItsAgentIsGone) {
  version2();
  settle();
  world.run_agents();
  auto& leaver = world.observed().tasks.back();
  leaver.state = TaskState::failed;
  leaver.rejected = true;
  leaver.changed_at = world.observed().at;
  world.observed().nodes.back().labels.clear();
  const auto members = [this] { return plan::from_json(desired().plan.data)->members; };
  ASSERT_EQ(members().size(), 2U);
  EXPECT_TRUE(std::ranges::any_of(members(), &plan::Member::standby));
  world.observed().at += kStopMax;
  EXPECT_EQ(members().size(), 1U);
}

TEST_F(Diff, WhoRevokesDoesNotWait) {
  settle();
  world.run_agents();
  settings.router_id = Vrid(52);
  settings.revoke = true;
  EXPECT_EQ(words().back(), "update service vip_agent-production: router id 51 -> 52");
}

TEST_F(Diff, DoesNothingOnceItsOwnServiceIsGone) {
  std::erase_if(world.observed().services, [](const Service& service) { return service.id == "own"; });
  EXPECT_TRUE(steps().empty());
}

TEST_F(Diff, WaitsBeforeItPutsAVanishedServiceBack) {
  EXPECT_TRUE(steps({.create_service = false}).empty());
  EXPECT_EQ(steps({.create_service = true}).size(), 3U);
}

TEST_F(Diff, HoldsAndRepeatsAnUpdateAsToldTo) {
  settle();
  EXPECT_EQ(words({.update_service = UpdateLeave::again}),
            (std::vector<std::string>{"update service vip_agent-production: the same again"}));
  agent.image = "img@sha256:2";
  EXPECT_TRUE(steps({.update_service = UpdateLeave::hold}).empty());
}

TEST_F(Diff, TellsAStalledUpdateFromANewOne) {
  const auto now = at_second(1000);
  settle();
  auto& service = world.service(kService);
  const auto same = desired().service;
  agent.image = "img@sha256:2";
  const auto other = desired().service;
  service.update = UpdateState::paused;
  EXPECT_TRUE(is_stalled(service, same, now));
  EXPECT_FALSE(is_stalled(service, other, now));
  for (const auto state :
       {UpdateState::rollback_started, UpdateState::rollback_paused, UpdateState::rollback_completed}) {
    service.update = state;
    EXPECT_FALSE(is_stalled(service, same, now));
    EXPECT_TRUE(is_stalled(service, other, now));
  }
  service.update_started_at = now - kUpdateMax;
  for (const auto state : {UpdateState::none, UpdateState::updating, UpdateState::completed}) {
    service.update = state;
    EXPECT_FALSE(is_stalled(service, same, now));
    EXPECT_FALSE(is_stalled(service, other, now));
  }
}

class Garbage : public Diff {
 protected:
  // Leaves four plans behind, of which the service and its rollback refer to the last two.
  void SetUp() override {
    for (int i = 0; i < 4; ++i) {
      settings.advert_interval += std::chrono::milliseconds(10);
      world.apply(steps());
      plans.push_back(world.observed().configs.back().name);
    }
  }
  std::vector<std::string> removed() {
    std::vector<std::string> names;
    for (const auto& step : steps()) {
      const auto* const remove = std::get_if<RemoveConfig>(&step.action);
      if (remove != nullptr) names.push_back(remove->id.substr(std::string("config-").size()));
    }
    std::ranges::sort(names);
    return names;
  }
  static std::vector<std::string> sorted(std::vector<std::string> names) {
    std::ranges::sort(names);
    return names;
  }
  std::vector<std::string> plans;
};

TEST_F(Garbage, RemovesPlansNobodyCanAskForAgain) {
  EXPECT_EQ(removed(), sorted({plans[0], plans[1]}));
  settle();
  EXPECT_EQ(world.observed().configs.size(), 2U);
}

TEST_F(Garbage, KeepsTheLatestPlanBeforeAlsoWhenNoRollbackNamesIt) {
  world.service(kService).previous.reset();
  EXPECT_EQ(removed(), sorted({plans[0], plans[1]}));
}

TEST_F(Garbage, KeepsWhatARollbackWouldRestore) {
  world.service(kService).previous->configs = {{.id = "config-" + plans[1], .name = plans[1]}};
  EXPECT_EQ(removed(), sorted({plans[0]}));
}

TEST_F(Garbage, KeepsWhatALivingTaskRefersTo) {
  Task task;
  task.service_id = world.service(kService).id;
  task.spec.configs = {{.id = "config-" + plans[0], .name = plans[0]}};
  for (const auto state : {TaskState::coming, TaskState::running}) {
    task.state = state;
    world.observed().tasks = {task};
    EXPECT_EQ(removed(), sorted({plans[1]}));
  }
  task.state = TaskState::failed;
  world.observed().tasks = {task};
  EXPECT_EQ(removed(), sorted({plans[0], plans[1]}));
}

TEST_F(Garbage, WaitsWhileAnUpdateOrRollbackIsUnderWay) {
  for (const auto state : {UpdateState::updating, UpdateState::paused, UpdateState::rollback_started,
                           UpdateState::rollback_paused}) {
    world.service(kService).update = state;
    EXPECT_TRUE(removed().empty());
  }
  for (const auto state : {UpdateState::none, UpdateState::completed, UpdateState::rollback_completed}) {
    world.service(kService).update = state;
    EXPECT_EQ(removed().size(), 2U);
  }
}

// A node that dies in the middle of an update keeps it waiting for ever.
TEST_F(Diff, AnEndlessUpdateIsTakenUpAgainWithoutTouchingTasks) {
  settle();
  auto& service = world.service("vip_agent-production");
  service.update = UpdateState::updating;
  service.update_started_at = at_second(1000);
  const auto late = at_second(1001) + kUpdateMax;
  ASSERT_TRUE(is_stalled(service, desired().service, late));
  for (const auto* const number : {"1", "2"}) {
    const auto again = steps({.create_service = true, .update_service = UpdateLeave::again});
    ASSERT_EQ(again.size(), 1U);
    const auto& update = std::get<UpdateService>(again[0].action);
    auto expected = desired().service.labels;
    expected["swarm-vip.attempt"] = number;
    EXPECT_EQ(update.service.labels, expected);
    EXPECT_EQ(update.service.container_labels, desired().service.container_labels)
        << "tasks would be replaced";
    world.apply(again);
    EXPECT_TRUE(steps().empty());
  }
}

// --- a group that another operator serves, too

TEST_F(Diff, OfTwoServicesOfAGroupTheLaterOneGoes) {
  settle();
  const Labels theirs{{std::string(kRoleLabel), std::string(kRoleAgent)},
                      {std::string(kGroupLabel), "Production"}};
  auto& other = world.add_service("other", "two_agent-production", theirs);
  const auto own = world.service("vip_agent-production").created_at;

  other.created_at = own + std::chrono::seconds(1);
  EXPECT_TRUE(retire(kIdentity, world.observed(), {"production"}).empty());

  other.created_at = own - std::chrono::seconds(1);
  const auto steps = retire(kIdentity, world.observed(), {"production"});
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].words,
            "remove service vip_agent-production: two_agent-production of another operator was there first");
  world.apply(steps);
  EXPECT_TRUE(retire(kIdentity, world.observed(), {"production"}).empty());
}

// Both operators must come to the same end.
TEST_F(Diff, OfTwoServicesOfTheSameInstantOneGoes) {
  settle();
  auto own_labels = world.service("vip_agent-production").labels;
  auto& other = world.add_service("other", "two_agent-production", own_labels);
  other.created_at = world.service("vip_agent-production").created_at;
  world.add_service("other-own", "two_operator", {});
  const Identity they{
      .service_id = "other-own", .service_name = "two_operator", .stack = "two", .image = {}, .images = {}};

  const auto ours = retire(kIdentity, world.observed(), {"production"});
  const auto theirs = retire(they, world.observed(), {"production"});
  EXPECT_EQ(ours.size() + theirs.size(), 1U);
}

// --- groups that are no longer in the settings

TEST_F(Diff, AGroupThatLeftTheSettingsGoesServiceFirst) {
  settle();
  const auto first = retire(kIdentity, world.observed(), {"another"});
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].words,
            "remove service vip_agent-production: group production is not in the settings any more");
  world.apply(first);
  const auto rest = retire(kIdentity, world.observed(), {"another"});
  EXPECT_EQ(rest.size(), world.observed().configs.size() + world.observed().secrets.size());
  world.apply(rest);
  EXPECT_TRUE(world.observed().configs.empty());
  EXPECT_TRUE(world.observed().secrets.empty());
  EXPECT_TRUE(retire(kIdentity, world.observed(), {"another"}).empty());
}

TEST_F(Diff, AGroupOfTheSettingsStaysInWhateverCase) {
  settle();
  EXPECT_TRUE(retire(kIdentity, world.observed(), {"PRODUCTION"}).empty());
}

TEST_F(Diff, AnotherOperatorsGroupsAreNotTouched) {
  settle();
  auto other = kIdentity;
  other.service_name = "two_operator";
  EXPECT_TRUE(retire(other, world.observed(), {"another"}).empty());
  other.service_name.clear();  // run by hand
  EXPECT_TRUE(retire(other, world.observed(), {"another"}).empty());
}

TEST_F(Diff, NothingIsRetiredWhileOurOwnStackGoesAway) {
  settle();
  auto& services = world.observed().services;
  std::erase_if(services, [](const Service& service) { return service.id == "own"; });
  EXPECT_TRUE(retire(kIdentity, world.observed(), {}).empty());
}

}  // namespace
}  // namespace vip::swarm
