#include "vrrp/core/notification.h"

namespace vip::vrrp {

std::vector<std::string> scripts_for(const NotifyScripts& scripts, State state) {
  const auto own = [&]() -> const std::string& {
    switch (state) {
      case State::active:
        return scripts.active;
      case State::backup:
        return scripts.backup;
      case State::fault:
        return scripts.fault;
      case State::initialize:
        break;
    }
    return scripts.stop;
  };
  std::vector<std::string> wanted;
  for (const auto& script : {own(), scripts.any})
    if (!script.empty()) wanted.push_back(script);
  return wanted;
}

std::string_view script_name(State state) {
  switch (state) {
    case State::active:
      return "MASTER";
    case State::backup:
      return "BACKUP";
    case State::fault:
      return "FAULT";
    case State::initialize:
      break;
  }
  return "STOP";
}

}  // namespace vip::vrrp
