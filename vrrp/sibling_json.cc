#include "vrrp/sibling_json.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace vip::vrrp {
namespace {

using nlohmann::json;
using Kind = SiblingFrame::Kind;

constexpr std::array kWords{Word::ask, Word::ready, Word::commit, Word::committed, Word::abort, Word::mirror};

SiblingFrame read(const json& from) {
  SiblingFrame frame;
  const auto kind = from.value("kind", "");
  if (kind == "hello") {
    frame.kind = Kind::hello;
    frame.challenge = from.value("challenge", "");
    frame.order.started = TimePoint(Duration(from.value("started", std::int64_t{0})));
    frame.order.nonce = from.value("nonce", std::uint64_t{0});
    frame.has_keys = from.value("has_keys", false);
  } else if (kind == "proof") {
    frame.kind = Kind::proof;
    frame.proofs = from.value("proofs", std::vector<std::string>());
  } else if (kind == "reject") {
    frame.kind = Kind::reject;
    frame.why = from.value("why", "");
  } else if (kind == "unfit") {
    frame.kind = Kind::unfit;
    frame.why = from.value("why", "");
  } else if (const auto word = std::ranges::find(kWords, kind, [](Word known) { return name(known); });
             word != kWords.end()) {
    frame.kind = Kind::message;
    frame.message = {.word = *word,
                     .handoff = from.value("handoff", std::uint64_t{0}),
                     .rank = from.value("rank", std::uint32_t{0})};
    frame.state = from.value("state", "");
    frame.carries = from.value("carries", std::vector<std::string>());
  }
  return frame;
}

}  // namespace

std::string to_json(const SiblingFrame& frame) {
  json to;
  switch (frame.kind) {
    case Kind::hello:
      to = {{"kind", "hello"},
            {"version", VIP_VERSION},
            {"pid", ::getpid()},
            {"challenge", frame.challenge},
            {"started", frame.order.started.time_since_epoch().count()},
            {"nonce", frame.order.nonce},
            {"has_keys", frame.has_keys}};
      break;
    case Kind::proof:
      to = {{"kind", "proof"}, {"proofs", frame.proofs}};
      break;
    case Kind::reject:
      to = {{"kind", "reject"}, {"why", frame.why}};
      break;
    case Kind::unfit:
      to = {{"kind", "unfit"}, {"why", frame.why}};
      break;
    case Kind::message:
      to = {{"kind", name(frame.message.word)},
            {"handoff", frame.message.handoff},
            {"rank", frame.message.rank}};
      if (!frame.state.empty()) to["state"] = frame.state;
      if (!frame.carries.empty()) to["carries"] = frame.carries;
      break;
    case Kind::other:
      break;
  }
  return to.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<SiblingFrame> read_sibling_frame(std::string_view text) {
  try {
    const auto document = json::parse(text);
    if (!document.is_object()) return fail(Errc::invalid, "a sibling's word is not an object");
    return read(document);
  } catch (const std::exception& error) {
    return fail(Errc::invalid, std::string("a sibling's word: ") + error.what());
  }
}

}  // namespace vip::vrrp
