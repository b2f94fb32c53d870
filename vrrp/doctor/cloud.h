// Platforms whose network does not let an address move from machine to machine by ARP, known by what the
// firmware says of itself (DMI). Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace vip::vrrp {

struct Cloud {
  std::string name;
  std::string remedy;
  bool certain = true;  // else its operator may have allowed it
};

// `dmi`: file names of /sys/class/dmi/id and what is in them. Nothing for a machine of one's own.
[[nodiscard]] std::optional<Cloud> find_cloud(const std::map<std::string, std::string>& dmi);

}  // namespace vip::vrrp
