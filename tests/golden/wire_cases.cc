#include <algorithm>
#include <map>
#include <utility>

#include "common/base/text.h"
#include "tests/golden/words.h"
#include "vrrp/core/announcement.h"
#include "vrrp/core/authentication.h"
#include "vrrp/core/receive_check.h"

namespace vip::golden {

using namespace vip::vrrp;

namespace {

std::string tell(const Decoded& decoded) {
  const auto& advertisement = decoded.advertisement;
  const bool v2 = advertisement.version == Version::v2;
  static const std::map<ChecksumForm, std::string> kForms{
      {ChecksumForm::pseudo_header, "pseudo-header"},
      {ChecksumForm::message_only, "message only"},
      {ChecksumForm::multicast_pseudo_header, "multicast pseudo-header"}};
  Words addresses;
  for (const auto& each : advertisement.addresses) addresses.push_back(each.text());
  return "version " + std::to_string(std::to_underlying(advertisement.version)) + ", vrid " +
         std::to_string(advertisement.vrid.value) + ", priority " +
         std::to_string(advertisement.priority.value) + ", every " + text(advertisement.interval) +
         " ms, addresses " + join(addresses, " ") +
         (v2 ? ", authentication " + std::to_string(std::to_underlying(advertisement.auth_type)) + " " +
                   hexadecimal(advertisement.auth)
             : "") +
         ", checksum: " + kForms.at(decoded.checksum);
}

Words refused(Discard why) {
  return {"discarded: " + std::string(name(why))};
}

AuthKey key(const Json& given) {
  return {.id = given.value("key_id", std::uint8_t{1}),
          .secret = from_hex(given.at("secret").get<std::string>())};
}

}  // namespace

// In the order of the agent: the bytes, the signature, the rules of the router.
Words receive(const Json& given) {
  allow(given, {"id", "section", "says", "packet", "envelope", "key", "config", "rules", "expect"});
  static const std::map<std::string, AuthMode> kModes{{"off", AuthMode::off},
                                                      {"receive-only", AuthMode::receive_only},
                                                      {"permissive", AuthMode::permissive},
                                                      {"enforce", AuthMode::enforce}};
  const auto packet = from_hex(given.at("packet").get<std::string>());
  const auto from = envelope(given.at("envelope"));
  const auto decoded = decode(packet, from);
  if (!decoded) return refused(decoded.error());
  auto authenticity = Authenticity::unproven;
  if (given.contains("key")) {
    allow(given["key"], {"secret", "key_id", "mode"});
    Authenticator judge(kModes.at(given["key"].at("mode").get<std::string>()), {key(given["key"])}, 1);
    const auto judged = judge.judge(packet, from.source);
    if (!judged) return refused(judged.error());
    authenticity = *judged;
  }
  Words words{tell(*decoded)};
  if (given.contains("config")) {
    const auto router = config(given["config"]);
    const auto why = check(decoded->advertisement, from, router, rules(given.value("rules", Json::object())),
                           authenticity);
    if (why) return refused(*why);
    const auto found = notices(*decoded, from, router);
    for (std::size_t i = 0; i < kNoticeCount; ++i) {
      if (found.test(i)) words.push_back("notice: " + std::string(name(static_cast<Notice>(i))));
    }
  }
  return words;
}

Words encoded(const Json& given) {
  allow(given, {"id", "section", "says", "encode", "envelope", "expect"});
  const auto& value = given.at("encode");
  allow(value,
        {"version", "vrid", "priority", "interval_ms", "password", "addresses", "checksum", "trailer"});
  Advertisement made{.version = static_cast<Version>(value.value("version", 3)),
                     .vrid = Vrid(value.value("vrid", std::uint8_t{51})),
                     .priority = Priority(value.value("priority", std::uint8_t{200})),
                     .interval = milliseconds(value.value("interval_ms", Json(1000)))};
  if (value.contains("password")) {
    made.auth_type = AuthType::password;
    made.auth = auth_data(value["password"].get<std::string>());
  }
  for (const auto& each : value.at("addresses")) made.addresses.push_back(address(each));
  const auto form = value.value("checksum", "") == "message only" ? ChecksumForm::message_only
                                                                  : ChecksumForm::pseudo_header;
  auto message = encode(made, envelope(given.at("envelope")), form);
  if (value.contains("trailer"))
    append_trailer(message, from_hex(value["trailer"].get<std::string>()), envelope(given.at("envelope")));
  return {hexadecimal(message)};
}

Words intervals(const Json& given) {
  allow(given, {"id", "section", "says", "timers", "expect"});
  const auto& value = given.at("timers");
  allow(value, {"version", "priority", "interval_ms"});
  const auto version = static_cast<Version>(value.at("version").get<int>());
  const Priority priority(value.at("priority").get<std::uint8_t>());
  const auto interval = milliseconds(value.at("interval_ms"));
  return {"skew " + text(skew_time(version, priority, interval)),
          "down " + text(active_down_interval(version, priority, interval))};
}

Words signature(const Json& given) {
  allow(given, {"id", "section", "says", "sign", "expect"});
  const auto& value = given.at("sign");
  allow(value, {"message", "from", "secret", "key_id", "sequence"});
  std::uint64_t sequence = 0;
  for (const auto byte : from_hex(value.at("sequence").get<std::string>())) sequence = sequence << 8U | byte;
  return {hexadecimal(sign(from_hex(value.at("message").get<std::string>()), address(value.at("from")),
                           key(value), Sequence(sequence)))};
}

Words announcement(const Json& given) {
  allow(given, {"id", "section", "says", "announce", "expect"});
  const auto& value = given.at("announce");
  allow(value, {"address", "mac", "vrid", "router", "asked"});
  Announcement made{.address = address(value.at("address")), .from_router = value.value("router", false)};
  if (value.contains("vrid")) {
    made.mac = virtual_mac(made.address.family(), value["vrid"].get<std::uint8_t>());
  } else {
    std::ranges::copy(from_hex(value.at("mac").get<std::string>()), made.mac.begin());
  }
  if (!value.contains("asked")) return {hexadecimal(encode(made))};
  const auto question = parse_question(from_hex(value["asked"].get<std::string>()));
  if (!question) return {"asks nothing"};
  if (question->target != made.address) return {"asks for " + question->target.text()};
  return {hexadecimal(encode_answer(*question, made))};
}

}  // namespace vip::golden
