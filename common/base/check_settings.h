// A check of what a host serves, and the scripts that are told of a state: as settings and plans say it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/ip_address.h"

namespace vip {

enum class CheckKind : std::uint8_t {
  interface,  // it is up and has a carrier
  listening,  // something listens on the port here, or a connection to it on loopback is accepted
  tcp,        // a connection is accepted
  http,       // GET is answered with a status of `statuses`
  script,     // exits with 0
};
[[nodiscard]] std::string_view name(CheckKind kind);
[[nodiscard]] std::optional<CheckKind> parse_check_kind(std::string_view name);

inline constexpr std::chrono::milliseconds kCheckIntervalMin{100};
inline constexpr std::chrono::milliseconds kCheckIntervalMax{std::chrono::hours(1)};
inline constexpr std::chrono::milliseconds kCheckTimeoutMin{10};
inline constexpr int kCheckCountMax = 100;
inline constexpr int kCheckWeightMax = 253;

struct CheckSettings {
  std::string name;  // as its user knows it: "CHECK_PORT", "web"
  CheckKind kind = CheckKind::tcp;
  std::string interface;             // of interface
  std::optional<IpAddress> address;  // of tcp and http: else loopback; of listening: else any
  std::uint16_t port = 0;            // of listening, tcp and http
  std::string path{"/"};             // of http
  std::string url;   // of http, where it needs TLS or a name server: instead of address, port and path
  std::string host;  // of http: the Host header; else the address
  struct Statuses {
    int low = 200;
    int high = 399;
    friend bool operator==(const Statuses&, const Statuses&) = default;
  };
  Statuses statuses;                         // of http
  std::string script;                        // of script, for /bin/sh -c
  std::chrono::milliseconds interval{2000};  // 100 ms to 1 h
  std::chrono::milliseconds timeout{1000};   // 10 ms to the interval
  int rise = 2;                              // good results in a row after which it passes again, 1 to 100
  int fall = 2;                              // bad ones after which it has failed, 1 to 100
  int weight = 0;                            // 0: it must pass; else -253 to 253
  friend bool operator==(const CheckSettings&, const CheckSettings&) = default;
};

// "200-299", or "204" alone; whether they are HTTP's is not looked at.
[[nodiscard]] std::optional<CheckSettings::Statuses> parse_statuses(std::string_view text);

// What nobody could obey, in words without the check's name; empty when it is sound.
[[nodiscard]] std::vector<std::string> problems(const CheckSettings& check);

// What to check as one text; it is the check's name, too:
//
//   tcp://192.0.2.7:5432   http://127.0.0.1:8080/healthz   https://shop.example.org/ping   listen:443
//   listen:192.0.2.7:443   interface:eth1   script:/usr/local/bin/check -q
//
// and after it, divided by blanks, what is to be otherwise than in `defaults`: interval=5s timeout=1s rise=2
// fall=3 weight=-20 status=200-299 host=NAME name=NAME. Errors: invalid, with what is allowed.
[[nodiscard]] Result<CheckSettings> parse_check(std::string_view text, const CheckSettings& defaults = {});
inline constexpr std::string_view kCheckForms =
    "tcp://ADDRESS:PORT, http://..., https://..., listen:PORT, listen:ADDRESS:PORT, interface:NAME or "
    "script:COMMAND";

// What is run when a router's state changes, with keepalived's arguments: INSTANCE NAME STATE PRIORITY, where
// STATE is MASTER, BACKUP, FAULT or STOP. Each is a command for /bin/sh, or the text of a whole script (it
// has several lines, or begins with #!); empty: nothing.
struct NotifyScripts {
  std::string any;
  std::string active;
  std::string backup;
  std::string fault;
  std::string stop;
  std::chrono::milliseconds timeout{std::chrono::seconds(30)};

  [[nodiscard]] bool empty() const {
    return any.empty() && active.empty() && backup.empty() && fault.empty() && stop.empty();
  }
  friend bool operator==(const NotifyScripts&, const NotifyScripts&) = default;
};

}  // namespace vip
