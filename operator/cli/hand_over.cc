#include "operator/cli/hand_over.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <unistd.h>

#include "common/base/exit_status.h"
#include "common/sys/posix.h"

namespace vip::swarm {

int hand_over_to_agent(const std::vector<std::string>& arguments) {
  const std::string path = sys::sibling_executable("swarm-vip-agent");
  std::vector<std::string> words{path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  (void)::execv(path.c_str(), argv.data());  // returns on failure only
  (void)std::fprintf(stderr, "swarm-vip: %s: %s\n", path.c_str(), std::strerror(errno));
  return kFailed;
}

}  // namespace vip::swarm
