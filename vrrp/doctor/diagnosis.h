// The judgement of `doctor`: from the facts of a host to what is wrong with it, what that means and what to
// do. Pure, so that each verdict has a test; diagnosis.cc is about the host itself, diagnosis_lan.cc about
// what it hears and who else there is.
#pragma once

#include "common/report/finding.h"
#include "vrrp/doctor/facts.h"

namespace vip::vrrp {

[[nodiscard]] report::Findings diagnose(const HostFacts& facts);

// The parts of diagnose(), in its order.
[[nodiscard]] report::Findings judge_settings(const HostFacts& facts);
[[nodiscard]] report::Findings judge_rights(const HostFacts& facts);
[[nodiscard]] report::Findings judge_kernel(const HostFacts& facts);
[[nodiscard]] report::Findings judge_sysctls(const HostFacts& facts);
[[nodiscard]] report::Findings judge_interfaces(const HostFacts& facts);
[[nodiscard]] report::Findings judge_platform(const HostFacts& facts);
[[nodiscard]] report::Findings judge_clock(const HostFacts& facts);
[[nodiscard]] report::Findings judge_addresses(const HostFacts& facts);
[[nodiscard]] report::Findings judge_filters(const HostFacts& facts);
[[nodiscard]] report::Findings judge_wire(const HostFacts& facts);
[[nodiscard]] report::Findings judge_programs(const HostFacts& facts);
[[nodiscard]] report::Findings judge_ports(const HostFacts& facts);
[[nodiscard]] report::Findings judge_agents(const HostFacts& facts);

// What a router is called in a finding: "router 51 (ipv4)".
[[nodiscard]] std::string called(const WantedRouter& wanted);
// Whether an agent of this host is active for the router.
[[nodiscard]] bool is_held_here(const HostFacts& facts, const WantedRouter& wanted);

}  // namespace vip::vrrp
