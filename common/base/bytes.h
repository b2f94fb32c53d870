// Reading and writing network byte order without pointers over the wire. A reader that once ran short
// stays failed and yields zeros: check ok() at the end of a message, not after each field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vip {

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  std::span<const std::uint8_t> bytes(std::size_t count);
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }

 private:
  std::span<const std::uint8_t> rest_;
  bool ok_ = true;
};

class ByteWriter {
 public:
  ByteWriter() = default;
  // For so many bytes; more are no error.
  explicit ByteWriter(std::size_t expected) { bytes_.reserve(expected); }
  void u8(std::uint8_t value) { bytes_.push_back(value); }
  void u16(std::uint16_t value);
  void u32(std::uint32_t value);
  void u64(std::uint64_t value);
  void bytes(std::span<const std::uint8_t> values) {
    bytes_.insert(bytes_.end(), values.begin(), values.end());
  }
  void zeros(std::size_t count) { bytes_.insert(bytes_.end(), count, 0); }
  // Overwrites two bytes already written.
  void patch_u16(std::size_t offset, std::uint16_t value);
  [[nodiscard]] std::span<const std::uint8_t> view() const { return bytes_; }
  [[nodiscard]] std::vector<std::uint8_t> take() && { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

// The Internet checksum (RFC 1071), fed in pieces. Every piece but the last has an even length.
class InternetChecksum {
 public:
  void add(std::span<const std::uint8_t> bytes);
  void add_u16(std::uint16_t value) { sum_ += value; }
  // The complement of the folded sum: what goes into the header; 0 over a message that carries it.
  [[nodiscard]] std::uint16_t value() const;

 private:
  std::uint64_t sum_ = 0;
};

}  // namespace vip
