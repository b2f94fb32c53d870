// Signed packets in any order: genuine ones, damaged ones, replayed ones and noise, with a wall clock that
// goes where it likes. Only what was signed with the key is ever authentic, and only once.
#include <cstdint>
#include <span>
#include <vector>

#include "common/base/assert.h"
#include "common/base/bytes.h"
#include "vrrp/core/authentication.h"

using namespace vip;        // NOLINT(google-build-using-namespace): one file of helpers for one function
using namespace vip::vrrp;  // NOLINT(google-build-using-namespace)

namespace {

using Packet = std::vector<std::uint8_t>;

const std::vector<AuthKey> kKeys{{.id = 1, .secret = std::vector<std::uint8_t>(32, 0x11)},
                                 {.id = 7, .secret = std::vector<std::uint8_t>(64, 0x77)}};
const IpAddress kSender = IpAddress::v4({192, 0, 2, 1});

Packet message_of(ByteReader& input) {
  const Advertisement advertisement{
      .version = input.u8() % 4 == 0 ? Version::v2 : Version::v3,
      .vrid = Vrid(51),
      .priority = Priority(input.u8()),
      .interval = std::chrono::seconds(1),
      .addresses = std::vector<IpAddress>(1U + input.u8() % 3U, IpAddress::v4({192, 0, 2, 100}))};
  return encode(advertisement, {.source = kSender, .destination = IpAddress::v4({192, 0, 2, 2})});
}

bool is_authentic(Authenticator& receiver, std::span<const std::uint8_t> packet) {
  const auto verdict = receiver.judge(packet, kSender);
  return verdict && *verdict == Authenticity::authentic;
}

// A bit turned anywhere but in the checksum, which a router on the way may rewrite, ends the signature.
void judge_damaged(Authenticator& receiver, Packet packet, ByteReader& input) {
  const auto bit = input.u16() % (packet.size() * 8);
  if (bit / 8 == 6 || bit / 8 == 7) return;
  packet[bit / 8] = static_cast<std::uint8_t>(packet[bit / 8] ^ (1U << bit % 8));
  VIP_ASSERT(!is_authentic(receiver, packet));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader input(std::span(data, size));
  const auto mode = static_cast<AuthMode>(1 + input.u8() % 3);
  Authenticator sender(AuthMode::enforce, kKeys, input.u8() % 2 == 0 ? 1 : 7);
  Authenticator receiver(mode, kKeys, 1);
  // Serial numbers have an order within half of their circle, 68 years: somewhere on it, also beyond 2038.
  const auto epoch = std::chrono::seconds(input.u16()) * 80'000;
  std::vector<Packet> taken;
  for (int i = 0; i < 32 && input.ok() && input.remaining() > 0; ++i) {
    const auto what = input.u8() % 4;
    if (what == 0) {
      const auto noise = input.bytes(std::min<std::size_t>(input.remaining(), input.u8()));
      VIP_ASSERT(!is_authentic(receiver, noise));
      if (mode == AuthMode::enforce) VIP_ASSERT(!receiver.judge(noise, kSender));
      continue;
    }
    if (what == 1 && !taken.empty()) {
      const auto verdict = receiver.judge(taken.at(input.u8() % taken.size()), kSender);
      VIP_ASSERT(!verdict && verdict.error() == Discard::replay);
      continue;
    }
    auto packet = message_of(input);
    const auto wall_clock =
        epoch + std::chrono::seconds(input.u16()) * 16'000 + std::chrono::milliseconds(input.u16());
    const auto trailer = sender.sign_next(packet, kSender, wall_clock);
    packet.insert(packet.end(), trailer.begin(), trailer.end());
    if (what == 2) judge_damaged(receiver, packet, input);
    VIP_ASSERT(is_authentic(receiver, packet));  // newer than all before, whatever the clock says
    taken.push_back(std::move(packet));
  }
  return 0;
}
