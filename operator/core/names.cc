#include "operator/core/names.h"

#include <algorithm>
#include <cstddef>

#include "common/base/text.h"
#include "common/plan/plan.h"

namespace vip::swarm {
namespace {

constexpr std::size_t kServiceNameMax = 63;  // Swarm's own limit, that of a DNS label
constexpr std::size_t kGroupPartMax = 40;    // leaves room for "-plan-<hash12>" and "-password-<n>" within 64
constexpr std::size_t kHashPart = 8;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The text cut to `length_max` characters, the last of them a hash of the whole.
std::string with_hash(std::string_view readable, std::string_view whole, std::size_t length_max) {
  std::string name(readable.substr(0, length_max - kHashPart - 1));
  while (!name.empty() && !is_alphanumeric(name.back())) name.pop_back();
  return name + (name.empty() ? "" : "-") + plan::short_hash(whole).substr(0, kHashPart);
}

}  // namespace

std::string name_part(std::string_view group) {
  std::string readable(group);
  std::ranges::replace_if(readable, [](char c) { return !is_alphanumeric(c) && c != '-' && c != '_'; }, '-');
  const auto first = std::ranges::find_if(readable, is_alphanumeric);
  readable.erase(readable.begin(), first);
  const bool fits = readable == group && !readable.empty() && is_alphanumeric(readable.back());
  if (fits && readable.size() <= kGroupPartMax) return readable;
  // Swarm compares groups without regard to case, so one group in two spellings has one hash.
  return with_hash(readable, lower(group), kGroupPartMax);
}

std::string service_name(std::string_view stack, std::string_view group) {
  std::string name = stack.empty() ? "swarm-vip-agent-" : std::string(stack) + "_agent-";
  name += name_part(group);
  return name.size() <= kServiceNameMax ? name : with_hash(name, name, kServiceNameMax);
}

std::string plan_name(std::string_view group, std::string_view hash) {
  return name_part(group) + "-plan-" + std::string(hash);
}

std::string secret_name(std::string_view group, std::string_view role, unsigned number) {
  return name_part(group) + "-" + std::string(role) + "-" + std::to_string(number);
}

unsigned secret_number(std::string_view group, std::string_view role, std::string_view name) {
  const std::string prefix = name_part(group) + "-" + std::string(role) + "-";
  if (!name.starts_with(prefix)) return 0;
  return parse_number<unsigned>(name.substr(prefix.size())).value_or(0);
}

}  // namespace vip::swarm
