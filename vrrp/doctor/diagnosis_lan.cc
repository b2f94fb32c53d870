// What the LAN and the host's other programs have to do with the addresses.
#include <algorithm>
#include <map>
#include <utility>

#include "common/base/text.h"
#include "vrrp/core/advertisement.h"
#include "vrrp/doctor/diagnosis.h"

namespace vip::vrrp {
namespace {

using report::Finding;
using report::Findings;
using report::Verdict;

// A word once may be the last of who has just handed over.
constexpr int kActiveWords = 2;

std::string seconds_text(Duration time) {
  const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(time).count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

bool is_own(const HostFacts& facts, const MacAddress& mac) {
  return std::ranges::any_of(facts.links, [&](const auto& link) { return link.mac == mac; });
}

// --- who has an address
// -------------------------------------------------------------------------------------

class AddressJudge {
 public:
  AddressJudge(const HostFacts& facts, const WantedRouter& wanted) : facts_(facts), wanted_(wanted) {}

  [[nodiscard]] Finding on_host(const IpAddress& address) const {
    Finding finding{.check = "address_here", .what = "address " + address.text() + " on this host"};
    const auto found = std::ranges::find(facts_.addresses, address, [](const ObservedAddress& observed) {
      return observed.at.prefix.address;
    });
    const bool is_held = is_held_here(facts_, wanted_);
    if (found == facts_.addresses.end()) {
      finding.meaning = "it is not here, as it must be while no agent here is active";
      if (is_held) {
        finding.verdict = Verdict::error;
        finding.meaning = "the agent here is active, and the address is not there";
        finding.remedy = "see the agent's log (address_refused, address_put_back)";
      }
      return finding;
    }
    const auto where = found->at.prefix.text() + " dev " + name_of(found->at.interface);
    const bool is_marked = found->protocol == kAddressProtocol;
    if (is_marked && wanted_.mark && found->group_mark != *wanted_.mark) {
      finding.verdict = Verdict::error;
      finding.meaning = where + ": another group's agent on this host has it";
      finding.remedy = "an address belongs to one group: take it out of the other one's addresses";
    } else if (is_held) {
      finding.meaning = where + ": held by the agent here";
    } else if (is_marked) {
      finding.meaning = where + ": an agent put it there; it goes by itself when nobody renews its lease";
    } else {
      finding.verdict = Verdict::error;
      finding.meaning = where + ": it is there, and no agent of ours put it there; two hosts would have it";
      finding.remedy = "ip address delete " + where +
                       ", and take it out of whoever puts it there (a network manager, keepalived, a script)";
    }
    return finding;
  }

  [[nodiscard]] Finding on_lan(const IpAddress& address) const {
    Finding finding{.check = "address_in_use", .what = "address " + address.text() + " on the LAN"};
    if (!facts_.probed) {
      finding.verdict = Verdict::unknown;
      finding.meaning = "the LAN could not be asked who has it";
      return finding;
    }
    const auto found = facts_.owners.find(address);
    if (found == facts_.owners.end()) {
      finding.meaning =
          is_held_here(facts_, wanted_) ? "no other host answers for it" : "nobody answers for it";
      return finding;
    }
    for (const auto& mac : found->second) {
      if (is_own(facts_, mac)) continue;
      auto judged = owner(finding, mac);
      if (judged.verdict >= finding.verdict) finding = std::move(judged);
    }
    return finding;
  }

 private:
  [[nodiscard]] std::string name_of(IfIndex interface) const {
    const auto link = std::ranges::find(facts_.links, interface, &ObservedLink::index);
    return link == facts_.links.end() ? std::to_string(interface.value) : link->name;
  }

  // Who is heard to speak for our router has the right to the address.
  [[nodiscard]] bool speaks_for_it(const MacAddress& mac) const {
    return std::ranges::any_of(facts_.heard, [&](const HeardPacket& packet) {
      const bool ours = packet.payload.size() >= 2 &&
                        packet.payload[1] == wanted_.setup.protocol.vrid.value &&
                        packet.envelope.source.family() == wanted_.family();
      return ours && !packet.outgoing && packet.mac == mac;
    });
  }

  [[nodiscard]] std::string neighbour(const MacAddress& mac) const {
    const auto found = facts_.neighbours.find(mac);
    if (found == facts_.neighbours.end()) return text(mac);
    std::vector<std::string> names;
    for (const auto& address : found->second) names.push_back(address.text());
    return text(mac) + " (" + join(names, ", ") + ")";
  }

  [[nodiscard]] bool is_peer(const MacAddress& mac) const {
    const auto found = facts_.neighbours.find(mac);
    return found != facts_.neighbours.end() &&
           std::ranges::any_of(found->second, [&](const IpAddress& address) {
             return std::ranges::count(wanted_.setup.rules.peers, address) > 0;
           });
  }

  [[nodiscard]] Finding owner(Finding finding, const MacAddress& mac) const {
    const bool is_virtual = mac == virtual_mac(wanted_.family(), wanted_.setup.protocol.vrid.value);
    if (is_held_here(facts_, wanted_)) {
      finding.verdict = Verdict::error;
      finding.meaning = "the agent here has it, and " + neighbour(mac) + " answers for it, too";
      finding.remedy = is_peer(mac)
                           ? "let IP protocol 112 through between the members: they do not hear each other"
                           : "take the address from that host";
    } else if (speaks_for_it(mac) || (is_virtual && !facts_.heard.empty())) {
      finding.meaning = neighbour(mac) + " has it, which speaks for the router";
    } else if (is_peer(mac)) {
      finding.verdict = Verdict::error;
      finding.meaning = "the peer " + neighbour(mac) + " has it, and none of its advertisements arrived here";
      finding.remedy =
          "let IP protocol 112 through between the members, and see that it speaks to this node's address";
    } else {
      finding.verdict = Verdict::error;
      finding.meaning = "in use by " + neighbour(mac) + ", of which no advertisement was heard";
      finding.remedy =
          "take it from that host, or choose another address; where a router answers for every address "
          "(proxy ARP), switch that off or SWARM_VIP_DUPLICATE_CHECK=false";
    }
    return finding;
  }

  const HostFacts& facts_;
  const WantedRouter& wanted_;
};

// --- what speaks VRRP
// ---------------------------------------------------------------------------------------

struct Speaker {
  IpAddress source;
  bool outgoing = false;
  int words = 0;
  std::uint8_t priority = 0;
  std::uint8_t version = 0;
  std::optional<Discard> refused;  // of the last word
  bool authentic = false;
};

class WireJudge {
 public:
  WireJudge(const HostFacts& facts, const WantedRouter& wanted, const Placement& placement)
      : facts_(facts), wanted_(wanted), placement_(placement), authenticator_(facts.authenticator) {}

  Findings judge() {
    for (const auto& packet : facts_.heard) hear(packet);
    for (const auto& [who, speaker] : speakers_)
      speaker.outgoing ? judge_local(speaker) : judge_neighbour(speaker);
    judge_rivals();
    judge_other_ids();
    if (findings_.empty()) {
      add(Verdict::ok, "nobody else speaks for it (listened for " + seconds_text(facts_.listened_for) + ")");
    }
    return std::move(findings_);
  }

 private:
  void add(Verdict verdict, std::string meaning, std::string remedy = {}) {
    findings_.push_back({.check = "vrrp",
                         .what = "VRRP of " + called(wanted_),
                         .verdict = verdict,
                         .meaning = std::move(meaning),
                         .remedy = std::move(remedy)});
  }

  [[nodiscard]] bool is_id(std::uint8_t vrid) const {
    const auto& protocol = wanted_.setup.protocol;
    return protocol.vrid.value == vrid || (protocol.also && protocol.also->vrid.value == vrid);
  }

  void hear(const HeardPacket& packet) {
    const auto& envelope = packet.envelope;
    if (envelope.source.family() != wanted_.family() || packet.payload.size() < 3) return;
    if (!is_id(packet.payload[1])) return;
    auto& speaker = speakers_[{envelope.source, packet.outgoing}];
    speaker.source = envelope.source;
    speaker.outgoing = packet.outgoing;
    ++speaker.words;
    speaker.version = packet.payload[0] >> 4U;
    speaker.priority = packet.payload[2];
    speaker.refused = refusal(packet, speaker);
  }

  // Why an agent with these settings would not believe it.
  std::optional<Discard> refusal(const HeardPacket& packet, Speaker& speaker) {
    const auto decoded = decode(packet.payload, packet.envelope);
    if (!decoded) return decoded.error();
    auto authenticity = Authenticity::unproven;
    if (!packet.outgoing && wanted_.auth_known) {
      const auto judged = authenticator_.judge(packet.payload, packet.envelope.source, {});
      // A copy of what came by another link changes nothing.
      const bool is_copy = !judged && judged.error() == Discard::replay && speaker.words > 1;
      if (is_copy) return speaker.refused;
      if (!judged) return judged.error();
      authenticity = *judged;
      speaker.authentic = authenticity == Authenticity::authentic;
    }
    const auto& own = wanted_.setup.protocol;
    auto why = check_form(*decoded, packet, own, authenticity);
    if (why && own.also) why = check_form(*decoded, packet, in_form(own, *own.also), authenticity);
    return why;
  }

  [[nodiscard]] std::optional<Discard> check_form(const Decoded& decoded, const HeardPacket& packet,
                                                  RouterConfig config, Authenticity authenticity) const {
    auto rules = wanted_.setup.rules;
    rules.interface = placement_.home;
    if (placement_.source) config.source = *placement_.source;
    if (!wanted_.auth_known) {
      config.auth_type = decoded.advertisement.auth_type;
      config.auth = decoded.advertisement.auth;
    }
    if (packet.outgoing) {  // by whomever: what is judged is how it speaks
      config.source = {};
      rules.listed_sources_only = false;
      rules.interface = {};
      if (packet.envelope.source == placement_.source) authenticity = Authenticity::authentic;
    }
    return check(decoded.advertisement, packet.envelope, config, rules, authenticity);
  }

  void judge_local(const Speaker& speaker) {
    const bool is_agent = is_held_here(facts_, wanted_);
    if (is_agent && !speaker.refused) return;
    // An agent that is just leaving or yielding says priority 0.
    if (!facts_.agents.empty() && speaker.priority == 0) return;
    add(Verdict::error,
        "a program on this host that is no agent of ours speaks for it (version " +
            std::to_string(speaker.version) + ", priority " + std::to_string(speaker.priority) + ")",
        "stop it (keepalived?), or give one of the two another router id");
  }

  void judge_neighbour(const Speaker& speaker) {
    const auto who = speaker.source.text();
    const bool is_listed = std::ranges::count(wanted_.setup.rules.peers, speaker.source) > 0;
    if (speaker.refused) return judge_refused(speaker, is_listed);
    const auto priority = " with priority " + std::to_string(speaker.priority);
    if (is_listed || speaker.authentic || wanted_.setup.transport == Transport::multicast) {
      add(Verdict::ok, who + " is active" + priority);
      return;
    }
    add(Verdict::warning,
        who + " speaks for it" + priority +
            ", is not among the peers, and is believed: it takes part in every election",
        "add it to the peers, or give it another router id");
  }

  void judge_refused(const Speaker& speaker, bool is_listed) {
    const auto who =
        (is_listed ? "the peer " : "a stranger, ") + speaker.source.text() + (is_listed ? "" : ",");
    const std::string other_id =
        "give one of the two another router id (KEEPALIVED_ROUTER_ID, or auto in a managed group), or stop "
        "the other one";
    switch (*speaker.refused) {
      case Discard::unknown_source:
        return add(Verdict::error,
                   who + " speaks for router id " + vrid() + " with priority " +
                       std::to_string(speaker.priority) +
                       ": agents do not believe it, and it may claim addresses of its own",
                   other_id + "; if it is a member, add it to the peers");
      case Discard::version:
        return add(Verdict::error,
                   who + " speaks version " + std::to_string(speaker.version) + " of VRRP for router id " +
                       vrid() + ", our settings say version " +
                       std::to_string(static_cast<int>(wanted_.setup.protocol.version)),
                   is_listed ? "let all members speak one version (SWARM_VIP_VERSION)" : other_id);
      case Discard::authentication:
        return add(
            Verdict::error,
            who + " speaks for router id " + vrid() + " with another password or without the group's key",
            is_listed ? "give all members one password or key" : other_id);
      case Discard::interval:
        return add(Verdict::error, who + " has another interval, which version 2 does not allow",
                   "let all members have one interval (SWARM_VIP_ADVERT_INTERVAL)");
      case Discard::own_address:
        return add(Verdict::error, "another host speaks from our own address " + speaker.source.text(),
                   "give one of the two hosts another address");
      case Discard::ttl:
        return add(Verdict::warning,
                   who + " is heard with a TTL below 255: its packets came through a router",
                   "let the members be on one LAN");
      case Discard::other_interface:
        return add(Verdict::ok,
                   speaker.source.text() + " uses router id " + vrid() + " on another network of this host");
      case Discard::malformed:
      case Discard::type:
      case Discard::checksum:
      case Discard::no_addresses:
      case Discard::zero_interval:
      case Discard::vrid:
      case Discard::owner:
      case Discard::replay:
      case Discard::stale:
      case Discard::count:
        return add(Verdict::warning,
                   who + " sends what no agent believes (" + std::string(name(*speaker.refused)) + ")",
                   other_id);
    }
  }

  // Who is active beside another one.
  void judge_rivals() {
    std::vector<std::string> active;
    if (is_held_here(facts_, wanted_)) active.emplace_back("this host");
    for (const auto& [who, speaker] : speakers_) {
      if (!speaker.outgoing && !speaker.refused && speaker.words >= kActiveWords && speaker.priority != 0)
        active.push_back(speaker.source.text());
    }
    if (active.size() < 2) return;
    add(Verdict::error, join(active, " and ") + " are active at once: they do not hear each other",
        "let IP protocol 112 through between them, both ways");
  }

  // Another id with one of our addresses.
  void judge_other_ids() {
    std::map<std::pair<IpAddress, std::uint8_t>, IpAddress> others;
    for (const auto& packet : facts_.heard) {
      const auto decoded = decode(packet.payload, packet.envelope);
      if (!decoded || packet.envelope.source.family() != wanted_.family()) continue;
      const auto vrid = decoded->advertisement.vrid.value;
      if (is_id(vrid)) continue;
      for (const auto& address : decoded->advertisement.addresses) {
        if (std::ranges::count(wanted_.setup.protocol.addresses, address, &IpPrefix::address) > 0)
          others.emplace(std::pair(packet.envelope.source, vrid), address);
      }
    }
    for (const auto& [who, address] : others) {
      add(Verdict::error,
          who.first.text() + " has " + address.text() + ", too, as router " + std::to_string(who.second),
          "an address belongs to one router: take it out of the other one, or give both one router id");
    }
  }

  [[nodiscard]] std::string vrid() const { return std::to_string(wanted_.setup.protocol.vrid.value); }

  const HostFacts& facts_;
  const WantedRouter& wanted_;
  const Placement& placement_;
  Authenticator authenticator_;
  std::map<std::pair<IpAddress, bool>, Speaker> speakers_;
  Findings findings_;
};

// The ids that are in use, for who has none yet.
Finding ids_in_use(const HostFacts& facts) {
  Finding finding{.check = "vrrp", .what = "VRRP on the LAN"};
  std::map<std::pair<Family, int>, std::string> ids;
  for (const auto& packet : facts.heard) {
    if (packet.payload.size() < 2) continue;
    ids.emplace(std::pair(packet.envelope.source.family(), int{packet.payload[1]}),
                packet.envelope.source.text());
  }
  std::vector<std::string> words;
  words.reserve(ids.size());
  for (const auto& [id, source] : ids)
    words.push_back(std::to_string(id.second) + " (" + std::string(name(id.first)) + ", " + source + ")");
  finding.meaning = words.empty()
                        ? "no router id was heard in " + seconds_text(facts.listened_for)
                        : "router ids in use: " + join(words, ", ") + "; a new group needs another one";
  return finding;
}

// --- filters
// ------------------------------------------------------------------------------------------------

std::string accept(Family family, const std::string& chain, const std::string& what) {
  const std::string program = family == Family::ipv4 ? "iptables" : "ip6tables";
  const auto rule = what.empty() ? std::string("-p 112") : what;
  return program + " -I " + chain + " " + rule + " -j ACCEPT, or nft: " +
         (what.empty() ? "meta l4proto 112 accept"
                       : "udp dport " + what.substr(what.rfind(' ') + 1) + " accept") +
         " before the rule that drops it";
}

Finding judge_trial(const HostFacts& facts, const WantedRouter& wanted, const FilterTrial& trial) {
  Finding finding{.check = "firewall", .what = "firewall of this host for " + called(wanted)};
  const auto family = wanted.family();
  const auto filtered = std::ranges::find_if(facts.heard, [&](const HeardPacket& packet) {
    const auto& envelope = packet.envelope;
    const auto own = place_router(wanted.placement, facts.links).source;
    return !packet.outgoing && own && envelope.destination == *own &&
           !facts.arrived.contains(envelope.source);
  });
  if (filtered != facts.heard.end()) {
    finding.verdict = Verdict::error;
    finding.meaning =
        "advertisements of " + filtered->envelope.source.text() +
        " reach the interface and not the programs: this host drops IP protocol 112 that comes in";
    finding.remedy = accept(family, "INPUT", "");
  } else if (trial.out == Passage::refused) {
    finding.verdict = Verdict::error;
    finding.meaning = "this host drops IP protocol 112 that goes out to " + trial.peer;
    finding.remedy = accept(family, "OUTPUT", "");
  } else if (trial.in == Passage::lost) {
    finding.verdict = Verdict::error;
    finding.meaning = "this host drops IP protocol 112 that comes in from " + trial.peer;
    finding.remedy = accept(family, "INPUT", "");
  } else if (trial.out == Passage::passed && trial.in == Passage::passed) {
    finding.meaning = "packets of protocol 112 as of " + trial.peer +
                      " pass it both ways; other hosts and the switches between were not asked";
  } else {
    finding.verdict = Verdict::unknown;
    finding.meaning = "could not be tried" + (trial.error.empty() ? std::string() : ": " + trial.error);
  }
  return finding;
}

}  // namespace

Findings judge_addresses(const HostFacts& facts) {
  Findings findings;
  for (const auto& wanted : facts.wanted) {
    const AddressJudge judge(facts, wanted);
    for (const auto& prefix : wanted.setup.protocol.addresses) {
      findings.push_back(judge.on_host(prefix.address));
      findings.push_back(judge.on_lan(prefix.address));
    }
  }
  return findings;
}

Findings judge_filters(const HostFacts& facts) {
  Findings findings;
  for (const auto& [router, trial] : facts.trials) {
    const auto& wanted = facts.wanted.at(router);
    findings.push_back(judge_trial(facts, wanted, trial));
    if (trial.hello != Passage::lost && trial.hello != Passage::refused) continue;
    findings.push_back(
        {.check = "firewall_hello",
         .what = "firewall of this host for hellos",
         .verdict = Verdict::warning,
         .meaning = "UDP of the status port does not get through: a start takes 3 to 4 s, and a firewall "
                    "between two nodes is not told from a dead one",
         .remedy =
             accept(wanted.family(), trial.hello == Passage::lost ? "INPUT" : "OUTPUT",
                    "-p udp --dport " + (facts.ports.empty() ? std::string("PORT")
                                                             : std::to_string(facts.ports.front().port)))});
  }
  return findings;
}

Findings judge_wire(const HostFacts& facts) {
  if (!facts.listened) {
    return {{.check = "vrrp",
             .what = "VRRP on the LAN",
             .verdict = Verdict::unknown,
             .meaning = "could not be listened to: " + facts.listen_error}};
  }
  Findings findings;
  const auto found = places(facts);
  for (std::size_t i = 0; i < found.size(); ++i)
    std::ranges::move(WireJudge(facts, facts.wanted[i], found[i]).judge(), std::back_inserter(findings));
  if (facts.wanted.empty()) findings.push_back(ids_in_use(facts));
  return findings;
}

Findings judge_programs(const HostFacts& facts) {
  Findings findings;
  for (const auto& program : facts.programs) {
    findings.push_back(
        {.check = "other_vrrp",
         .what = program.name + " (pid " + std::to_string(program.pid) + ")",
         .verdict = Verdict::warning,
         .meaning = "it speaks VRRP on this host, too; beside an agent that is right only with other router "
                    "ids and other addresses",
         .remedy = "when the group has moved over: stop it, and keep it from being started again"});
  }
  if (!findings.empty()) return findings;
  if (facts.raw_listeners > facts.agents.size()) {
    return {
        {.check = "other_vrrp",
         .what = "other VRRP programs",
         .verdict = Verdict::warning,
         .meaning =
             "a program on this host that is no agent of ours listens for VRRP (keepalived, perhaps in a "
             "container)",
         .remedy = "ss -lwnp names it; beside an agent it must have other router ids and other addresses"}};
  }
  return {{.check = "other_vrrp",
           .what = "other VRRP programs",
           .verdict = Verdict::ok,
           .meaning = "none listens on this host"}};
}

Findings judge_ports(const HostFacts& facts) {
  Findings findings;
  for (const auto& port : facts.ports) {
    Finding finding{.check = "port", .what = port.what};
    const bool by_agent = std::ranges::any_of(facts.agents, [&](const AgentWord& agent) {
      return agent.group.empty() || agent.group == port.group;
    });
    if (!port.taken) {
      finding.meaning = "free for the agent";
    } else if (by_agent) {
      finding.meaning = "the agent of this host has it";
    } else {
      finding.verdict = Verdict::warning;
      finding.meaning = port.transport == "TCP"
                            ? "another program has it: the status of this node cannot be asked for"
                            : "another program has it: members cannot ask this node who is there";
      finding.remedy = "ss -l" + std::string(port.transport == "TCP" ? "t" : "u") +
                       "np 'sport = :" + std::to_string(port.port) +
                       "' names it; stop it, or choose another port (SWARM_VIP_STATUS_PORT)";
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

Findings judge_agents(const HostFacts& facts) {
  Findings findings;
  for (const auto& agent : facts.agents) {
    Finding finding{.check = "agent", .what = "agent of group " + (agent.group.empty() ? "?" : agent.group)};
    if (!agent.error.empty()) {
      finding.verdict = Verdict::warning;
      finding.meaning = "it does not answer: " + agent.error;
      finding.remedy = "see its log; its parent ends it when its lease is over, and starts it again";
      findings.push_back(finding);
      continue;
    }
    if (agent.routers.empty()) {
      finding.meaning = agent.waits.empty() ? "it stands by: this node is not a member of its plan"
                                            : "it stands by: " + agent.waits;
      findings.push_back(finding);
      continue;
    }
    for (const auto& router : agent.routers) {
      auto of_router = finding;
      const bool is_bad = !router.reason.empty();
      of_router.verdict = is_bad ? Verdict::error : Verdict::ok;
      of_router.meaning = "router " + std::to_string(router.vrid.value) + " (" +
                          std::string(name(router.family)) + ") is " +
                          (router.state == "fault" ? "in a fault" : router.state) +
                          (is_bad ? ": " + router.reason : std::string());
      if (is_bad)
        of_router.remedy = "the findings above say what keeps it from its work; `explain` says more";
      findings.push_back(std::move(of_router));
    }
  }
  return findings;
}

}  // namespace vip::vrrp
