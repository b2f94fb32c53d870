#include "operator/core/node_address.h"

#include "common/base/text.h"
#include "operator/core/plan.h"

namespace vip::swarm {
namespace {

// "192.0.2.1:2377" or "[2001:db8::1]:2377" without its port.
std::string_view host_part(std::string_view text) {
  if (text.starts_with('[')) return text.substr(1, text.find(']') - 1);
  return text.substr(0, text.rfind(':'));
}

std::optional<IpAddress> usable(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address && address->is_host() ? address : std::nullopt;
}

}  // namespace

Result<NodeAddresses> node_addresses(const Node& node) {
  NodeAddresses addresses;
  const auto of = [&addresses](Family family) -> std::optional<IpAddress>& {
    return family == Family::ipv4 ? addresses.v4 : addresses.v6;
  };
  const auto own = trim(label(node.labels, kAddressNodeLabel));
  for (const auto& text : split(own, " ,\t")) {
    const auto address = usable(text);
    if (!address || of(address->family())) {
      return fail(Errc::invalid, "left out: label " + std::string(kAddressNodeLabel) + ": '" +
                                     std::string(own) + "' is not the address of a node, nor one of each " +
                                     "family; " + address_advice(node));
    }
    of(address->family()) = address;
  }
  for (const auto text : {host_part(node.manager_address), std::string_view(node.status_address)}) {
    const auto address = usable(text);
    if (!address) continue;
    if (!of(address->family())) of(address->family()) = address;
    break;
  }
  if (addresses.v4 || addresses.v6) return addresses;
  return fail(Errc::invalid, "left out: the Swarm knows no usable address of it ('" + node.status_address +
                                 "'); " + address_advice(node));
}

std::string address_advice(const Node& node) {
  return "set its address: docker node update --label-add " + std::string(kAddressNodeLabel) + "=ADDRESS " +
         node.id;
}

}  // namespace vip::swarm
