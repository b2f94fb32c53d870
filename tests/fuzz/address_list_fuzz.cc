// Any text as a list of addresses.
#include <cstdint>
#include <string_view>

#include "common/base/assert.h"
#include "common/settings/address_list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto items = vip::settings::list_items({reinterpret_cast<const char*>(data), size});
  if (!items) return 0;
  for (const auto& item : *items) {
    const auto parsed = vip::settings::parse_address_item(item);
    VIP_ASSERT(!parsed || vip::IpPrefix::parse(parsed->prefix.text()) == parsed->prefix);
  }
  return 0;
}
