#include "vrrp/core/trouble.h"

namespace vip::vrrp {

std::string_view name(Trouble trouble) {
  switch (trouble) {
    case Trouble::none:
      return "";
    case Trouble::no_interface:
      return "no_interface";
    case Trouble::no_network:
      return "no_network";
    case Trouble::no_own_address:
      return "no_own_address";
    case Trouble::link_down:
      return "link_down";
    case Trouble::setup_failed:
      return "setup_failed";
    case Trouble::address_in_use:
      return "address_in_use";
    case Trouble::address_refused:
      return "address_refused";
    case Trouble::address_removed:
      return "address_removed";
    case Trouble::duplicate_owner:
      return "duplicate_owner";
    case Trouble::check_failed:
      return "check_failed";
    case Trouble::update_unfit:
      return "update_unfit";
    case Trouble::companion:
      return "companion";
  }
  return "";
}

}  // namespace vip::vrrp
