#include "vrrp/sys/prober.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <event2/event.h>
#include <event2/http.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/sys/posix.h"
#include "common/sys/socket_address.h"
#include "vrrp/sys/socket_table.h"

namespace vip::vrrp {
namespace {

constexpr std::size_t kTableSizeMax = 32U << 20U;

IpAddress loopback() {
  return IpAddress::v4({127, 0, 0, 1});
}

std::string place_text(const IpAddress& address, std::uint16_t port) {
  const bool v6 = address.family() == Family::ipv6;
  return (v6 ? "[" : "") + address.text() + (v6 ? "]:" : ":") + std::to_string(port);
}

std::string error_text(int error) {
  const char* const words = ::strerrordesc_np(error);
  return words == nullptr ? "error " + std::to_string(error) : words;
}

bool listens(std::uint16_t port, const std::optional<IpAddress>& address) {
  for (const auto* const path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    const auto table = sys::read_file(path, kTableSizeMax);
    if (table && has_listener(*table, port, address)) return true;
  }
  return false;
}

// One question over HTTP, from the request to its answer; it frees itself.
struct HttpQuestion {
  CheckSettings check;
  Prober::OnAnswer on_answer;
  evhttp_connection* connection = nullptr;

  [[nodiscard]] std::string judge(evhttp_request* request) const {
    const int code = request == nullptr ? 0 : evhttp_request_get_response_code(request);
    if (code == 0) return "no answer from " + place_text(check.address.value_or(loopback()), check.port);
    if (code >= check.statuses.low && code <= check.statuses.high) return {};
    return "status " + std::to_string(code);
  }
};

void on_http_answer(evhttp_request* request, void* self) noexcept {
  const auto* const question = static_cast<HttpQuestion*>(self);
  question->on_answer(question->judge(request));
}

// Its connection must outlive the callback of its request, so both go a moment later.
void forget_http(evutil_socket_t, short, void* self) noexcept {
  const std::unique_ptr<HttpQuestion> question(static_cast<HttpQuestion*>(self));
  evhttp_connection_free(question->connection);
}

}  // namespace

void Prober::ask_interface(const CheckSettings& check, const OnAnswer& on_answer) {
  const sys::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  check.interface.copy(request.ifr_name, IFNAMSIZ - 1);
  if (!socket.valid() || ::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0)
    return on_answer("interface " + check.interface + ": " + error_text(errno));
  const bool up = (request.ifr_flags & IFF_UP) != 0;
  const bool running = (request.ifr_flags & IFF_RUNNING) != 0;
  on_answer(up && running ? "" : "interface " + check.interface + (up ? " has no carrier" : " is down"));
}

// A port that the routing mesh publishes has no listener on this host, and answers nevertheless.
void Prober::ask_listening(const CheckSettings& check, OnAnswer on_answer) {
  if (listens(check.port, check.address)) return on_answer("");
  auto connects = check;
  connects.address = loopback();
  ask_tcp(connects, [check, on_answer = std::move(on_answer)](const std::string& why) {
    const auto where =
        check.address ? place_text(*check.address, check.port) : "port " + std::to_string(check.port);
    on_answer(why.empty() ? "" : "nothing listens on " + where);
  });
}

void Prober::ask_tcp(const CheckSettings& check, OnAnswer on_answer) {
  const auto address = check.address.value_or(loopback());
  const auto where = sys::socket_address(address, check.port);
  const auto place = place_text(address, check.port);
  sys::UniqueFd socket(::socket(where.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return on_answer(place + ": " + error_text(errno));
  if (::connect(socket.get(), where.get(), where.size) == 0) return on_answer("");
  if (errno != EINPROGRESS) return on_answer(place + ": " + error_text(errno));
  auto& attempt = attempts_.emplace_back(std::move(socket), std::move(on_answer), std::nullopt, std::nullopt);
  const auto here = std::prev(attempts_.end());
  attempt.watch = loop_.on_writable(attempt.socket.get(), [this, here, place] {
    int error = 0;
    socklen_t size = sizeof(error);
    if (::getsockopt(here->socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    finish(here, error == 0 ? "" : place + ": " + error_text(error));
  });
  attempt.timer = loop_.timer([this, here, place] { finish(here, place + ": no answer"); });
  attempt.timer->set(loop_.now() + check.timeout);
}

void Prober::finish(Attempts::iterator attempt, std::string why) {
  attempt->timer->stop();
  attempt->socket.reset();
  const auto on_answer = std::exchange(attempt->on_answer, nullptr);
  done_.splice(done_.end(), attempts_, attempt);
  tidy_.set(loop_.now());
  on_answer(std::move(why));
}

void Prober::ask_http(const CheckSettings& check, OnAnswer on_answer) {
  const auto address = check.address.value_or(loopback());
  auto question = std::make_unique<HttpQuestion>(check, std::move(on_answer));
  question->connection =
      evhttp_connection_base_new(loop_.native(), nullptr, address.text().c_str(), check.port);
  auto* const request = evhttp_request_new(&on_http_answer, question.get());
  if (question->connection == nullptr || request == nullptr) return question->on_answer("no memory");
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(check.timeout);
  const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(check.timeout - whole);
  const timeval timeout{.tv_sec = whole.count(), .tv_usec = rest.count()};
  evhttp_connection_set_timeout_tv(question->connection, &timeout);
  auto* const headers = evhttp_request_get_output_headers(request);
  const auto host = check.host.empty() ? place_text(address, check.port) : check.host;
  (void)evhttp_add_header(headers, "Host", host.c_str());
  (void)evhttp_add_header(headers, "Connection", "close");
  (void)evhttp_add_header(headers, "User-Agent", "swarm-vip/" VIP_VERSION);
  auto* const self = question.release();
  (void)evhttp_make_request(self->connection, request, EVHTTP_REQ_GET, check.path.c_str());
  // Longer than everything that the request may still do.
  const timeval later{.tv_sec = 3 * (whole.count() + 1), .tv_usec = 0};
  (void)event_base_once(loop_.native(), -1, EV_TIMEOUT, &forget_http, self, &later);
}

}  // namespace vip::vrrp
