// An answer that is asked for again and again until somebody ends it, as `status --watch` does in both
// programs: drawn in place on a terminal, one after the other elsewhere. It ends on SIGINT and SIGTERM, also
// as a container's first process, and when nobody reads any more; a slow reader does not keep it from ending.
#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/cli/form.h"
#include "common/sys/unique_fd.h"

namespace vip::cli {

inline constexpr std::chrono::milliseconds kWatchDefault{2000};

// What stands behind --watch: seconds, or a time such as 500ms; empty: the default. Errors: invalid, with
// what is allowed.
[[nodiscard]] Result<std::chrono::milliseconds> parse_watch_interval(std::string_view text);

class Repeated {
 public:
  // Takes the signals until its end. `terminal`: the kind of terminal (TERM); one that is "dumb" is none.
  // Errors: as of the system.
  static Result<Repeated> create(Form form, std::chrono::milliseconds interval, std::string_view terminal);
  Repeated(Repeated&& other) noexcept;
  Repeated& operator=(Repeated&&) = delete;
  Repeated(const Repeated&) = delete;
  Repeated& operator=(const Repeated&) = delete;
  ~Repeated();

  // Readable as soon as it is to end, for whatever a look waits for.
  [[nodiscard]] int stop_fd() const { return stop_.get(); }
  // Until the end. A look gives a text of whole lines; of JSON it is one line.
  void run(const std::function<std::string()>& look);

 private:
  Repeated(Form form, std::chrono::milliseconds interval, bool in_place)
      : interval_(interval), form_(form), in_place_(in_place) {}
  [[nodiscard]] std::string frame(std::string_view text);
  [[nodiscard]] bool shows(std::string_view text) const;
  [[nodiscard]] bool ends_within(std::chrono::milliseconds time) const;

  sys::UniqueFd stop_;
  std::chrono::milliseconds interval_;
  sigset_t mask_before_{};
  Form form_;
  bool in_place_;
  bool is_first_ = true;
};

}  // namespace vip::cli
