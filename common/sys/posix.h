// The system's errors as ours, and the few calls that both programs make.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "common/base/error.h"
#include "common/base/time.h"

namespace vip::sys {

// The error that errno names, "clause: text of errno". To be called on the line after the failed call.
[[nodiscard]] std::unexpected<Error> errno_failure(std::string_view clause);
[[nodiscard]] std::unexpected<Error> os_failure(std::string_view clause, int os_errno);

// CLOCK_BOOTTIME: never jumps, and goes on while the machine is suspended. Only loops ask.
[[nodiscard]] TimePoint monotonic_now();
// CLOCK_REALTIME since the epoch.
[[nodiscard]] Duration wall_clock();
// As time_text() writes it.
[[nodiscard]] std::string wall_clock_text();

// "" where it has none.
[[nodiscard]] std::string host_name();

// A whole file; errors: not_found, denied, exhausted when larger than the limit, unavailable.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t size_max);

// Writes a whole file for everybody to read, anew if it is there; through no link. Errors as of the system.
[[nodiscard]] Status write_file(const std::string& path, std::string_view content);

// The path of the running program's executable, and of another one beside it.
[[nodiscard]] std::string sibling_executable(std::string_view name);

}  // namespace vip::sys
