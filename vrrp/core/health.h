// What the checks of this host say, and what that means for its routers: a function of results and time. The
// shell asks each check again and again; here is counted and combined:
//
//   - a check without a weight must pass: while one of them has failed, the routers are in a fault;
//   - a weight moves the priority: a positive one is added while its check passes, a negative one while it
//   has
//     failed (as keepalived does it). The sum stays within 1 to 254.
//
// `fall` bad results in a row fail a check and `rise` good ones pass it again, so that one lost answer moves
// nothing. The first result of all decides at once, unless another process of this host had gone on before:
// then nothing changes until a check has shown itself in the same way. No result in time is a bad one, and so
// is whatever cannot be run. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/check_settings.h"
#include "common/base/time.h"

namespace vip::vrrp {

using vip::CheckKind;      // NOLINT(misc-unused-using-decls): ours, too
using vip::CheckSettings;  // NOLINT(misc-unused-using-decls)

enum class Beginning : std::uint8_t { fresh, goes_on };

class Health {
 public:
  Health(std::vector<CheckSettings> checks, Beginning beginning, TimePoint now);

  // `why`: what was bad, in words without the check's name.
  void result(TimePoint now, std::size_t check, bool good, std::string why);
  // Those that have not been heard of for too long.
  void expire(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  struct Verdict {
    bool well = true;
    int bonus = 0;
    friend bool operator==(const Verdict&, const Verdict&) = default;
  };
  // Nothing until each check is known.
  [[nodiscard]] std::optional<Verdict> verdict() const;
  // The checks that must pass and do not, "NAME: why; NAME: why"; empty when all do.
  [[nodiscard]] std::string why_unwell() const;

  struct Check {
    CheckSettings settings;
    std::optional<bool> passes;  // nothing: not known yet
    int in_a_row = 0;            // results of the other kind than `passes`, or of one kind while not known
    bool last_good = false;
    std::string why;  // of the last bad result
    TimePoint due;    // of the next result, at the latest
    std::uint64_t results = 0;
    std::uint64_t bad = 0;
    std::uint64_t changes = 0;  // of passes
  };
  [[nodiscard]] const std::vector<Check>& checks() const { return checks_; }

  // A result may be late by this beyond the check's interval and timeout.
  static constexpr Duration kLateMost = std::chrono::seconds(2);

 private:
  std::vector<Check> checks_;
  Beginning beginning_;
};

// Whether routers wait in a fault for the first results.
[[nodiscard]] bool any_must_pass(const std::vector<CheckSettings>& checks);

}  // namespace vip::vrrp
