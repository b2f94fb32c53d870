// Plays one golden case and writes down what the code does, in words short enough to be read in a diff. A
// case is one JSON object with an id, a section, what it says, and one of
//
//   "steps"    events for a VirtualRouter of "config"; with "state", it is in that state since 0 ms
//   "routers"  and events for a RouterSet of them: packets as they come from and go to the wire
//   "packet"   bytes for decode(), then for check() where a "config" is given
//   "encode"   a value for encode(); "timers": values for skew_time() and active_down_interval()
//   "sign"     a message for sign(); "announce": an address for encode() of an announcement,
//              or for encode_answer() to the frame "asked"
//
// Times are milliseconds, down to the nanosecond in their digits.
#pragma once

#include <nlohmann/json.hpp>

namespace vip::golden {

using Json = nlohmann::ordered_json;

// The case with each "expect" replaced by what happens. A step without one is not compared and gets none.
// Throws std::exception for a case that cannot be read: an unknown word is a mistake, never ignored.
[[nodiscard]] Json replay(const Json& golden);

}  // namespace vip::golden
