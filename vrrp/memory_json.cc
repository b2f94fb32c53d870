#include "vrrp/memory_json.h"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <type_traits>

#include <nlohmann/json.hpp>

namespace vip::vrrp {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, static_cast<std::size_t>(Timer::count)> kTimerNames{
    "down",   "advert", "resume",   "preempt_delay", "announce",
    "defend", "retry",  "farewell", "linger",        "doubt"};
constexpr std::array kStates{State::initialize, State::backup, State::active, State::fault};

// The members of each struct with their names: one list for both directions.
template <typename Memory, typename Struct>
concept Like = std::is_same_v<std::remove_const_t<Memory>, Struct>;

template <Like<RouterMemory> Memory>
void each_member(Memory& memory, const auto& visit) {
  visit("as_of", memory.as_of);
  visit("advert_interval", memory.advert_interval);
  visit("addresses", memory.addresses);
  visit("generation", memory.generation);
  visit("state", memory.state);
  visit("timers", memory.timers);
  visit("active_interval", memory.active_interval);
  visit("active_router", memory.active_router);
  visit("active_left", memory.active_left);
  visit("last_advert", memory.last_advert);
  visit("active_since", memory.active_since);
  visit("announced", memory.announced);
  visit("announce_often_until", memory.announce_often_until);
  visit("claim_cause", memory.claim_cause);
  visit("adverts_at_old_pace", memory.adverts_at_old_pace);
  visit("old_pace", memory.old_pace);
  visit("preempt_again_at", memory.preempt_again_at);
  visit("deaf", memory.deaf);
  visit("listening", memory.listening);
  visit("heard_anybody", memory.heard_anybody);
  visit("taken", memory.taken);
  visit("settled_at", memory.settled_at);
  visit("kin", memory.kin);
  visit("newer_plan", memory.newer_plan);
  visit("speaker", memory.speaker);
  visit("well", memory.well);
  visit("bonus", memory.bonus);
}

template <Like<Speaker> Memory>
void each_member(Memory& memory, const auto& visit) {
  visit("source", memory.source);
  visit("interval", memory.interval);
  visit("heard", memory.heard);
  visit("unheard", memory.unheard);
}

template <Like<SetMemory::Router> Memory>
void each_member(Memory& memory, const auto& visit) {
  visit("vrid", memory.vrid);
  visit("also_vrid", memory.also_vrid);
  visit("family", memory.family);
  visit("network", memory.network);
  visit("machine", memory.machine);
  visit("transient_peers", memory.transient_peers);
  visit("transitions", memory.transitions);
}

template <Like<AuthenticatorMemory::Mark> Memory>
void each_member(Memory& memory, const auto& visit) {
  visit("source", memory.source);
  visit("vrid", memory.vrid);
  visit("version", memory.version);
  visit("sequence", memory.sequence);
}

template <Like<AuthenticatorMemory> Memory>
void each_member(Memory& memory, const auto& visit) {
  visit("last", memory.last);
  visit("highest_heard", memory.highest_heard);
  visit("marks", memory.marks);
}

template <Like<SetMemory> Memory>
void each_member(Memory& memory, const auto& visit) {
  visit("as_of", memory.as_of);
  visit("authenticator", memory.authenticator);
  visit("routers", memory.routers);
}

template <typename Value>
concept Struct = requires(Value value) { each_member(value, [](const char*, auto&) {}); };

// A transition is a list, for there are many of them: in this order, and what a later version adds follows.
namespace transition {
enum Place : std::size_t { at, when, from, to, cause, peer, after, silence, reason };
}  // namespace transition

// Of a later version: what is safe to take it for.
State state_of(const std::string& text) {
  const auto found = std::ranges::find(kStates, text, [](State state) { return name(state); });
  return found == kStates.end() ? State::initialize : *found;
}

Cause cause_of(const std::string& text) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(Cause::count); ++i)
    if (name(static_cast<Cause>(i)) == text) return static_cast<Cause>(i);
  return Cause::started;
}

template <typename Value>
Value parsed(const json& text) {
  const auto value = Value::parse(text.get<std::string>());
  if (!value) throw std::invalid_argument(text.dump() + " is not an address");
  return *value;
}

}  // namespace
}  // namespace vip::vrrp

