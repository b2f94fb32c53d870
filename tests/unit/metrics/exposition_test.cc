#include "common/metrics/exposition.h"

#include <array>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "common/metrics/process.h"

namespace vip::metrics {
namespace {

std::string number(double value) {
  Exposition exposition;
  exposition.family(Kind::gauge, "x", "X.");
  exposition.sample({}, value);
  const auto text = std::move(exposition).text();
  const auto at = text.rfind("\nx ") + 3;
  return text.substr(at, text.size() - at - 1);
}

TEST(Exposition, AFamilyHasItsHeadOnce) {
  Exposition exposition;
  exposition.family(Kind::counter, "vip_a_total", "How often.");
  exposition.sample({{.name = "node", .value = "n1"}}, 1);
  exposition.sample({{.name = "node", .value = "n2"}, {.name = "why", .value = "none"}}, 2);
  exposition.family(Kind::gauge, "vip_b", "B.");
  exposition.sample({}, 0.25);
  EXPECT_EQ(std::move(exposition).text(),
            "# HELP vip_a_total How often.\n"
            "# TYPE vip_a_total counter\n"
            "vip_a_total{node=\"n1\"} 1\n"
            "vip_a_total{node=\"n2\",why=\"none\"} 2\n"
            "# HELP vip_b B.\n"
            "# TYPE vip_b gauge\n"
            "vip_b 0.25\n");
}

TEST(Exposition, AFamilyWithoutSamplesIsLeftOut) {
  Exposition exposition;
  exposition.family(Kind::gauge, "vip_a", "A.");
  exposition.family(Kind::gauge, "vip_b", "B.");
  EXPECT_EQ(std::move(exposition).text(), "");
}

TEST(Exposition, WhatALabelSaysIsEscaped) {
  Exposition exposition;
  exposition.family(Kind::gauge, "a", "One \\ line\nand \"more\".");
  exposition.sample({{.name = "b", .value = "\\ \"quoted\"\nand} more"}}, 1);
  EXPECT_EQ(std::move(exposition).text(),
            "# HELP a One \\\\ line\\nand \"more\".\n"
            "# TYPE a gauge\n"
            "a{b=\"\\\\ \\\"quoted\\\"\\nand} more\"} 1\n");
}

TEST(Exposition, Numbers) {
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(-3), "-3");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(1795876800.123), "1795876800.123");
  EXPECT_EQ(number(9007199254740992.0), "9007199254740992");
  EXPECT_EQ(std::stod(number(1e300)), 1e300);
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(number(std::nan("")), "NaN");
}

TEST(Exposition, AHistogramCountsUpwards) {
  Exposition exposition;
  exposition.family(Kind::histogram, "took_seconds", "How long.");
  exposition.histogram({{.name = "node", .value = "n1"}}, std::array{0.05, 1.0},
                       std::array<std::uint64_t, 3>{2, 0, 1}, 7.5);
  EXPECT_EQ(std::move(exposition).text(),
            "# HELP took_seconds How long.\n"
            "# TYPE took_seconds histogram\n"
            "took_seconds_bucket{node=\"n1\",le=\"0.05\"} 2\n"
            "took_seconds_bucket{node=\"n1\",le=\"1\"} 2\n"
            "took_seconds_bucket{node=\"n1\",le=\"+Inf\"} 3\n"
            "took_seconds_sum{node=\"n1\"} 7.5\n"
            "took_seconds_count{node=\"n1\"} 3\n");
}

TEST(Exposition, AProcess) {
  using namespace std::chrono_literals;
  Exposition exposition;
  add_process(exposition, {.started = 1795876800s, .cpu = 250ms, .resident_bytes = 2560, .open_fds = 12});
  const auto text = std::move(exposition).text();
  for (const auto* line : {"process_start_time_seconds 1795876800\n", "process_cpu_seconds_total 0.25\n",
                           "process_resident_memory_bytes 2560\n", "process_open_fds 12\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

}  // namespace
}  // namespace vip::metrics
