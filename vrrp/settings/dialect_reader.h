// What the dialects have in common: variables as keepalived reads them once they stand in its file. A reader
// gathers one router and says at its end what cannot be said before all is known: the family, with it the
// version, and with that what is left of peers and password.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/settings/settings.h"
#include "vrrp/settings/agent_config.h"
#include "vrrp/settings/dialects.h"

namespace vip::vrrp {

class DialectReader {
 public:
  enum class Advertised : std::uint8_t { yes, no };
  // What keepalived does with its first state.
  enum class FirstState : std::uint8_t { backup, master, other };

  // `instance`: the router's name in the image's file, as its scripts see it.
  DialectReader(const settings::Environment& env, const FileExists& exists, settings::Findings& findings,
                settings::Dialect dialect, std::string_view instance);

  // Values without a pair of quotes around all of them, which compose files put there by mistake.
  [[nodiscard]] const settings::Environment& env() const { return env_; }
  [[nodiscard]] std::string text(std::string_view name, std::string_view fallback = "") const {
    return env_.text(name, fallback);
  }
  [[nodiscard]] bool exists(const std::string& path) const { return exists_(path); }
  settings::Findings& findings() { return findings_; }
  AgentConfig& config() { return config_; }
  RouterSettings& router() { return router_; }

  // A warning for each name like those of this dialect that nobody reads. `known`: those it knows; one ending
  // in '_' stands for all with a number behind.
  void warn_of_unknown(std::span<const std::string_view> known);

  void interface(std::string_view name, std::string_view fallback);
  void router_id(std::string_view name, int fallback);
  void priority(std::string_view name, int fallback);
  FirstState first_state(std::string_view name, std::string_view fallback);
  // Seconds, decimals allowed.
  void interval(std::string_view name);
  void source(std::string_view name);
  // `text`: as keepalived reads it from a line of its file, up to a blank, '!' or '#', or in double quotes.
  void password(std::string_view name, std::string_view text);

  // "ADDRESS[/LENGTH] [dev IF] ..."
  void address(std::string_view name, std::string_view item, Advertised advertised = Advertised::yes);
  void addresses(std::string_view name);
  void peer(std::string_view name, std::string_view item);
  void peers(std::string_view name);
  // It is meant to speak to peers, which this variable lists; else, and without any, it is multicast.
  void unicast(std::string_view said);

  void announce_again(std::chrono::seconds delay, std::chrono::seconds refresh);
  // A line about something that is accepted and does nothing here.
  void ignored(std::string_view name, std::string_view why);
  // A file of keepalived's own settings that its user mounted.
  void mention_own_file(const std::string& path);

  [[nodiscard]] AgentConfig finish();

 private:
  struct Read {
    std::string name;
    IpPrefix prefix;
    std::string interface;
    bool advertised = true;
  };
  [[nodiscard]] std::vector<std::string> items(std::string_view name);
  void settle_addresses();
  void settle_peers();
  void settle_password();
  void settle_interval();
  void lease();

  settings::Environment env_;
  const FileExists& exists_;
  settings::Findings& findings_;
  AgentConfig config_;
  RouterSettings router_;
  std::vector<Read> addresses_;
  std::string peers_setting_;  // empty: multicast is wanted
  std::string password_setting_;
  std::string password_;
  std::string interval_setting_;
  std::chrono::milliseconds interval_{1000};
  FirstState first_state_ = FirstState::backup;
};

}  // namespace vip::vrrp
