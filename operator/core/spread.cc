#include "operator/core/spread.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <ranges>
#include <string_view>
#include <utility>

#include "common/plan/plan.h"

namespace vip::swarm {
namespace {

// Evenly in (0, 1), the same for the same pair everywhere and always.
double chance(const std::string& key, const std::string& id) {
  constexpr int kHexadecimal = 16;
  constexpr double kRange = 281474976710656.0;  // 2^48: what short_hash() has
  const auto hash = std::stoull(plan::short_hash(key + "\n" + id), nullptr, kHexadecimal);
  return (static_cast<double>(hash) + 0.5) / kRange;
}

class Spreading {
 public:
  Spreading(const std::vector<std::string>& keys, const std::vector<Bearer>& bearers)
      : keys_(keys), bearers_(bearers), load_(bearers.size()) {
    for (const auto& bearer : bearers) total_ += bearer.weight;
  }

  std::vector<std::vector<std::size_t>> ranks() {
    std::map<std::string_view, std::size_t> in_order;
    for (std::size_t key = 0; key < keys_.size(); ++key) in_order.emplace(keys_[key], key);
    std::vector<std::vector<std::size_t>> ranks(keys_.size());
    for (const auto& [text, key] : in_order) ranks[key] = rank(keys_[key]);
    return ranks;
  }

 private:
  // Weighted rendezvous hashing: the shortest of times until an event of that rate.
  [[nodiscard]] double wait(const std::string& key, const Bearer& bearer) const {
    const auto rate = total_ == 0 ? 1.0 : bearer.weight;
    // As a long double, because the one for double comes only with the whole of a shared libm.
    const auto time = -std::log(static_cast<long double>(chance(key, bearer.id)));
    return static_cast<double>(time) / rate;  // for ever where the rate is 0
  }

  [[nodiscard]] bool has_room(std::size_t bearer) const {
    const auto weight = total_ == 0 ? 1 : bearers_[bearer].weight;
    const auto total = total_ == 0 ? bearers_.size() : total_;
    const auto share = (keys_.size() * weight + total - 1) / total;  // rounded up
    return load_[bearer] < share;
  }

  std::vector<std::size_t> rank(const std::string& key) {
    std::map<std::pair<double, std::string_view>, std::size_t> in_order;
    for (std::size_t i = 0; i < bearers_.size(); ++i)
      in_order.emplace(std::pair(wait(key, bearers_[i]), std::string_view(bearers_[i].id)), i);
    std::vector<std::size_t> rank(bearers_.size());
    std::ranges::copy(in_order | std::views::values, rank.begin());
    const auto best = std::ranges::find_if(rank, [this](std::size_t bearer) { return has_room(bearer); });
    if (best == rank.end()) return rank;
    ++load_[*best];
    std::rotate(rank.begin(), best, best + 1);
    return rank;
  }

  const std::vector<std::string>& keys_;
  const std::vector<Bearer>& bearers_;
  std::vector<std::size_t> load_;
  std::size_t total_ = 0;
};

}  // namespace

std::vector<std::vector<std::size_t>> spread(const std::vector<std::string>& keys,
                                             const std::vector<Bearer>& bearers) {
  return Spreading(keys, bearers).ranks();
}

}  // namespace vip::swarm
