// Runs random histories: sim [--seed=N] [--count=N] [--minutes=N] [--steps=N] [--[no-]model]. Seeds count up
// from the first; each prints nothing unless it fails, then its seed, options and violation. Exit status 1
// when one failed. --model holds every router against the model (model.h), else each fourth seed does.
#include <chrono>
#include <cstdio>
#include <optional>
#include <span>
#include <string_view>

#include "common/base/text.h"
#include "tests/sim/history.h"

namespace {

using namespace vip;             // NOLINT(google-build-using-namespace): a main
using namespace vip::vrrp::sim;  // NOLINT(google-build-using-namespace)

struct Words {
  std::uint64_t seed = 1;
  std::uint64_t count = 100;
  HistoryLimits limits;
  std::optional<bool> model;
};
constexpr std::uint64_t kModelEach = 4;

bool read_word(std::string_view word, Words& words) {
  if (word == "--model" || word == "--no-model") {
    words.model = word == "--model";
    return true;
  }
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) return false;
  const auto number = parse_number<std::uint64_t>(word.substr(equals + 1));
  const auto name = word.substr(0, equals);
  if (!number) return false;
  if (name == "--seed") {
    words.seed = *number;
  } else if (name == "--count") {
    words.count = *number;
  } else if (name == "--minutes") {
    words.limits.virtual_time = std::chrono::minutes(static_cast<std::int64_t>(*number));
  } else if (name == "--steps") {
    words.limits.steps_max = *number;
  } else {
    return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Words words;
  for (const char* word : std::span(argv, static_cast<std::size_t>(argc)).subspan(1)) {
    if (read_word(word, words)) continue;
    (void)std::fprintf(stderr, "sim: '%s' is none of --seed=N --count=N --minutes=N --steps=N --[no-]model\n",
                       word);
    return 2;
  }
  std::uint64_t failed = 0;
  std::uint64_t steps = 0;
  std::uint64_t faults = 0;
  Duration virtual_time{};
  for (std::uint64_t i = 0; i < words.count; ++i) {
    const auto seed = words.seed + i;
    words.limits.with_model = words.model.value_or(seed % kModelEach == 0);
    const auto result = run_history(Seed{seed}, words.limits);
    steps += result.steps;
    faults += result.faults;
    virtual_time += result.virtual_time;
    if (!result.violation) continue;
    ++failed;
    (void)std::printf("seed %llu: %s\n  %s\n", static_cast<unsigned long long>(seed),
                      result.violation->c_str(), result.options.c_str());
  }
  const auto hours = std::chrono::duration<double, std::ratio<3600>>(virtual_time).count();
  (void)std::printf("%llu histories, %llu failed; %.1f virtual hours, %llu events, %llu faults\n",
                    static_cast<unsigned long long>(words.count), static_cast<unsigned long long>(failed),
                    hours, static_cast<unsigned long long>(steps), static_cast<unsigned long long>(faults));
  return failed == 0 ? 0 : 1;
}
