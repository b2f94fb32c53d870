#include "operator/cli/outcome.h"

#include <cstdio>

#include "common/base/exit_status.h"
#include "common/base/text.h"
#include "operator/start.h"

namespace vip::swarm {

void say(const std::string& text) {
  (void)std::printf("%s\n", printable(text).c_str());
  (void)std::fflush(stdout);  // what follows may take its time
}

int complain(const Error& error) {
  (void)std::fprintf(stderr, "swarm-vip: %s\n", printable(error.context).c_str());
  return may_pass(error) ? kFailed : kWrongSettings;
}

}  // namespace vip::swarm
