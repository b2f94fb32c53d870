#include "operator/cli/doctor_command.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/exit_status.h"
#include "common/report/explanation.h"
#include "common/report/finding.h"
#include "common/sys/posix.h"
#include "common/sys/unique_fd.h"
#include "operator/cli/hand_over.h"
#include "operator/cli/swarm_look.h"
#include "operator/core/by_hand.h"
#include "operator/core/diagnosis.h"
#include "operator/start.h"

namespace vip::swarm {
namespace {

using report::Section;

constexpr std::size_t kAnswerMax = 4U << 20U;

int refuse(const std::string& text) {
  (void)std::fprintf(stderr, "swarm-vip: %s\n", text.c_str());
  return kWrongSettings;
}

struct Answer {
  std::string text;
  int status = -1;  // that of its exit; -1 when it ended otherwise
};

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> chunk{};
  for (;;) {
    const ssize_t count = ::read(fd, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || text.size() > kAnswerMax) return text;
    text.append(chunk.data(), static_cast<std::size_t>(count));
  }
}

// Runs the agent's program to its end. Its messages go where ours go.
Result<Answer> ask_agent_program(const std::vector<std::string>& words) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return sys::errno_failure("pipe");
  const sys::UniqueFd reading(ends[0]);
  sys::UniqueFd writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return sys::errno_failure("fork");
  if (child == 0) {
    if (::dup2(writing.get(), STDOUT_FILENO) >= 0)
      (void)hand_over_to_agent(words);  // comes back on failure only
    ::_exit(kFailed);
  }
  writing.reset();
  Answer answer{.text = read_all(reading.get())};
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) answer.status = WEXITSTATUS(status);
  return answer;
}

// The host's half; its words were wrong when there is no section.
Result<std::vector<Section>> examine_host(const std::vector<std::string>& words, int& exit_status) {
  std::vector<std::string> all{"doctor", "--json"};
  std::ranges::remove_copy(words, std::back_inserter(all), "--json");
  VIP_TRY(const auto answer, ask_agent_program(all));
  exit_status = answer.status;
  if (answer.status == kWrongSettings) return std::vector<Section>{};
  VIP_TRY(auto sections, report::parse_findings(answer.text));
  for (auto& section : sections) section.title = "this host";
  return sections;
}

Section examine_cluster(const settings::Environment& env) {
  Section section{.part = "cluster", .title = "the Swarm", .findings = {}};
  ClusterFacts facts;
  OperatorSettings settings;
  if (has_operator_settings(env)) {
    settings::Findings findings;
    settings = read_settings(env, findings);
    facts.setting_faults = findings.errors();
    facts.setting_warnings = findings.warnings();
    if (!findings.ok()) settings = {};
  }
  auto look = look_at_swarm(env, std::move(settings), Extent::operators_too);
  if (!look) {
    const auto& error = look.error();
    const bool no_socket = error.code == Errc::not_found && !env.has("DOCKER_HOST");
    const bool is_worker = no_socket || error.context.starts_with(kNotAManager);
    section.findings = judge_settings(facts);
    section.findings.push_back(judge_api(error, is_worker && !has_operator_settings(env)));
    return section;
  }
  facts.forbidden = std::move(look->forbidden);
  facts.observed = std::move(look->observed);
  facts.asked_at = look->asked_at;
  facts.groups = std::move(look->groups);
  facts.operators = std::move(look->operators);
  section.findings = diagnose(facts);
  return section;
}

const GroupFacts* find_group(const SwarmLook& look, std::string_view name) {
  const auto found =
      std::ranges::find_if(look.groups, [&](const GroupFacts& group) { return group.agents.group == name; });
  return found == look.groups.end() ? nullptr : &*found;
}

// What was asked of a member by hand stands with that member.
bool is_said(const GroupFacts& group, const Problem& problem) {
  if (!group.plan) return false;
  return std::ranges::any_of(group.plan->members, [&](const plan::Member& member) {
    return std::ranges::any_of(notes_of(member, group.plan->group), [&](const std::string& note) {
      return problem.text == about_member(member, note);
    });
  });
}

// By name or by id.
std::string name_of_node(const GroupReport& group, const std::string& node) {
  for (const auto& report : group.nodes) {
    if (report.hostname == node || report.node == node)
      return report.hostname.empty() ? report.node : report.hostname;
  }
  return {};
}

}  // namespace

int run_doctor(const settings::Environment& env, cli::Form form, const std::vector<std::string>& words) {
  int host_status = kFailed;
  auto host = examine_host(words, host_status);
  if (host && host_status == kWrongSettings) return kWrongSettings;  // it has said which
  std::vector<Section> sections{examine_cluster(env)};
  if (host) {
    std::ranges::move(*host, std::back_inserter(sections));
  } else {
    sections.push_back(
        {.part = "host",
         .title = "this host",
         .findings = {{.check = "host",
                       .what = "this host",
                       .verdict = report::Verdict::unknown,
                       .meaning = "the agent's program did not examine it: " + host.error().context}}});
  }
  const bool as_json = form == cli::Form::json;
  const auto text = as_json ? report::findings_json(sections) : report::findings_table(sections);
  (void)std::fputs(text.c_str(), stdout);
  return report::any_error(sections) ? kFailed : kFine;
}

int run_explain(const settings::Environment& env, const std::string& group_name,
                const std::string& node_name) {
  const auto look = look_at_swarm(env, own_settings(env));
  if (!look) {
    if (!group_name.empty() || may_pass(look.error()))
      (void)std::fprintf(stderr, "swarm-vip: %s; this host's agents only\n", look.error().context.c_str());
    return hand_over_to_agent({"explain"});
  }
  if (!group_name.empty() && find_group(*look, group_name) == nullptr) {
    std::string known;
    for (const auto& group : look->groups) known += (known.empty() ? "" : ", ") + group.agents.group;
    return refuse("'" + group_name + "' is not a group; there are: " + (known.empty() ? "none" : known));
  }
  std::string text;
  for (const auto& group : look->groups) {
    if (!group_name.empty() && group.agents.group != group_name) continue;
    const auto node = node_name.empty() ? std::string() : name_of_node(group.agents, node_name);
    if (!node_name.empty() && node.empty()) {
      return refuse("'" + node_name + "' is not a node of group " + group.agents.group +
                    "; see swarm-vip status");
    }
    text += "group " + group.agents.group + "\n";
    const auto word = group_word(group.agents, group.plan ? &*group.plan : nullptr, look->observed);
    for (const auto& sentence : report::explain(word, node)) text += "  " + sentence + "\n";
    for (const auto& problem : group.problems)
      if (node.empty() && !is_said(group, problem)) text += "  Besides: " + problem.text + ".\n";
  }
  (void)std::fputs(text.empty() ? "no group is deployed\n" : text.c_str(), stdout);
  return kFine;
}

}  // namespace vip::swarm
