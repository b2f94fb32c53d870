// Keeps the kernel's addresses what they should be. Claiming and releasing act at once, without a look, so
// that many routers can move together; settle() observes, plans (address_plan.h) and repairs whatever
// differs; renew() keeps the leases alive, a few at a time. All idempotent. When the kernel cannot be
// observed it does what is right in any case and says that it has not settled.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "common/base/error.h"
#include "common/base/time.h"
#include "vrrp/core/address_plan.h"
#include "vrrp/sys/netlink.h"

namespace vip::vrrp {

class AddressKeeper {
 public:
  // What became of one round.
  struct Outcome {
    std::set<IpPrefix> added;                // was missing and is there now
    std::set<IpPrefix> renewed;              // was there and stays
    std::map<IpPrefix, Error> refused;       // desired, and the kernel does not take it
    std::map<IpPrefix, Error> not_released;  // not desired, and still there as far as known
  };

  AddressKeeper(Netlink& netlink, AddressLifetime lifetime) : netlink_(netlink), lifetime_(lifetime) {}

  // Those that it added are received on then.
  Outcome claim(TimePoint now, const std::vector<LocatedAddress>& addresses);
  Outcome release(const std::vector<IpPrefix>& addresses);
  struct Wanted {
    std::vector<LocatedAddress> desired;
    std::vector<LocatedAddress> kept;   // stay while they are there, and are not put back
    std::vector<LocatedAddress> known;  // of ours, wherever they may be by plan; see plan_addresses
  };
  Outcome settle(TimePoint now, const Wanted& wanted);
  // Renews what is due, at most as much as fits one turn of the loop.
  Outcome renew(TimePoint now);
  // When to call renew() next; nothing while there is nothing to renew.
  [[nodiscard]] std::optional<TimePoint> next_renewal() const;

  // Whether the kernel has them, whoever put them there; not when it cannot be asked.
  [[nodiscard]] bool are_there(const std::vector<LocatedAddress>& addresses) const;
  // Whether every address that we hold must still be there, unless somebody took it away: no lease has ended.
  [[nodiscard]] bool all_alive(TimePoint now) const;

  // False when something has to be tried again soon.
  [[nodiscard]] bool settled() const { return settled_; }
  [[nodiscard]] std::uint64_t renewals() const { return renewals_; }

 private:
  using Held = std::map<LocatedAddress, TimePoint>;  // and when it was held or renewed last

  [[nodiscard]] std::vector<AddressStep> steps(Wanted wanted);
  void hold(TimePoint now, const LocatedAddress& at, Outcome& outcome);
  void wait_for_reception(const std::set<IpPrefix>& added);
  void let_go(LocatedAddress at, Outcome& outcome);
  // When the one that waits for its renewal longest was held or renewed; asked in each turn of the loop.
  // There is one.
  [[nodiscard]] TimePoint oldest() const;
  [[nodiscard]] Duration renewal_period() const;

  Netlink& netlink_;
  AddressLifetime lifetime_;
  Held held_;                                // put by us: known also where no plan names them any more
  mutable std::optional<TimePoint> oldest_;  // as long as held_ is what it was
  std::set<LocatedAddress> leaving_;         // of those, what could not be released yet; never renewed again
  bool settled_ = true;
  std::uint64_t renewals_ = 0;
};

}  // namespace vip::vrrp
