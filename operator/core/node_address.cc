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

}  // namespace

Result<IpAddress> node_address(const Node& node) {
  const auto own = trim(label(node.labels, kAddressNodeLabel));
  if (!own.empty()) {
    const auto address = IpAddress::parse(own);
    if (address && address->is_host()) return *address;
    return fail(Errc::invalid, "left out: label " + std::string(kAddressNodeLabel) + ": '" +
                                   std::string(own) + "' is not the address of a node; " +
                                   address_advice(node));
  }
  for (const auto text : {host_part(node.manager_address), std::string_view(node.status_address)}) {
    const auto address = IpAddress::parse(text);
    if (address && address->is_host()) return *address;
  }
  return fail(Errc::invalid, "left out: the Swarm knows no usable address of it ('" + node.status_address +
                                 "'); " + address_advice(node));
}

std::string address_advice(const Node& node) {
  return "set its address: docker node update --label-add " + std::string(kAddressNodeLabel) + "=ADDRESS " +
         node.id;
}

}  // namespace vip::swarm
