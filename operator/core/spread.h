// Which of several nodes is the best for which of several addresses: each address is ranked on its own by
// hashes (rendezvous hashing), so that a node that comes or goes moves little, and no node is the best of
// more than its share. Pure: the order of the arguments counts for nothing but the answer's order.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace vip::swarm {

struct Bearer {
  std::string id;
  unsigned weight = 1;  // 0: after all others
};

// For each key the bearers' places, best first; keys and ids are distinct. Without a bearer of weight all
// count alike.
[[nodiscard]] std::vector<std::vector<std::size_t>> spread(const std::vector<std::string>& keys,
                                                           const std::vector<Bearer>& bearers);

}  // namespace vip::swarm
