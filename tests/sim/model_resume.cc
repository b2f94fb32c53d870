// The naive model of a router that goes on where another process stopped: after a crash, or as its successor.
// A crash leaves what was written with the last deed of the old process, or at its last pulse; whatever it
// heard after that may have been an advertisement of the active router or of a better one.
#include <algorithm>

#include "tests/sim/model.h"

namespace vip::vrrp::sim {

// A contest, what is kept for a successor and the patience with failures end with the process.
void Model::forget_what_is_short_lived(const RouterConfig& config) {
  const Model fresh(config);
  kept_.clear();
  others_.clear();
  farewell_at_ = kNever;
  loser_since_ = winner_since_ = graceless_ = kNever;
  humble_for_ = fresh.humble_for_;
  retry_pause_ = fresh.retry_pause_;
}

Expected Model::resumed(const Resumed& how, const RouterConfig& config) {
  Expected out;
  if (state_ == 'I') {
    *this = Model(config);
    started(how.now, how.link_up, out);
    return out;
  }
  forget_what_is_short_lived(config);
  const auto interval = own_interval_;
  const auto addresses = addresses_;
  const auto generation = generation_;
  adopt(config);
  if (!how.is_fresh) {
    if (down_at_ != kNever) down_at_ = std::max(down_at_, how.as_of + down());
    preempt_at_ = kNever;
  }
  if (advert_at_ != kNever && advert_at_ < how.as_of) {
    advert_at_ = how.now;
    last_spoken_ = std::max(last_spoken_, how.as_of);
  }
  if (resume_at_ != kNever && resume_at_ < how.as_of) resume_at_ = how.now;
  if (retry_at_ != kNever && retry_at_ < how.as_of) retry_at_ = how.now;

  own_interval_ = interval;
  addresses_ = addresses;
  generation_ = generation;
  const auto state = state_;
  const auto before = intervals();
  const auto gone = how.now - how.as_of;
  if (state_ == 'A' && gone >= 2 * pace() && priority_ != 255) {
    slept(how.now, how.addresses_kept, out);
  } else if (state_ == 'A' && !has_address_) {
    out.hold = true;
  } else if (state_ == 'B' && gone > down()) {
    slept(how.now, false, out);
  }
  const bool differs = config.advert_interval.count() != own_interval_ || config.addresses != addresses_ ||
                       config.generation != generation_;
  if (differs) reconfigured(how.now, config, out);
  out.other_interval = state_ == state && intervals() != before;
  if (how.link_up == (state_ == 'F')) {
    const auto more = feed(how.now, LinkChanged{.up = how.link_up});
    out.sent.insert(out.sent.end(), more.sent.begin(), more.sent.end());
    out.hold |= more.hold;
    out.release |= more.release;
    out.other_interval |= more.other_interval;
  }
  return out;
}

}  // namespace vip::vrrp::sim
