#include "vrrp/status_command.h"

#include <string>
#include <vector>

#include "common/base/exit_status.h"
#include "common/base/text.h"
#include "common/cli/repeated.h"
#include "common/settings/settings.h"
#include "vrrp/print.h"
#include "vrrp/status.h"
#include "vrrp/sys/local_socket.h"

namespace vip::vrrp {
namespace {

constexpr std::chrono::seconds kPatience{5};
// Whoever looks on wants to see the others meanwhile.
constexpr std::chrono::seconds kPatienceOfOnlookers{1};

struct Answers {
  std::vector<std::string> documents;
  std::string silent;  // a line for each agent that says nothing
};

Result<Answers> ask_agents(std::chrono::seconds patience) {
  VIP_TRY(const auto agents, local_agents());
  if (agents.empty()) return fail(Errc::not_found, "no agent runs on this host");
  Answers answers;
  for (const auto& agent : agents) {
    auto answer = ask_locally(agent, "/status", patience);
    if (answer) {
      answers.documents.push_back(*std::move(answer));
    } else {
      answers.silent.append(printable(name(agent) + ": " + answer.error().context)).append("\n");
    }
  }
  return answers;
}

// What is to be seen now; never fails, because the next look may be better.
std::string look(cli::Form form) {
  const bool as_json = form == cli::Form::json;
  auto answers = ask_agents(kPatienceOfOnlookers);
  auto error = answers ? answers->silent : answers.error().context + "\n";
  const auto documents = answers ? answers->documents : std::vector<std::string>();
  const auto text = as_json ? status_line(documents, error) : status_table(documents);
  if (!text)
    return as_json ? status_line({}, text.error().context).value_or("") : text.error().context + "\n";
  return as_json ? *text : *text + error;
}

}  // namespace

int run_status(cli::Form form) {
  const auto answers = ask_agents(kPatience);
  if (!answers) return print(stderr, answers.error().context + "\n"), kFailed;
  print(stderr, answers->silent);
  const bool as_json = form == cli::Form::json;
  const auto text = as_json ? merged_status(answers->documents) : status_table(answers->documents);
  if (!text) return print(stderr, text.error().context + "\n"), kFailed;
  print(stdout, *text);
  return answers->silent.empty() ? kFine : kFailed;
}

int watch_status(cli::Form form, std::chrono::milliseconds interval) {
  const auto env = settings::Environment::of_process();
  auto repeated = cli::Repeated::create(form, interval, env.text("TERM"));
  if (!repeated) return print(stderr, repeated.error().context + "\n"), kFailed;
  repeated->run([form] { return look(form); });
  return kFine;
}

int run_healthcheck() {
  const auto agents = local_agents();
  if (!agents) return print(stderr, agents.error().context + "\n"), kFailed;
  bool found = false;
  for (const auto& agent : *agents) {
    if (!agent.same_container) continue;
    found = true;
    const auto answer = ask_locally(agent, "/healthz", kPatience);
    if (!answer) return print(stderr, name(agent) + ": " + answer.error().context + "\n"), kFailed;
  }
  if (!found) return print(stderr, "no agent runs here\n"), kFailed;
  return kFine;
}

}  // namespace vip::vrrp
