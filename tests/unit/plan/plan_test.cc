#include "common/plan/plan.h"

#include <gtest/gtest.h>

#include "common/base/text.h"

namespace vip::plan {
namespace {

using namespace std::chrono_literals;

Plan sound() {
  return {.group = "web",
          .generation = 3,
          .lease = {.kind = Lease::Kind::fixed, .fixed = 5s},
          .interface = "auto",
          .auth = {.mode = Auth::Mode::hmac, .file = "/run/secrets/swarm-vip-key"},
          .routers = {{.vrid = Vrid(51), .addresses = {IpPrefix::parse("192.0.2.100/24").value()}}},
          .members = {{.id = "a",
                       .hostname = "n1",
                       .address = IpAddress::parse("192.0.2.1").value(),
                       .priority = Priority(100),
                       .interface = "eth1"},
                      {.id = "b",
                       .hostname = "n2",
                       .address = IpAddress::parse("192.0.2.2").value(),
                       .priority = Priority(99),
                       .interface = ""}}};
}

TEST(Plan, SurvivesItsJsonForm) {
  EXPECT_EQ(from_json(to_json(sound())), sound());
}

// IPv6 beside IPv4, moving together, and everything about the wire that can be chosen.
TEST(Plan, SoDoesEverythingThatCanBeChosen) {
  auto plan = sound();
  plan.routers[0].sync = "web";
  plan.routers.push_back(
      {.vrid = Vrid(51), .addresses = {IpPrefix::parse("fd00::100").value()}, .sync = "web"});
  plan.members[0].address6 = IpAddress::parse("fd00::1");
  plan.members[1].address6 = IpAddress::parse("fe80::2");
  plan.routers[0].priorities[plan.members[0].id] = Priority(7);
  plan.any_source = true;
  plan.ttl_min = 64;
  plan.checksum = Checksum::message_only;
  plan.start_wait = 3600ms;
  plan.announce = {.at = {0ms, 2s}, .refresh = 0ms};
  plan.virtual_mac = true;
  plan.accept = false;
  plan.checks = {parse_check("http://[2001:db8::7]:8080/ready status=200-204 host=web weight=-20").value(),
                 parse_check("https://shop.example.org/ interval=5s timeout=4s rise=3 fall=4").value(),
                 parse_check("listen:443").value(), parse_check("interface:eth1").value(),
                 parse_check("script:/bin/check \"a b\"").value()};
  plan.notify = {
      .any = "#!/bin/sh\necho", .active = "a", .backup = "b", .fault = "f", .stop = "s", .timeout = 5s};
  EXPECT_EQ(from_json(to_json(plan)), plan);
  plan.transport = Transport::multicast;
  plan.any_source = false;
  plan.members[1].address6.reset();
  EXPECT_EQ(from_json(to_json(plan)), plan) << "multicast needs nobody's address";
}

TEST(Plan, SoDoesAStepFromOneWayToSpeakToAnother) {
  auto plan = sound();
  plan.auth.accepts = {"/run/secrets/new", "/run/secrets/newer"};
  plan.members[1].standby = true;
  plan.routers[0].also_vrid = Vrid(52);
  plan.also = {.version = 2,
               .advert_interval = 3s,
               .auth = {.mode = Auth::Mode::password, .file = "/run/secrets/password"}};
  EXPECT_EQ(from_json(to_json(plan)), plan);
  EXPECT_EQ(secret_files(plan), (std::vector<std::string>{"/run/secrets/swarm-vip-key", "/run/secrets/new",
                                                          "/run/secrets/newer", "/run/secrets/password"}));
}

TEST(Plan, NamesWhatIsAllowed) {
  auto text = to_json(sound());
  const auto wrong = [&](const std::string& from, const std::string& to) {
    auto changed = text;
    changed.replace(changed.find(from), from.size(), to);
    return from_json(changed).error().context;
  };
  EXPECT_EQ(wrong(R"("unicast")", R"("broadcast")"),
            "transport: 'broadcast'; allowed are unicast, multicast");
  EXPECT_EQ(wrong(R"("sources":"peers")", R"("sources":"all")"), "sources: 'all'; allowed are peers, any");
  EXPECT_EQ(wrong(R"("ttl_min":255)", R"("ttl_min":256)"),
            "ttl_min: 256 is not a whole number from 0 to 255");
  EXPECT_EQ(wrong(R"("at_ms":[0,)", R"("at_ms":["x",)"),
            R"(announce.at_ms: "x" is not a number of milliseconds)");
}

TEST(Plan, TheTextIsCanonical) {
  const auto text = to_json(sound());
  EXPECT_EQ(text.find_first_of(" \n"), std::string::npos);
  EXPECT_TRUE(text.starts_with(R"({"accept":true,"advert_interval_ms":250,"announce":{"at_ms":)")) << text;
  EXPECT_EQ(short_hash(text), short_hash(to_json(sound())));
}

// FIPS 180-2's example.
TEST(Plan, TheHashIsSha256) {
  EXPECT_EQ(short_hash("abc"), "ba7816bf8f01");
}

TEST(Plan, AnOlderAgentReadsANewerOperatorsPlan) {
  auto text = to_json(sound());
  text.insert(1, R"("brand_new":{"key":1},)");
  EXPECT_EQ(from_json(text), sound());
}

TEST(Plan, GenerationAloneIsNoDifference) {
  auto other = sound();
  other.generation = 9;
  EXPECT_TRUE(same_but_generation(sound(), other));
  other.preempt = false;
  EXPECT_FALSE(same_but_generation(sound(), other));
}

TEST(Plan, RefusesWhatCannotBeObeyed) {
  const std::vector<std::pair<void (*)(Plan&), std::string>> table{
      {[](Plan& p) { p.members.clear(); }, "members: none"},
      {[](Plan& p) { p.routers.clear(); }, "routers: none"},
      {[](Plan& p) { p.routers[0].addresses.clear(); }, "no address"},
      {[](Plan& p) { p.routers[0].addresses = {IpPrefix::parse("192.0.2.1/24").value()}; },
       "192.0.2.1 is a member's own address"},
      {[](Plan& p) { p.routers[0].addresses = {IpPrefix::parse("224.0.0.5").value()}; },
       "no host can own 224.0.0.5/32"},
      {[](Plan& p) { p.routers[0].addresses = {IpPrefix::parse("192.0.2.9/0").value()}; },
       "no host can own 192.0.2.9/0"},
      {[](Plan& p) { p.routers[0].addresses.assign(256, p.routers[0].addresses[0]); },
       "more than 255 addresses"},
      {[](Plan& p) { p.members[1].address = IpAddress::parse("fd00::1").value(); },
       "member n2: no address of ipv4, from which its unicast would come"},
      {[](Plan& p) { p.routers[0].vrid = Vrid(0); }, "vrid"},
      {[](Plan& p) { p.routers.push_back(p.routers[0]); }, "stands twice"},
      {[](Plan& p) { p.members[1].priority = p.members[0].priority; }, "priority 100 stands twice"},
      {[](Plan& p) { p.members[1].address = p.members[0].address; }, "stands twice"},
      {[](Plan& p) { p.members[1].id = "a"; }, "the id stands twice"},
      {[](Plan& p) { p.members[1].address = IpAddress(); }, "cannot be a node's address"},
      {[](Plan& p) { p.advert_interval = 5ms; }, "advert_interval_ms"},
      {[](Plan& p) { p.advert_interval = 255ms; }, "advert_interval_ms"},
      {[](Plan& p) { p.version = 2; }, "advert_interval_ms"},
      {[](Plan& p) { p.auth.file.clear(); }, "auth: no file"},
      {[](Plan& p) { p.auth.mode = Auth::Mode::password; }, "auth: password; a password goes with version 2"},
      {[](Plan& p) { p.routers[0].addresses = {IpPrefix::parse("fd00::1").value()}; },
       "member n1: no address of ipv6, from which its unicast would come"},
      {[](Plan& p) { p.routers[0].addresses.push_back(IpPrefix::parse("fd00::1").value()); },
       "fd00::1/128 is of another family"},
      {[](Plan& p) { p.members[1].address6 = IpAddress::parse("192.0.2.9"); }, "address6 192.0.2.9"},
      {[](Plan& p) { p.routers[0].priorities["nobody"] = Priority(9); }, "priorities: nobody is no member"},
      {[](Plan& p) { p.routers[0].priorities["a"] = p.members[1].priority; },
       "router 51, member n2: priority"},
      {[](Plan& p) { p.routers[0].priorities["a"] = Priority(255); }, "priority 255; allowed are 1 to 254"},
      {[](Plan& p) { p.announce.at = {}; }, "announce.at_ms: 0 times"},
      {[](Plan& p) { p.auth = {.window = 5s}; }, "auth.window_s: without a key"},
      {[](Plan& p) {
         p.any_source = true;
         p.transport = Transport::multicast;
       },
       "sources: any; with multicast"},
      {[](Plan& p) { p.announce.at = {1s, 1s}; }, "announce.at_ms: the times do not rise"},
      {[](Plan& p) { p.auth = {.accepts = {"/run/secrets/new"}}; }, "auth.accepts: without a key"},
      {[](Plan& p) { p.routers[0].also_vrid = Vrid(52); }, "also_vrid: 52; it needs the plan's `also`"},
      {[](Plan& p) {
         p.also = {.auth = p.auth};
         p.routers.push_back({.vrid = Vrid(52), .addresses = {IpPrefix::parse("192.0.2.101").value()}});
         p.routers[0].also_vrid = Vrid(52);
       },
       "router 52: the vrid stands twice"},
      {[](Plan& p) { p.also = {.auth = {.mode = Auth::Mode::hmac, .file = "/other"}}; },
       "also.auth: another one than `auth`"},
      {[](Plan& p) { p.also = {.version = 2, .advert_interval = 250ms}; }, "also.advert_interval_ms: 250"},
      {[](Plan& p) { p.also = {.version = 2, .auth = p.auth}; },
       "also.auth: hmac; a password goes with version 2"},
      {[](Plan& p) {
         p.version = 2;
         p.advert_interval = 60s;
         p.auth = {};
         p.also = Also{};
       },
       "also.version: 3; it cannot say an interval of 60000 ms"},
  };
  for (const auto& [break_it, expected] : table) {
    auto plan = sound();
    break_it(plan);
    const auto found = join(problems(plan), "; ");
    EXPECT_NE(found.find(expected), std::string::npos) << expected << " not in: " << found;
    EXPECT_FALSE(from_json(to_json(plan))) << expected;
  }
}

TEST(Plan, LevelsLieAboveWhoIsDrainedAndAtWhoIsPreferred) {
  auto plan = sound();
  EXPECT_TRUE(levels(plan, plan.routers[0]).empty());
  EXPECT_EQ(to_json(plan).find("drained"), std::string::npos) << "as in a plan of before";
  plan.members[0].drained = true;
  plan.members[0].priority = Priority(2);
  plan.members[1].preferred = true;
  plan.members[1].priority = Priority(254);
  EXPECT_EQ(levels(plan, plan.routers[0]), (std::vector{Priority(3), Priority(254)}));
  EXPECT_EQ(from_json(to_json(plan)).value(), plan);
  plan.routers[0].priorities = {{"a", Priority(7)}};
  EXPECT_EQ(levels(plan, plan.routers[0]).front(), Priority(8)) << "each router has its own";
  plan.members[0].standby = true;
  EXPECT_EQ(levels(plan, plan.routers[0]), std::vector{Priority(254)}) << "who says nothing does not count";
}

TEST(Plan, ALevelLiesBetweenWhoIsDrainedAndWhoIsUnserved) {
  auto plan = sound();
  EXPECT_EQ(to_json(plan).find("follow"), std::string::npos) << "as in a plan of before";
  EXPECT_EQ(to_json(plan).find("unserved"), std::string::npos);
  plan.follow = "shop";
  plan.members[0].drained = true;
  plan.members[0].priority = Priority(2);
  plan.members[1].unserved = true;
  plan.members[1].priority = Priority(3);
  EXPECT_EQ(levels(plan, plan.routers[0]), (std::vector{Priority(3), Priority(4)}));
  EXPECT_EQ(from_json(to_json(plan)).value(), plan);
}

TEST(Plan, GarbageIsAnErrorThatSaysWhat) {
  EXPECT_EQ(from_json("").error().context, "not a JSON object");
  EXPECT_EQ(from_json("[1,2]").error().context, "not a JSON object");
  EXPECT_NE(from_json(R"({"schema":2})").error().context.find("schema"), std::string::npos);
  const auto several =
      from_json(R"({"schema":1,"group":7,"members":[{"id":"a","priority":300}]})").error().context;
  for (const auto* part :
       {"group: is not a text", "members.priority: 300", "routers: is missing", "members.address"}) {
    EXPECT_NE(several.find(part), std::string::npos) << part << " not in: " << several;
  }
}

TEST(Lease, ItsThreeForms) {
  EXPECT_EQ(Lease::parse("auto"), Lease{});
  EXPECT_EQ(Lease::parse("off")->kind, Lease::Kind::off);
  EXPECT_EQ(Lease::parse("5s")->fixed, 5s);
  for (const auto* text : {"", "5", "1s", "0s", "-5s", "86401s", "5m", "AUTO"})
    EXPECT_FALSE(Lease::parse(text)) << text;
}

}  // namespace
}  // namespace vip::plan
