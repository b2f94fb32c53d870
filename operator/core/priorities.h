// Wire priorities: what members' labels become so that no two members speak with the same priority. Two
// equal backups would both claim the address (pitfall P16), hence every member gets a value of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vip::swarm {

// 0 leaves, 1 is reserved, 255 owns the addresses; the rest is ours to give.
inline constexpr int kPriorityMin = 2;
inline constexpr int kPriorityMax = 254;
inline constexpr std::size_t kMembersMax = kPriorityMax - kPriorityMin + 1;

// `labels` are the members' wishes of [kPriorityMin, kPriorityMax], best first (descending), at most
// kMembersMax of them. The answer is strictly descending and as near to the wishes as that allows: a wish
// nobody shares is met exactly, n equal ones are spread around their value, inside the window that their
// neighbours leave.
[[nodiscard]] std::vector<int> wire_priorities(const std::vector<int>& labels);

// Who goes before whom, whatever the priorities: the last resorts and the first choices are so because a
// person asked for it by hand, the unserved because the service that the group follows has no healthy task
// there.
enum class Standing : std::uint8_t { last_resort, unserved, usual, first_choice };

// The wire priorities with the first choices at the top of the range, the last resorts at its bottom and the
// unserved above them, each kind in its own order, and everybody else where they are if there is room. `wire`
// is of wire_priorities(), and `standings` as long.
[[nodiscard]] std::vector<int> with_standings(const std::vector<int>& wire,
                                              const std::vector<Standing>& standings);

}  // namespace vip::swarm
