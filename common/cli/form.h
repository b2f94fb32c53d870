// For whom an answer is.
#pragma once

#include <cstdint>

namespace vip::cli {

enum class Form : std::uint8_t {
  table,  // people
  json,   // programs
};

}  // namespace vip::cli
