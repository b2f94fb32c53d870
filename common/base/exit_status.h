// The exit statuses of both programs.
#pragma once

namespace vip {

inline constexpr int kFine = 0;
inline constexpr int kFailed = 1;         // while running
inline constexpr int kWrongSettings = 2;  // the program's own

}  // namespace vip
