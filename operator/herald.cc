#include "operator/herald.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/sys/posix.h"

namespace vip::swarm {

Result<Herald> Herald::create(OperatorFacts facts) {
  VIP_TRY(auto news, sys::Wake::create());
  VIP_TRY(auto board, Board::create(std::move(facts)));
  return Herald(std::move(news), std::move(board));
}

Status Herald::set(const OperatorSettings& settings) {
  const bool tells = !settings.webhook.url.empty();
  const bool labels = std::ranges::any_of(settings.groups, &ConfiguredGroup::holder_label);
  board_->set_resync(settings.resync);
  // The watcher knows the webhook, or that there is none.
  if (tells != (webhook_ != nullptr)) watcher_.reset();
  if (!tells) {
    webhook_.reset();
  } else if (webhook_ == nullptr) {
    VIP_TRY(webhook_, Webhook::start(settings.webhook));
  } else {
    webhook_->set(settings.webhook);
  }
  VIP_CHECK(set_watcher(tells || labels || settings.page.is_on()));
  return set_page(settings.page);
}

Status Herald::set_watcher(bool is_wanted) {
  if (!is_wanted) {
    watcher_.reset();
  } else if (watcher_ == nullptr) {
    auto* const webhook = webhook_.get();
    const auto tell = [webhook](std::vector<Event> events) {
      if (webhook != nullptr) webhook->tell(std::move(events));
    };
    const auto tally = [webhook]() -> std::optional<WebhookTally> {
      if (webhook == nullptr) return std::nullopt;
      const auto [waiting, lost] = webhook->tally();
      return WebhookTally{.waiting = waiting, .lost = lost};
    };
    VIP_TRY(watcher_, Watcher::start({.tell = tell, .tally = tally}, *news_, *board_));
  }
  return {};
}

Status Herald::set_page(const PagePlace& place) {
  if (!place.is_on()) {
    page_.reset();
  } else if (page_ == nullptr) {
    VIP_TRY(page_, PageServer::start(place, *board_));
  } else {
    page_->set(place);
  }
  return {};
}

KnownHolders Herald::holders() const {
  return watcher_ != nullptr ? watcher_->holders() : KnownHolders{};
}

void Herald::show(const Picture& picture) {
  board_->observed(sys::monotonic_now(), picture.observed.at);
  if (watcher_ == nullptr) return;
  WatchOrder order{.observed = picture.observed, .groups = {}};
  order.groups.reserve(picture.groups.size());
  for (const auto& group : picture.groups) {
    order.groups.push_back({.name = group.configured->settings.name,
                            .service_id = group.service != nullptr ? group.service->id : std::string(),
                            .problems = group.problems,
                            .rollout = rollout_of(group.service, group.group)});
  }
  watcher_->set(std::move(order));
}

}  // namespace vip::swarm