namespace nlohmann {

template <vip::vrrp::Struct Value>
struct adl_serializer<Value> {
  static void to_json(json& to, const Value& value) {
    to = json::object();
    vip::vrrp::each_member(value, [&to](const char* name, const auto& member) { to[name] = member; });
  }
  static void from_json(const json& from, Value& value) {
    vip::vrrp::each_member(value, [&from](const char* name, auto& member) {
      if (from.contains(name)) from.at(name).get_to(member);
    });
  }
};

template <typename Value>
struct adl_serializer<std::optional<Value>> {
  static void to_json(json& to, const std::optional<Value>& value) {
    to = value ? json(*value) : json(nullptr);
  }
  static void from_json(const json& from, std::optional<Value>& value) {
    value = from.is_null() ? std::nullopt : std::optional(from.get<Value>());
  }
};

template <>
struct adl_serializer<vip::IpAddress> {
  static void to_json(json& to, const vip::IpAddress& value) { to = value.text(); }
  static void from_json(const json& from, vip::IpAddress& value) {
    value = vip::vrrp::parsed<vip::IpAddress>(from);
  }
};

template <>
struct adl_serializer<vip::IpPrefix> {
  static void to_json(json& to, const vip::IpPrefix& value) { to = value.text(); }
  static void from_json(const json& from, vip::IpPrefix& value) {
    value = vip::vrrp::parsed<vip::IpPrefix>(from);
  }
};

template <>
struct adl_serializer<vip::Duration> {
  static void to_json(json& to, const vip::Duration& value) { to = value.count(); }
  static void from_json(const json& from, vip::Duration& value) {
    value = vip::Duration(from.get<vip::Duration::rep>());
  }
};

template <>
struct adl_serializer<vip::TimePoint> {
  static void to_json(json& to, const vip::TimePoint& value) { to = value.time_since_epoch(); }
  static void from_json(const json& from, vip::TimePoint& value) {
    value = vip::TimePoint(from.get<vip::Duration>());
  }
};

template <typename Tag, typename Rep>
struct adl_serializer<vip::Strong<Tag, Rep>> {
  static void to_json(json& to, const vip::Strong<Tag, Rep>& value) { to = value.value; }
  static void from_json(const json& from, vip::Strong<Tag, Rep>& value) { from.get_to(value.value); }
};

template <>
struct adl_serializer<vip::vrrp::Sequence> {
  static void to_json(json& to, const vip::vrrp::Sequence& value) { to = value.value(); }
  static void from_json(const json& from, vip::vrrp::Sequence& value) {
    value = vip::vrrp::Sequence(from.get<std::uint64_t>());
  }
};

template <>
struct adl_serializer<vip::Family> {
  static void to_json(json& to, const vip::Family& value) { to = name(value); }
  static void from_json(const json& from, vip::Family& value) {
    value = from == name(vip::Family::ipv6) ? vip::Family::ipv6 : vip::Family::ipv4;
  }
};

template <>
struct adl_serializer<vip::vrrp::State> {
  static void to_json(json& to, const vip::vrrp::State& value) { to = name(value); }
  static void from_json(const json& from, vip::vrrp::State& value) { value = vip::vrrp::state_of(from); }
};

template <>
struct adl_serializer<vip::vrrp::Cause> {
  static void to_json(json& to, const vip::vrrp::Cause& value) { to = name(value); }
  static void from_json(const json& from, vip::vrrp::Cause& value) { value = vip::vrrp::cause_of(from); }
};

template <>
struct adl_serializer<std::chrono::milliseconds> {
  static void to_json(json& to, const std::chrono::milliseconds& value) { to = value.count(); }
  static void from_json(const json& from, std::chrono::milliseconds& value) {
    value = std::chrono::milliseconds(from.get<std::chrono::milliseconds::rep>());
  }
};

template <>
struct adl_serializer<vip::vrrp::Transition> {
  static void to_json(json& to, const vip::vrrp::Transition& value) {
    const auto when = std::chrono::floor<std::chrono::milliseconds>(value.when.time_since_epoch());
    to = json::array({value.at, when, value.from, value.to, value.cause, value.peer, value.after,
                      value.silence, value.reason});
  }
  static void from_json(const json& from, vip::vrrp::Transition& value) {
    namespace place = vip::vrrp::transition;
    if (!from.is_array()) return;
    const auto read = [&from](std::size_t which, auto& member) {
      if (which < from.size()) from[which].get_to(member);
    };
    std::chrono::milliseconds when{};
    read(place::at, value.at);
    read(place::when, when);
    value.when = vip::TimePoint(when);
    read(place::from, value.from);
    read(place::to, value.to);
    read(place::cause, value.cause);
    read(place::peer, value.peer);
    read(place::after, value.after);
    read(place::silence, value.silence);
    read(place::reason, value.reason);
  }
};

template <>
struct adl_serializer<vip::TimerTable<vip::vrrp::Timer>> {
  static void to_json(json& to, const vip::TimerTable<vip::vrrp::Timer>& value) {
    to = json::object();
    for (std::size_t i = 0; i < vip::vrrp::kTimerNames.size(); ++i) {
      const auto when = value.get(static_cast<vip::vrrp::Timer>(i));
      if (when) to[std::string(vip::vrrp::kTimerNames.at(i))] = *when;
    }
  }
  static void from_json(const json& from, vip::TimerTable<vip::vrrp::Timer>& value) {
    for (std::size_t i = 0; i < vip::vrrp::kTimerNames.size(); ++i) {
      const auto found = from.find(vip::vrrp::kTimerNames.at(i));
      if (found != from.end()) value.set(static_cast<vip::vrrp::Timer>(i), found->get<vip::TimePoint>());
    }
  }
};

}  // namespace nlohmann

namespace vip::vrrp {
namespace {

template <typename Memory>
Result<Memory> read(std::string_view text) {
  try {
    const auto document = json::parse(text);
    if (!document.is_object()) return fail(Errc::invalid, "what was remembered is not an object");
    return document.get<Memory>();
  } catch (const std::exception& error) {
    return fail(Errc::invalid, std::string("what was remembered: ") + error.what());
  }
}

}  // namespace

std::string to_json(const SetMemory& memory) {
  return json(memory).dump();
}

std::string to_json(const SetMemory::Router& memory) {
  return json(memory).dump();
}

std::string to_json(const AuthenticatorMemory& memory) {
  return json(memory).dump();
}

Result<SetMemory> read_set_memory(std::string_view text) {
  return read<SetMemory>(text);
}

Result<SetMemory::Router> read_router_memory(std::string_view text) {
  return read<SetMemory::Router>(text);
}

Result<AuthenticatorMemory> read_authenticator_memory(std::string_view text) {
  return read<AuthenticatorMemory>(text);
}

}  // namespace vip::vrrp
