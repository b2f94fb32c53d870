// What outlives a crash of the router: memory that it shares with its parent (supervisor.h), made before the
// first life. Records of opaque bytes, each in two slots, so that who dies in the middle of writing leaves
// what was written before; and the few facts that parent and router tell each other about life and death.
// One process writes a record at a time, and it is read only when the writer is gone. A page costs nothing
// until it is written to.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/time.h"

namespace vip::vrrp {

// A record in a piece of memory that is all zeros at first, or as an earlier life left it. The older slot is
// the one written next; a slot counts only with its right checksum. The begins of both share a page:
//
//   head begin | head begin | rest | rest
class LastingRecord {
 public:
  // The space is aligned as an integer of 64 bits and at least space_for(0) long.
  explicit LastingRecord(std::span<std::uint8_t> space);
  static constexpr std::size_t space_for(std::size_t content_max) {
    return 2 * (sizeof(Head) + (content_max + 7) / 8 * 8);
  }

  // Errors: exhausted when it is too long; then there is none at all, since the old one is no longer true.
  [[nodiscard]] Status write(std::string_view content);
  // Nothing when nothing was written, or only "".
  [[nodiscard]] std::optional<std::string> read() const;
  void forget() { [[maybe_unused]] const auto always_fits = write(""); }

 private:
  struct Head {
    std::uint64_t serial;  // 0: nothing is in the slot
    std::uint64_t length;
    std::uint64_t checksum;
  };
  struct Slot {
    [[nodiscard]] std::size_t room() const { return begin.size() + rest.size(); }
    Head head;
    std::span<std::uint8_t> begin;  // of the content; all there is room for
    std::span<std::uint8_t> rest;
    std::uint8_t* place;
  };
  [[nodiscard]] Slot slot(std::size_t number) const;
  [[nodiscard]] static std::uint64_t checksum_of(const Slot& slot, std::uint64_t serial, std::size_t length);
  // The serial of a slot with a right checksum, else 0.
  [[nodiscard]] static std::uint64_t sound_serial(const Slot& slot);

  std::span<std::uint8_t> space_;
};

class LastingMemory {
 public:
  // Errors: exhausted.
  static Result<LastingMemory> create();

  static constexpr std::size_t kRoutersMax = 1024;
  static constexpr std::size_t kRouterContentMax = 64U << 10U;
  static constexpr std::size_t kSetContentMax = 1U << 20U;
  // Of one router, below kRoutersMax; and of all of them together.
  [[nodiscard]] LastingRecord of_router(std::size_t router) const;
  [[nodiscard]] LastingRecord of_set() const;
  // By which all lives live until one brings others: who edits the file is heard when he says so.
  static constexpr std::size_t kSettingsMax = 1U << 20U;
  [[nodiscard]] LastingRecord settings() const;

  // --- what the router says ---
  // That its loop turns.
  void beat(TimePoint now);
  // Nothing before the first life's first beat.
  [[nodiscard]] std::optional<TimePoint> last_beat() const;
  // How long it may be silent before the parent takes it for hung; zero, as at first: for ever.
  void set_patience(Duration patience);
  [[nodiscard]] Duration patience() const;

  // --- what the parent says ---
  struct Death {
    int signal = 0;  // that ended the last life; 0: it gave up by itself; SIGHUP: it made way, for a reload
    bool hung = false;
    std::uint32_t deaths = 0;  // so far
  };
  void note_death(int signal, bool hung);
  void note_reload();
  [[nodiscard]] Death last_death() const;

 private:
  struct Vitals;
  struct Unmap {
    void operator()(std::uint8_t* start) const;
  };
  explicit LastingMemory(std::uint8_t* start) : start_(start) {}
  [[nodiscard]] std::span<std::uint8_t> piece(std::size_t offset, std::size_t size) const;
  [[nodiscard]] Vitals& vitals() const;

  std::unique_ptr<std::uint8_t, Unmap> start_;
};

}  // namespace vip::vrrp
