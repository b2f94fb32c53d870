// Reads what `doctor` judges a host by, mostly out of /proc and /sys. Nothing here fails: what cannot be read
// is left out, and the judgement says so.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "vrrp/doctor/facts.h"

namespace vip::vrrp {

[[nodiscard]] std::string kernel_release();
[[nodiscard]] bool is_in_container();
// Those that matter, of the host and of these interfaces: "net.ipv4.conf.eth0.arp_ignore" -> "0".
[[nodiscard]] std::map<std::string, std::string> read_sysctls(const std::set<std::string>& interfaces);
[[nodiscard]] bool has_ipv6();
[[nodiscard]] bool has_ip_vs();
// What the firmware says of the machine: file names of the folder and their first lines.
[[nodiscard]] std::map<std::string, std::string> read_dmi(const std::string& folder = "/sys/class/dmi/id");
// Nothing where the kernel does not tell.
[[nodiscard]] std::optional<bool> is_clock_synchronised();
// Programs that are known to speak VRRP, in this network namespace as far as that can be seen.
[[nodiscard]] std::vector<OtherProgram> vrrp_programs();
// How many sockets of this network namespace hear protocol 112 over IPv4.
[[nodiscard]] std::size_t count_vrrp_listeners();
// Errors: unavailable.
[[nodiscard]] Result<std::vector<HostLink>> read_links();

}  // namespace vip::vrrp
