#include "tests/golden/words.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace vip::golden {

using namespace vip::vrrp;

void allow(const Json& object, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : object.items()) {
    if (std::ranges::find(known, key) == known.end()) throw std::runtime_error("unknown word: " + key);
  }
}

Duration milliseconds(const Json& value) {
  return Duration(std::llround(value.get<double>() * 1e6));
}

std::string text(Duration duration) {
  const auto whole = std::to_string(duration.count() / 1'000'000);
  auto rest = std::to_string(1'000'000 + std::abs(duration.count() % 1'000'000)).substr(1);
  rest.erase(rest.find_last_not_of('0') + 1);
  return rest.empty() ? whole : whole + "." + rest;
}

IpAddress address(const Json& value) {
  return ip(value.get<std::string>());
}

RouterConfig config(const Json& given) {
  allow(given, {"version", "vrid", "priority", "interval_ms", "preempt", "preempt_delay_ms", "start_wait_ms",
                "password", "source", "addresses", "lease_ms", "in_group"});
  RouterConfig made{.version = static_cast<Version>(given.value("version", 3)),
                    .vrid = Vrid(given.value("vrid", std::uint8_t{51})),
                    .priority = Priority(given.value("priority", std::uint8_t{100})),
                    .advert_interval = milliseconds(given.value("interval_ms", Json(1000))),
                    .source = address(given.value("source", Json("192.0.2.20")))};
  made.preempt = given.value("preempt", made.preempt);
  made.preempt_delay = milliseconds(given.value("preempt_delay_ms", Json(0)));
  made.start_wait = milliseconds(given.value("start_wait_ms", Json(0)));
  made.lease = milliseconds(given.value("lease_ms", Json(0)));
  made.in_group = given.value("in_group", false);
  if (given.contains("password")) {
    made.auth_type = AuthType::password;
    made.auth = auth_data(given["password"].get<std::string>());
  }
  for (const auto& prefix : given.value("addresses", Json{"192.0.2.100"}))
    made.addresses.push_back(IpPrefix::parse(prefix.get<std::string>()).value());
  return made;
}

Envelope envelope(const Json& given) {
  allow(given, {"from", "to", "ttl", "interface"});
  return {.source = address(given.at("from")),
          .destination = address(given.at("to")),
          .ttl = given.value("ttl", std::uint8_t{255}),
          .interface = IfIndex(given.value("interface", 0U))};
}

}  // namespace vip::golden
