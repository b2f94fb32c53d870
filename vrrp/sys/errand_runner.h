// The other end of errands.h: the process that does them.
#pragma once

#include <array>
#include <cstdint>

#include "common/sys/unique_fd.h"
#include "vrrp/sys/errands.h"

namespace vip::vrrp {

// The messages over the socket, of one program with itself.
struct ErrandResult {
  std::uint32_t check = 0;
  std::array<char, 252> why{};  // ends with 0; empty: good
};
struct ErrandNotice {
  std::uint8_t state = 0;
  std::uint8_t priority = 0;
  std::uint8_t vrid = 0;
  std::array<char, 4093> addresses{};  // ends with 0; as many as fit, divided by commas
};

// Instead of a state: the end, scripts have a second.
inline constexpr std::uint8_t kLastNotice = 255;

// Until the other end is closed. To be called in a process that was forked for it; returns its exit status.
[[nodiscard]] int run_errands(const ErrandSettings& settings, sys::UniqueFd socket);

}  // namespace vip::vrrp
