#include "operator/herald.h"

#include <algorithm>
#include <utility>

namespace vip::swarm {

Result<Herald> Herald::create() {
  VIP_TRY(auto news, sys::Wake::create());
  return Herald(std::move(news));
}

Status Herald::set(const OperatorSettings& settings) {
  const bool tells = !settings.webhook.url.empty();
  const bool labels = std::ranges::any_of(settings.groups, &ConfiguredGroup::holder_label);
  // The watcher knows the webhook, or that there is none.
  if (tells != (webhook_ != nullptr)) watcher_.reset();
  if (!tells) {
    webhook_.reset();
  } else if (webhook_ == nullptr) {
    VIP_TRY(webhook_, Webhook::start(settings.webhook));
  } else {
    webhook_->set(settings.webhook);
  }
  if (!tells && !labels) {
    watcher_.reset();
  } else if (watcher_ == nullptr) {
    auto* const webhook = webhook_.get();
    const auto tell = [webhook](std::vector<Event> events) {
      if (webhook != nullptr) webhook->tell(std::move(events));
    };
    VIP_TRY(watcher_, Watcher::start(tell, *news_));
  }
  return {};
}

void Herald::show(const Picture& picture) {
  if (watcher_ == nullptr) return;
  WatchOrder order{.observed = picture.observed, .groups = {}};
  order.groups.reserve(picture.groups.size());
  for (const auto& group : picture.groups) {
    order.groups.push_back({.name = group.configured->settings.name,
                            .service_id = group.service != nullptr ? group.service->id : std::string(),
                            .problems = group.problems});
  }
  watcher_->set(std::move(order));
}

KnownHolders Herald::holders() const {
  return watcher_ != nullptr ? watcher_->holders() : KnownHolders();
}

}  // namespace vip::swarm
