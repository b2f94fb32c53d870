#include "vrrp/metrics.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/unit/vrrp/wire_values.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

// An agent with everything that there can be.
AgentStatus busy() {
  RouterStatus router{
      .vrid = Vrid(51),
      .interface = "eth0",
      .state = State::active,
      .trouble = Trouble::duplicate_owner,
      .priority = Priority(120),
      .addresses = {IpPrefix::parse("192.0.2.201/24").value(), IpPrefix::parse("192.0.2.202").value()},
      .advert_interval = 250ms,
      .transitions = {{.at = 1795876800123ms, .to = State::active, .cause = Cause::silence}},
      .counters = {.advertisements_sent = 1,
                   .advertisements_received = 2,
                   .priority_zero_sent = 3,
                   .priority_zero_received = 4,
                   .hellos_sent = 5,
                   .hellos_received = 6,
                   .send_errors = 7,
                   .announcements = 8,
                   .transitions = 9,
                   .became_active = 10,
                   .left_active = 11,
                   .put_back = 12,
                   .foreign_owners = 13,
                   .unheard = 14}};
  router.counters.discards.front() = 15;
  router.counters.notices.back() = 16;
  router.takeovers.add(50ms);
  router.takeovers.add(930ms);
  router.takeovers.add(1min);
  return {.group = "web",
          .node = "x2k",
          .hostname = "n1",
          .generation = 7,
          .acts = true,
          .restarts = 2,
          .realtime = true,
          .lease = 4s,
          .lease_renewals = 17,
          .strays = {18},
          .checks =
              {{.name = "http", .kind = "http", .result = "passes", .results = 19, .bad = 20, .changes = 21},
               {.name = "new", .kind = "tcp", .result = "unknown"}},
          .routers = {router}};
}

constexpr ProcessFacts kProcess{
    .started = 1795876000s, .cpu = 1500ms, .resident_bytes = 2621440, .open_fds = 21};

// VIP_UPDATE_GOLDEN=1 writes the file anew: read the difference.
TEST(Metrics, AreAsInTheGoldenFile) {
  const auto text = metrics_text(busy(), kProcess);
  if (std::getenv("VIP_UPDATE_GOLDEN") != nullptr) std::ofstream(GOLDEN_FILE) << text;
  std::ostringstream golden;
  golden << std::ifstream(GOLDEN_FILE).rdbuf();
  EXPECT_EQ(text, golden.str());
}

TEST(Metrics, AnAddressIsHeldExactlyByWhoIsActive) {
  for (const auto state : {State::initialize, State::backup, State::active, State::fault}) {
    auto status = busy();
    status.routers[0].state = state;
    const auto text = metrics_text(status, kProcess);
    const std::string held = state == State::active ? "1" : "0";
    for (const auto* vip : {"192.0.2.201", "192.0.2.202"}) {
      EXPECT_NE(text.find("interface=\"eth0\",vip=\"" + std::string(vip) + "\"} " + held + "\n"),
                std::string::npos)
          << name(state);
    }
  }
}

TEST(Metrics, WhoStandsByHasNoRouters) {
  const auto text = metrics_text({.group = "web", .node = "x2k"}, kProcess);
  EXPECT_NE(text.find("swarmvip_agent_in_charge{group=\"web\",node=\"x2k\"} 0\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("vrid="), std::string::npos) << text;
}

// Prometheus refuses a scrape in which a series comes twice.
TEST(Metrics, NoSeriesComesTwice) {
  auto status = busy();
  status.routers.push_back(status.routers[0]);
  status.routers[1].vrid = Vrid(52);
  std::istringstream lines(metrics_text(status, kProcess));
  std::set<std::string> known;
  for (std::string line; std::getline(lines, line);)
    EXPECT_TRUE(known.insert(line.substr(0, line.rfind(' '))).second) << line;
}

}  // namespace
}  // namespace vip::vrrp
