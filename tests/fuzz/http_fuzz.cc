// Any bytes as a visitor's request.
#include <cstdint>
#include <string_view>

#include "common/base/assert.h"
#include "common/http/request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using vip::http::kRequestMax;
  using vip::http::read_request;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto reading = read_request(text.substr(0, kRequestMax));
  VIP_ASSERT(!reading.request || reading.refusal == 0);
  VIP_ASSERT(!reading.request || reading.request->path.starts_with('/'));
  VIP_ASSERT(size < kRequestMax || reading.request || reading.refusal != 0);
  // Whoever was refused early stays refused, and a complete request does not change with what follows.
  for (std::size_t part = 0; part < size && part < kRequestMax; part += 1 + size / 16) {
    const auto earlier = read_request(text.substr(0, part));
    if (earlier.request) VIP_ASSERT(reading.request && reading.request->path == earlier.request->path);
    if (earlier.refusal != 0) VIP_ASSERT(!reading.request);
  }
  return 0;
}
