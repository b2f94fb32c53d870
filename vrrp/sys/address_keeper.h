// Keeps the kernel's addresses what they should be: observes, plans (address_plan.h), applies. Idempotent;
// when the kernel cannot be observed it does what is right in any case and says that it has not settled.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "common/base/error.h"
#include "vrrp/core/address_plan.h"
#include "vrrp/sys/netlink.h"

namespace vip::vrrp {

class AddressKeeper {
 public:
  // What became of one round.
  struct Outcome {
    std::set<IpPrefix> added;                // was missing and is there now
    std::map<IpPrefix, Error> refused;       // desired, and the kernel does not take it
    std::map<IpPrefix, Error> not_released;  // not desired, and still there as far as known
  };

  AddressKeeper(Netlink& netlink, AddressLifetime lifetime) : netlink_(netlink), lifetime_(lifetime) {}

  // `known` are the addresses of ours wherever they may be by plan; see plan_addresses.
  Outcome keep(const std::vector<LocatedAddress>& desired, const std::vector<LocatedAddress>& known);
  // False when something has to be tried again soon.
  [[nodiscard]] bool settled() const { return settled_; }
  [[nodiscard]] std::uint64_t renewals() const { return renewals_; }

 private:
  [[nodiscard]] std::vector<AddressStep> steps(const std::vector<LocatedAddress>& desired,
                                               std::vector<LocatedAddress> known);
  void apply(const AddressStep& step, Outcome& outcome);

  Netlink& netlink_;
  AddressLifetime lifetime_;
  std::set<LocatedAddress> put_;  // by us, and not yet released: known also where no plan names them any more
  bool settled_ = true;
  std::uint64_t renewals_ = 0;
};

}  // namespace vip::vrrp
