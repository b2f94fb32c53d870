#include "tests/golden/replay.h"

#include <stdexcept>

#include "tests/golden/words.h"

namespace vip::golden {

Json replay(const Json& golden) {
  if (golden.contains("routers")) return play_set(golden);
  if (golden.contains("steps")) return play_steps(golden);
  auto played = golden;
  if (golden.contains("packet")) {
    played["expect"] = receive(golden);
  } else if (golden.contains("encode")) {
    played["expect"] = encoded(golden);
  } else if (golden.contains("timers")) {
    played["expect"] = intervals(golden);
  } else if (golden.contains("sign")) {
    played["expect"] = signature(golden);
  } else if (golden.contains("announce")) {
    played["expect"] = announcement(golden);
  } else {
    throw std::runtime_error("a case without anything to play");
  }
  return played;
}

}  // namespace vip::golden
