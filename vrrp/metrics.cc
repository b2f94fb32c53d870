#include "vrrp/metrics.h"

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "common/metrics/exposition.h"
#include "common/metrics/process.h"

namespace vip::vrrp {
namespace {

using metrics::Exposition;
using metrics::Kind;
using metrics::WrittenLabels;

double number(std::uint64_t count) {
  return static_cast<double>(count);
}

double number(bool flag) {
  return flag ? 1 : 0;
}

// A time since the epoch has more nanoseconds than a double has digits.
double seconds(Duration duration) {
  return static_cast<double>(std::chrono::round<std::chrono::microseconds>(duration).count()) / 1e6;
}

// The labels have one more for a while.
class Also {
 public:
  Also(WrittenLabels& labels, std::string_view name, std::string_view value)
      : labels_(labels), size_(labels.text().size()) {
    labels_.add(name, value);
  }
  Also(const Also&) = delete;
  Also& operator=(const Also&) = delete;
  Also(Also&&) = delete;
  Also& operator=(Also&&) = delete;
  ~Also() { labels_.cut_to(size_); }

 private:
  WrittenLabels& labels_;
  std::size_t size_;
};

// Samples are written family by family, and each family goes over all routers.
class Writer {
 public:
  explicit Writer(const AgentStatus& status) : status_(status) {
    agent_.add("group", status.group);
    agent_.add("node", status.hostname.empty() ? status.node : status.hostname);
    for (const auto& router : status.routers) {
      auto labels = agent_;
      labels.add("vrid", std::to_string(router.vrid.value));
      labels.add("family", name(router.family));
      labels.add("interface", router.interface);
      routers_.push_back(std::move(labels));
    }
  }

  std::string text(const ProcessFacts& process) && {
    add_agent();
    add_states();
    add_packets();
    add_changes();
    add_checks();
    metrics::add_process(out_, process);
    return std::move(out_).text();
  }

 private:
  void add_agent() {
    out_.family(Kind::gauge, "swarmvip_build_info", "1; which version this is.");
    out_.sample({{.name = "version", .value = VIP_VERSION}}, 1);
    of_agent(Kind::gauge, "swarmvip_agent_healthy",
             "Whether the agent is in charge or rightly stands by: what its health check says.",
             number(status_.healthy));
    of_agent(Kind::gauge, "swarmvip_agent_in_charge",
             "Whether this agent acts for the group on its host; another one does during an update.",
             number(status_.acts));
    of_agent(Kind::counter, "swarmvip_agent_restarts_total",
             "How often the agent's router crashed and was started again by its parent process.",
             number(std::uint64_t{status_.restarts}));
    of_agent(Kind::gauge, "swarmvip_agent_realtime", "Whether the agent runs before other programs.",
             number(status_.realtime));
    of_agent(Kind::gauge, "swarmvip_plan_generation",
             "Generation of the plan by which the agent works; 0 without a plan.",
             number(status_.generation));
    of_agent(Kind::gauge, "swarmvip_lease_seconds",
             "How long the kernel keeps an address that nobody renews; 0: for ever.", seconds(status_.lease));
    of_agent(Kind::counter, "swarmvip_lease_renewals_total", "Renewals of the addresses' leases.",
             number(status_.lease_renewals));
    out_.family(Kind::counter, "swarmvip_stray_packets_total", "Packets that belonged to no router.");
    for (std::size_t i = 0; i < kDiscardCount; ++i) {
      const Also reason(agent_, "reason", name(static_cast<Discard>(i)));
      out_.sample_written(agent_, number(status_.strays.at(i)));
    }
  }

  void add_states() {
    out_.family(Kind::gauge, "swarmvip_router_state", "1 for the state in which the router is, else 0.");
    each_router([this](const RouterStatus& router, WrittenLabels& labels) {
      for (const auto state : {State::initialize, State::backup, State::active, State::fault}) {
        const Also which(labels, "state", name(state));
        out_.sample_written(labels, number(router.state == state));
      }
    });
    out_.family(Kind::gauge, "swarmvip_router_state_since_timestamp_seconds",
                "Since when the router is in its state, by its host's clock.");
    each_router([this](const RouterStatus& router, const WrittenLabels& labels) {
      if (!router.transitions.empty()) out_.sample_written(labels, seconds(router.transitions.back().at));
    });
    of_routers(Kind::gauge, "swarmvip_router_priority", "The priority that the router says.",
               [](const RouterStatus& router) { return number(std::uint64_t{router.priority.value}); });
    of_routers(Kind::gauge, "swarmvip_advert_interval_seconds",
               "How often the router advertises while active.",
               [](const RouterStatus& router) { return seconds(router.advert_interval); });
    out_.family(Kind::gauge, "swarmvip_router_trouble", "1 for what keeps the router from its work.");
    each_router([this](const RouterStatus& router, WrittenLabels& labels) {
      if (router.trouble == Trouble::none) return;
      const Also which(labels, "trouble", name(router.trouble));
      out_.sample_written(labels, 1);
    });
    out_.family(Kind::gauge, "swarmvip_address_held",
                "Whether this node has the address: its router is active.");
    each_router([this](const RouterStatus& router, WrittenLabels& labels) {
      for (const auto& prefix : router.addresses) {
        const Also which(labels, "vip", prefix.address.text());
        out_.sample_written(labels, number(router.state == State::active));
      }
    });
  }

