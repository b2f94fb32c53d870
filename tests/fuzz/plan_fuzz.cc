// Any text as a plan document: an error, or a plan that its own text says again.
#include <cstdint>
#include <string_view>

#include "common/base/assert.h"
#include "common/plan/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto plan = vip::plan::from_json({reinterpret_cast<const char*>(data), size});
  if (!plan) {
    VIP_ASSERT(!plan.error().context.empty());
    return 0;
  }
  VIP_ASSERT(vip::plan::from_json(vip::plan::to_json(*plan)) == *plan);
  return 0;
}
