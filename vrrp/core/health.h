// What checks say of this host, and what that means for its routers: a function of the results and the time.
// Each check is asked again and again by the shell; here is counted (rise and fall, so that one lost answer
// moves nothing) and combined:
//
//   - a check without a weight must pass: while one has failed, the routers are in a fault;
//   - a weight moves the priority while all of those pass: a positive one is added while its check passes, a
//     negative one while it has failed (as keepalived does it). The sum stays within 1 to 254.
//
// A check begins as failed and passes with its first good result; nothing is decided before every check has
// had one result, so a start looks like a fault no longer than the slowest check's timeout. What cannot be
// run has failed, and says why.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"
#include "common/base/ip_address.h"

namespace vip::vrrp {

enum class CheckKind : std::uint8_t {
  interface,  // it is up and has a carrier
  listening,  // something listens on the port here, or a connection to it on loopback is accepted
  tcp,        // a connection is accepted
  http,       // GET is answered with a status of `statuses`
  script,     // exits with 0
};
[[nodiscard]] std::string_view name(CheckKind kind);

struct CheckSettings {
  std::string name;  // as its user knows it: "CHECK_PORT", "web"
  CheckKind kind = CheckKind::tcp;
  std::string interface;             // of interface
  std::optional<IpAddress> address;  // of tcp and http: else loopback; of listening: else any
  std::uint16_t port = 0;            // of listening, tcp and http
  std::string path{"/"};             // of http
  std::string host;                  // of http: the Host header; else the address
  struct Statuses {
    int low = 200;
    int high = 399;
    friend bool operator==(const Statuses&, const Statuses&) = default;
  };
  Statuses statuses;   // of http
  std::string script;  // of script, for /bin/sh -c
  std::chrono::milliseconds interval{2000};
  std::chrono::milliseconds timeout{1000};  // at most the interval
  int rise = 2;                             // good results in a row after which it passes again
  int fall = 2;                             // bad ones after which it has failed
  int weight = 0;                           // 0: it must pass; else -253 to 253
  friend bool operator==(const CheckSettings&, const CheckSettings&) = default;
};

}  // namespace vip::vrrp
