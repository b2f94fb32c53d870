#include "common/settings/listen_place.h"

#include "common/base/text.h"

namespace vip::settings {

std::optional<ListenPlace> parse_listen_place(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  if (!address || !port || *port == 0 || bracketed != (address->family() == Family::ipv6))
    return std::nullopt;
  if (address->is_multicast() || address->is_broadcast() || address->is_link_local()) return std::nullopt;
  return ListenPlace{.address = *address, .port = *port};
}

}  // namespace vip::settings
