// `swarm-vip probe URL`: one question over HTTP or HTTPS, for a check of an agent, which has neither TLS nor
// a resolver itself. Exit status 0 when the answer is as wanted, else 1 and why, in one line.
#pragma once

#include <string>

namespace vip::swarm {

struct ProbeWords {
  std::string url;
  std::string timeout{"1s"};
  std::string statuses{"200-399"};
  std::string host;  // for the Host header; else the URL's
};

// Wrong words: exit status 2.
[[nodiscard]] int run_probe(const ProbeWords& words);

}  // namespace vip::swarm
