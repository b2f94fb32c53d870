#include "operator/page/page_server.h"

#include <array>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/metrics/exposition.h"
#include "common/metrics/process.h"
#include "common/sys/log.h"
#include "common/sys/posix.h"
#include "common/sys/process.h"
#include "operator/page/answers.h"
#include "operator/page/assets.h"
#include "operator/page/visitor.h"
#include "operator/status/report.h"
#include "operator/view/cluster_metrics.h"
#include "operator/view/state_document.h"

namespace vip::swarm {
namespace {

constexpr Duration kTryAgain = std::chrono::seconds(5);

std::string host_text(const PagePlace& place) {
  if (!place.address) return {};
  const auto text = place.address->text();
  return place.address->family() == Family::ipv6 ? "[" + text + "]" : text;
}

std::string text_of(const PagePlace& place) {
  return host_text(place) + ":" + std::to_string(place.port);
}

bool is_same_socket(const PagePlace& a, const PagePlace& b) {
  return a.address == b.address && a.port == b.port;
}

http::Page asset_page(const Asset& asset) {
  return {.path = std::string(asset.path), .handler = [&asset](const http::Request&) {
            return with_guards(
                {.content_type = std::string(asset.content_type), .body = std::string(asset.body)});
          }};
}

}  // namespace

Result<std::unique_ptr<PageServer>> PageServer::start(PagePlace place, Board& board) {
  VIP_TRY(auto loop, sys::EventLoop::create());
  VIP_TRY(auto wake, sys::Wake::create());
  VIP_TRY(auto stop, sys::Wake::create());
  std::unique_ptr<PageServer> server(
      new PageServer(std::move(place), board, std::move(loop), std::move(wake), std::move(stop)));
  VIP_CHECK(server->open());
  server->thread_ = std::thread([raw = server.get()] { raw->run(); });
  return server;
}

PageServer::PageServer(PagePlace place, Board& board, sys::EventLoop loop, sys::Wake wake, sys::Wake stop)
    : place_(std::move(place)),
      board_(board),
      wake_(std::move(wake)),
      stop_(std::move(stop)),
      loop_(std::move(loop)),
      on_wake_(loop_.on_readable(wake_.fd(), [this] { follow_settings(); })),
      on_stop_(loop_.on_readable(stop_.fd(), [this] { loop_.stop(); })),
      again_(loop_.timer([this] { listen(); })) {}

PageServer::~PageServer() {
  stop_.call();
  if (thread_.joinable()) thread_.join();
}

Status PageServer::open() {
  std::vector<http::Page> pages;
  for (const auto& asset : page_assets()) pages.push_back(asset_page(asset));
  pages.push_back({.path = "/healthz", .handler = [this](const http::Request&) { return health(); }});
  pages.push_back(guarded("/api/state", [this](const http::Request& request) { return state(request); }));
  pages.push_back(guarded("/metrics", [this](const http::Request&) { return metrics(); }));
  pages.push_back(guarded("/status", [this](const http::Request&) { return status(); }));
  VIP_TRY(server_, http::Server::create(loop_, std::move(pages)));
  return {};
}

http::Page PageServer::guarded(std::string path, std::function<http::Response(const http::Request&)> answer) {
  return {.path = std::move(path),
          .handler = [this, answer = std::move(answer)](const http::Request& request) {
            const auto found = welcome(place(), request);
            return found == Welcome::yes ? answer(request) : refusal(found);
          }};
}

PagePlace PageServer::place() const {
  const std::scoped_lock lock(mutex_);
  return place_;
}

void PageServer::set(PagePlace place) {
  {
    const std::scoped_lock lock(mutex_);
    if (place == place_) return;
    place_ = std::move(place);
  }
  wake_.call();
}

void PageServer::run() {
  listen();
  loop_.run();
}

void PageServer::follow_settings() {
  (void)wake_.take();  // whatever it was about, the settings tell
  if (!is_same_socket(place(), listening_)) listen();
}

void PageServer::listen() {
  const auto wanted = place();
  const auto listening = try_to_listen(wanted);
  log_outcome(wanted, listening);
  listening_ = wanted;
  if (listening) {
    again_.stop();
  } else {
    again_.set(sys::monotonic_now() + kTryAgain);
  }
}

// All addresses: IPv6 takes IPv4 along, where the host has it.
Status PageServer::try_to_listen(const PagePlace& place) {
  if (place.address) return server_->listen(*place.address, place.port);
  const auto both = server_->listen(IpAddress::v6({}), place.port);
  return both || both.error().code == Errc::conflict ? both : server_->listen(IpAddress::v4({}), place.port);
}

void PageServer::log_outcome(const PagePlace& place, const Status& listening) {
  if (listening) {
    failure_.clear();
    log::info("page", {{"address", text_of(place)}, {"token", place.token.empty() ? "none" : "asked for"}});
    return;
  }
  if (listening.error().context == std::exchange(failure_, listening.error().context)) return;
  log::warning("page_failed",
               {{"address", text_of(place)},
                {"what", listening.error().context + "; tried again, and all else goes on without it"}});
}

http::Response PageServer::state(const http::Request& request) {
  const auto now = sys::monotonic_now();
  board_.look_on(now);
  const Moment moment{.now = now, .at = WallTime(sys::wall_clock())};
  return with_guards(
      {.content_type = std::string(kJsonType),
       .body = state_answer(*board_.view(), board_.facts(), known_serial(request.query), moment)});
}

http::Response PageServer::metrics() const {
  metrics::Exposition out;
  write_cluster_metrics(*board_.view(), board_.facts(), out);
  metrics::add_process(out, sys::process_facts());
  return with_guards({.content_type = std::string(metrics::kContentType), .body = std::move(out).text()});
}

http::Response PageServer::status() const {
  const auto view = board_.view();  // kept while it is read
  std::vector<GroupStatus> groups;
  for (const auto& group : view->groups)
    groups.push_back({.agents = group.now.agents, .problems = group.now.problems});
  return with_guards({.content_type = std::string(kJsonType), .body = report_json(groups)});
}

http::Response PageServer::health() const {
  const auto words = health_words(board_.facts(), sys::monotonic_now());
  return with_guards({.status = words.empty() ? http::kOk : http::kUnavailable,
                      .body = words.empty() ? "fine\n" : words + "\n"});
}

}  // namespace vip::swarm
