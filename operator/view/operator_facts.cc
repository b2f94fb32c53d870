#include "operator/view/operator_facts.h"

#include <chrono>

#include "common/base/text.h"

namespace vip::swarm {

Duration blindness(const OperatorFacts& facts, TimePoint now) {
  return now - facts.looked.value_or(facts.began);
}

std::string health_words(const OperatorFacts& facts, TimePoint now) {
  constexpr int kLooks = 3;
  constexpr Duration kPatience = std::chrono::seconds(30);
  const auto blind = blindness(facts, now);
  if (blind <= kLooks * facts.resync + kPatience) return {};
  auto words = "no look at the Swarm has succeeded for " +
               duration_text(std::chrono::duration_cast<std::chrono::seconds>(blind));
  return facts.failure.empty() ? words : words.append(": ").append(facts.failure);
}

}  // namespace vip::swarm
