// What must hold while routers go on in other processes: nobody sees it. No state changes, nobody but the
// owner says its priority, and the address stays where it is. An object that watches as long as it lives.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "tests/sim/cluster.h"

namespace vip::vrrp::sim {

class Unmoved {
 public:
  explicit Unmoved(Cluster& cluster)
      : cluster_(cluster), owner_(cluster.actives().front()), holders_(cluster.holders()) {
    cluster_.observe([this](std::size_t host, const Action& action) { look(host, action); });
  }
  Unmoved(const Unmoved&) = delete;
  Unmoved& operator=(const Unmoved&) = delete;
  Unmoved(Unmoved&&) = delete;
  Unmoved& operator=(Unmoved&&) = delete;
  ~Unmoved() { cluster_.observe({}); }

  // What moved first, in words.
  [[nodiscard]] const std::optional<std::string>& what() const { return what_; }

 private:
  void look(std::size_t host, const Action& action) {
    const auto* const changed = std::get_if<StateChanged>(&action);
    const bool speaks = std::holds_alternative<SendAdvertisement>(action);
    if (what_) return;
    if (changed != nullptr) {
      what_ = std::to_string(host) + " becomes " + std::string(name(changed->to)) + " by " +
              std::string(name(changed->cause));
    } else if (speaks && host != owner_) {
      what_ = std::to_string(host) + " speaks beside " + std::to_string(owner_);
    } else if (cluster_.holders() != holders_) {
      what_ = "the address moves";
    }
  }

  Cluster& cluster_;
  std::size_t owner_;
  std::vector<std::size_t> holders_;
  std::optional<std::string> what_;
};

}  // namespace vip::vrrp::sim