  void add_packets() {
    count("swarmvip_advertisements_sent_total", "Advertisements sent, one for each destination.",
          &RouterCounters::advertisements_sent);
    count("swarmvip_advertisements_received_total", "Advertisements received and believed.",
          &RouterCounters::advertisements_received);
    out_.family(Kind::counter, "swarmvip_advertisements_discarded_total",
                "Advertisements and hellos for this router that were not believed.");
    each_router([this](const RouterStatus& router, WrittenLabels& labels) {
      for (std::size_t i = 0; i < kDiscardCount; ++i) {
        const Also reason(labels, "reason", name(static_cast<Discard>(i)));
        out_.sample_written(labels, number(router.counters.discards.at(i)));
      }
    });
    out_.family(Kind::counter, "swarmvip_advertisements_noticed_total",
                "Advertisements that were believed and yet are odd.");
    each_router([this](const RouterStatus& router, WrittenLabels& labels) {
      for (std::size_t i = 0; i < kNoticeCount; ++i) {
        const Also notice(labels, "notice", name(static_cast<Notice>(i)));
        out_.sample_written(labels, number(router.counters.notices.at(i)));
      }
    });
    count("swarmvip_priority_zero_sent_total", "Advertisements sent that say: this router leaves.",
          &RouterCounters::priority_zero_sent);
    count("swarmvip_priority_zero_received_total", "Advertisements received that say: the sender leaves.",
          &RouterCounters::priority_zero_received);
    count("swarmvip_hellos_sent_total", "Questions to other members, and answers.",
          &RouterCounters::hellos_sent);
    count("swarmvip_hellos_received_total", "Questions of other members, and answers.",
          &RouterCounters::hellos_received);
    count("swarmvip_send_errors_total", "Packets that the kernel did not take.",
          &RouterCounters::send_errors);
    count("swarmvip_announcements_sent_total", "Gratuitous ARP and neighbour advertisements sent.",
          &RouterCounters::announcements);
  }

  void add_changes() {
    count("swarmvip_transitions_total", "Changes of the router's state.", &RouterCounters::transitions);
    count("swarmvip_became_active_total", "How often the router became active.",
          &RouterCounters::became_active);
    count("swarmvip_left_active_total", "How often the router ceased to be active.",
          &RouterCounters::left_active);
    count("swarmvip_addresses_put_back_total",
          "How often an address was taken away by something else on this host, and put back.",
          &RouterCounters::put_back);
    count("swarmvip_foreign_owners_total",
          "How often another host announced an address while this router was active.",
          &RouterCounters::foreign_owners);
    count("swarmvip_unheard_total",
          "How often a member said that it is active while its advertisements did not arrive.",
          &RouterCounters::unheard);
    out_.family(Kind::histogram, "swarmvip_takeover_seconds",
                "How long nothing was heard of the active router when this one took over for that reason.");
    each_router([this](const RouterStatus& router, const WrittenLabels& labels) {
      const auto& takeovers = router.takeovers;
      out_.histogram_written(labels, metrics::Takeovers::kBounds, takeovers.counts, seconds(takeovers.sum));
    });
  }

  void add_checks() {
    out_.family(Kind::gauge, "swarmvip_check_passes",
                "Whether the check passes; absent before its first result.");
    each_check([this](const CheckStatus& check, const WrittenLabels& labels) {
      if (check.result != "unknown") out_.sample_written(labels, number(check.result == "passes"));
    });
    out_.family(Kind::counter, "swarmvip_check_results_total", "Results of the check.");
    each_check([this](const CheckStatus& check, const WrittenLabels& labels) {
      out_.sample_written(labels, number(check.results));
    });
    out_.family(Kind::counter, "swarmvip_check_failures_total", "Results of the check that were bad.");
    each_check([this](const CheckStatus& check, const WrittenLabels& labels) {
      out_.sample_written(labels, number(check.bad));
    });
    out_.family(Kind::counter, "swarmvip_check_changes_total",
                "How often the check began to pass or to fail.");
    each_check([this](const CheckStatus& check, const WrittenLabels& labels) {
      out_.sample_written(labels, number(check.changes));
    });
  }

  void of_agent(Kind kind, std::string_view name, std::string_view help, double value) {
    out_.family(kind, name, help);
    out_.sample_written(agent_, value);
  }

  void each_router(const auto& visit) {
    for (std::size_t i = 0; i < routers_.size(); ++i) visit(status_.routers[i], routers_[i]);
  }

  void of_routers(Kind kind, std::string_view name, std::string_view help, const auto& value) {
    out_.family(kind, name, help);
    each_router([&](const RouterStatus& router, const WrittenLabels& labels) {
      out_.sample_written(labels, value(router));
    });
  }

  void count(std::string_view name, std::string_view help, std::uint64_t RouterCounters::* counter) {
    of_routers(Kind::counter, name, help,
               [counter](const RouterStatus& router) { return number(router.counters.*counter); });
  }

  void each_check(const auto& visit) {
    for (const auto& check : status_.checks) {
      const Also which(agent_, "check", check.name);
      const Also kind(agent_, "kind", check.kind);
      visit(check, agent_);
    }
  }

  const AgentStatus& status_;
  WrittenLabels agent_;
  std::vector<WrittenLabels> routers_;  // of each its labels
  Exposition out_;
};

}  // namespace

std::string metrics_text(const AgentStatus& status, const ProcessFacts& process) {
  return Writer(status).text(process);
}

}  // namespace vip::vrrp
