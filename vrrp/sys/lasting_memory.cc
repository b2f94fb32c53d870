#include "vrrp/sys/lasting_memory.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <new>

#include <sys/mman.h>

#include "common/base/assert.h"
#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

// What is written before it is there before anything that is written after it, whenever the process dies.
void settle() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

constexpr std::uint64_t mixed(std::uint64_t sum, std::uint64_t word) {
  constexpr std::uint64_t kPrime = 0x9E3779B97F4A7C15ULL;
  sum = (sum ^ word) * kPrime;
  return sum ^ (sum >> 32U);
}

// Eight bytes at a time, so that a megabyte is no burden.
std::uint64_t mixed(std::uint64_t sum, std::span<const std::uint8_t> content) {
  while (!content.empty()) {
    const auto step = std::min<std::size_t>(content.size(), sizeof(std::uint64_t));
    std::uint64_t word = 0;
    std::memcpy(&word, content.data(), step);
    sum = mixed(sum, word);
    content = content.subspan(step);
  }
  return sum;
}

constexpr std::size_t kPage = 4096;
constexpr std::size_t in_pages(std::size_t size) {
  return (size + kPage - 1) / kPage * kPage;
}
constexpr std::size_t kRouterSpace = in_pages(LastingRecord::space_for(LastingMemory::kRouterContentMax));
constexpr std::size_t kSetSpace = in_pages(LastingRecord::space_for(LastingMemory::kSetContentMax));
constexpr std::size_t kSettingsSpace = in_pages(LastingRecord::space_for(LastingMemory::kSettingsMax));
constexpr std::size_t kSetOffset = kPage;  // behind the vitals
constexpr std::size_t kSettingsOffset = kSetOffset + kSetSpace;
constexpr std::size_t kRoutersOffset = kSettingsOffset + kSettingsSpace;
constexpr std::size_t kSize = kRoutersOffset + LastingMemory::kRoutersMax * kRouterSpace;

}  // namespace

LastingRecord::LastingRecord(std::span<std::uint8_t> space) : space_(space) {
  VIP_ASSERT(space.size() >= space_for(0));
}

LastingRecord::Slot LastingRecord::slot(std::size_t number) const {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const auto half = space_.size() / 2 / kWord * kWord;
  const auto near = std::min(half, kPage / 2);
  const auto first = space_.subspan(number * near, near);
  Slot slot{.head = {},
            .begin = first.subspan(sizeof(Head)),
            .rest = space_.subspan(2 * near + number * (half - near), half - near),
            .place = first.data()};
  std::memcpy(&slot.head, slot.place, sizeof(Head));
  return slot;
}

// Against torn writes, not against anybody.
std::uint64_t LastingRecord::checksum_of(const Slot& slot, std::uint64_t serial, std::size_t length) {
  const auto in_begin = std::min(length, slot.begin.size());
  const auto sum = mixed(mixed(mixed(0, serial), length), slot.begin.first(in_begin));
  return mixed(sum, slot.rest.first(length - in_begin));
}

std::uint64_t LastingRecord::sound_serial(const Slot& slot) {
  const auto& head = slot.head;
  if (head.serial == 0 || head.length > slot.room()) return 0;
  return head.checksum == checksum_of(slot, head.serial, head.length) ? head.serial : 0;
}

Status LastingRecord::write(std::string_view content) {
  const auto first = sound_serial(slot(0));
  const auto second = sound_serial(slot(1));
  const auto target = slot(first <= second ? 0 : 1);
  if (content.size() > target.room()) {
    forget();
    return fail(Errc::exhausted, "a record of " + std::to_string(content.size()) + " bytes is too long");
  }
  std::memset(target.place, 0, sizeof(Head));
  settle();
  const auto begin = content.substr(0, target.begin.size());
  const auto rest = content.substr(begin.size());
  std::ranges::copy(begin, target.begin.begin());
  std::ranges::copy(rest, target.rest.begin());
  const auto serial = std::max(first, second) + 1;
  const Head head{
      .serial = serial, .length = content.size(), .checksum = checksum_of(target, serial, content.size())};
  settle();
  std::memcpy(target.place, &head, sizeof(head));
  return {};
}

std::optional<std::string> LastingRecord::read() const {
  const auto first = slot(0);
  const auto second = slot(1);
  const auto& newest = sound_serial(first) > sound_serial(second) ? first : second;
  const auto length = newest.head.length;
  if (sound_serial(newest) == 0 || length == 0) return std::nullopt;
  const auto begin = newest.begin.first(std::min(length, newest.begin.size()));
  const auto rest = newest.rest.first(length - begin.size());
  std::string content(begin.begin(), begin.end());
  content.append(rest.begin(), rest.end());
  return content;
}

struct LastingMemory::Vitals {
  std::atomic<TimePoint::rep> beat;  // 0: never
  std::atomic<Duration::rep> patience;
  std::atomic<int> signal;
  std::atomic<bool> hung;
  std::atomic<std::uint32_t> deaths;
  // Of use between processes only without a lock.
  static_assert(std::atomic<TimePoint::rep>::is_always_lock_free);
};

void LastingMemory::Unmap::operator()(std::uint8_t* start) const {
  (void)::munmap(start, kSize);
}

Result<LastingMemory> LastingMemory::create() {
  void* const start =
      ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return sys::errno_failure("memory shared with the parent");
  ::new (start) Vitals{};
  return LastingMemory(static_cast<std::uint8_t*>(start));
}

LastingRecord LastingMemory::of_router(std::size_t router) const {
  VIP_ASSERT(router < kRoutersMax);
  return LastingRecord(piece(kRoutersOffset + router * kRouterSpace, kRouterSpace));
}

LastingRecord LastingMemory::of_set() const {
  return LastingRecord(piece(kSetOffset, kSetSpace));
}

LastingRecord LastingMemory::settings() const {
  return LastingRecord(piece(kSettingsOffset, kSettingsSpace));
}

void LastingMemory::beat(TimePoint now) {
  vitals().beat = now.time_since_epoch().count();
}

std::optional<TimePoint> LastingMemory::last_beat() const {
  const TimePoint::rep beat = vitals().beat;
  if (beat == 0) return std::nullopt;
  return TimePoint(Duration(beat));
}

void LastingMemory::set_patience(Duration patience) {
  vitals().patience = patience.count();
}

Duration LastingMemory::patience() const {
  return Duration(vitals().patience);
}

void LastingMemory::note_death(int signal, bool hung) {
  vitals().signal = signal;
  vitals().hung = hung;
  ++vitals().deaths;
}

void LastingMemory::note_reload() {
  vitals().signal = SIGHUP;
  vitals().hung = false;
}

LastingMemory::Death LastingMemory::last_death() const {
  return {.signal = vitals().signal, .hung = vitals().hung, .deaths = vitals().deaths};
}

std::span<std::uint8_t> LastingMemory::piece(std::size_t offset, std::size_t size) const {
  return {start_.get() + offset, size};
}

LastingMemory::Vitals& LastingMemory::vitals() const {
  return *std::launder(reinterpret_cast<Vitals*>(start_.get()));  // NOLINT: made there by create()
}

}  // namespace vip::vrrp
