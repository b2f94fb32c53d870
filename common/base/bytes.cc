#include "common/base/bytes.h"

#include "common/base/assert.h"

namespace vip {

std::uint8_t ByteReader::u8() {
  const auto field = bytes(1);
  return field.empty() ? std::uint8_t{0} : field[0];
}

std::uint16_t ByteReader::u16() {
  const auto field = bytes(2);
  return field.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(field[0] << 8U | field[1]);
}

std::uint32_t ByteReader::u32() {
  const std::uint32_t high = u16();
  return high << 16U | u16();
}

std::uint64_t ByteReader::u64() {
  const std::uint64_t high = u32();
  return high << 32U | u32();
}

std::span<const std::uint8_t> ByteReader::bytes(std::size_t count) {
  if (!ok_ || count > rest_.size()) {
    ok_ = false;
    return {};
  }
  const auto field = rest_.first(count);
  rest_ = rest_.subspan(count);
  return field;
}

void ByteWriter::u16(std::uint16_t value) {
  u8(static_cast<std::uint8_t>(value >> 8U));
  u8(static_cast<std::uint8_t>(value & 0xFFU));
}

void ByteWriter::u32(std::uint32_t value) {
  u16(static_cast<std::uint16_t>(value >> 16U));
  u16(static_cast<std::uint16_t>(value & 0xFFFFU));
}

void ByteWriter::u64(std::uint64_t value) {
  u32(static_cast<std::uint32_t>(value >> 32U));
  u32(static_cast<std::uint32_t>(value & 0xFFFFFFFFU));
}

void ByteWriter::patch_u16(std::size_t offset, std::uint16_t value) {
  VIP_ASSERT(offset + 2 <= bytes_.size());
  bytes_[offset] = static_cast<std::uint8_t>(value >> 8U);
  bytes_[offset + 1] = static_cast<std::uint8_t>(value & 0xFFU);
}

void InternetChecksum::add(std::span<const std::uint8_t> bytes) {
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) sum_ += static_cast<std::uint64_t>(bytes[i] << 8U | bytes[i + 1]);
  if (i < bytes.size()) sum_ += static_cast<std::uint64_t>(bytes[i] << 8U);
}

std::uint16_t InternetChecksum::value() const {
  std::uint64_t folded = sum_;
  while (folded >> 16U != 0) folded = (folded & 0xFFFFU) + (folded >> 16U);
  return static_cast<std::uint16_t>(~folded & 0xFFFFU);
}

}  // namespace vip
