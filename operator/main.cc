// swarm-vip: the operator and the command line. Wires and exits.
#include <csignal>
#include <cstdio>
#include <exception>
#include <span>

#include "common/base/exit_status.h"
#include "operator/cli/command_line.h"
#include "operator/forgetful.h"

int main(int argc, char** argv) {
  try {
    (void)std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of the write, not our end
    vip::swarm::refuse_to_be_dumped();
    if (!vip::swarm::start_curl()) return vip::kFailed;
    return vip::swarm::run_command_line(std::span(argv, static_cast<std::size_t>(argc)),
                                        vip::settings::Environment::of_process());
  } catch (const std::exception& error) {
    (void)std::fprintf(stderr, "swarm-vip: %s\n", error.what());
    return vip::kFailed;
  }
}
