// The lists people write for keepalived images: "a,b", "a b", "#PYTHON2BASH:['a', 'b']", "#JSON2BASH:[...]",
// and addresses with options, "192.0.2.1/24 dev eth0 label web".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/ip_address.h"

namespace vip::settings {

// The items of a list in any of the forms; a plain text is split at commas, newlines and blanks, options
// staying with their address. Errors: invalid, for a malformed literal (never guessed at).
[[nodiscard]] Result<std::vector<std::string>> list_items(std::string_view text);

// The same for items that may hold blanks: a plain text is split at commas and newlines.
[[nodiscard]] Result<std::vector<std::string>> text_items(std::string_view text);

// One virtual address as keepalived writes it.
struct AddressItem {
  IpPrefix prefix;
  std::string interface;             // of "dev", else empty
  std::vector<std::string> ignored;  // options that have no meaning here, such as "label x"
};

// Errors: invalid, naming the item.
[[nodiscard]] Result<AddressItem> parse_address_item(std::string_view item);

}  // namespace vip::settings
