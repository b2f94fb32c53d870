// What the words of the command line say, to whoever started them.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "common/base/exit_status.h"

namespace vip::vrrp {

inline void print(std::FILE* to, std::string_view text) {
  (void)std::fwrite(text.data(), 1, text.size(), to);  // nobody is left to tell
}

// Says what is wrong with words or settings; the exit status for it.
inline int refuse(std::string_view text) {
  print(stderr, "swarm-vip-agent: " + std::string(text) + "\n");
  return kWrongSettings;
}

}  // namespace vip::vrrp
