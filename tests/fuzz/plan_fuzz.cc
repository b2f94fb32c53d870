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
  const auto text = vip::plan::to_json(*plan);
  const auto again = vip::plan::from_json(text);
  VIP_ASSERT(again == *plan);
  VIP_ASSERT(vip::plan::to_json(*again) == text);  // canonical: equal plans, equal bytes
  VIP_ASSERT(vip::plan::problems(*plan).empty());
  VIP_ASSERT(vip::plan::same_but_generation(*plan, *again));
  return 0;
}
