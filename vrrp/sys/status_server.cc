#include "vrrp/sys/status_server.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/sys/posix.h"
#include "vrrp/sys/socket_address.h"

namespace vip::vrrp {
namespace {

constexpr int kSecondsPerRequest = 5;
constexpr std::int64_t kHeadersMax = 4096;
constexpr std::int64_t kBodyMax = 0;
constexpr int kBacklog = 16;

// Out of descriptors, an accept fails at once and for ever: a second's rest keeps the loop free for the
// router.
void rest_after_error(evconnlistener* listener, void*) noexcept {
  const timeval rest{.tv_sec = 1, .tv_usec = 0};
  const auto resume = [](evutil_socket_t, short, void* self) {
    (void)evconnlistener_enable(static_cast<evconnlistener*>(self));
  };
  if (event_base_once(evconnlistener_get_base(listener), -1, EV_TIMEOUT, resume, listener, &rest) != 0)
    return;
  (void)evconnlistener_disable(listener);
}

void answer(evhttp_request* request, void* page) noexcept {
  const auto& found = *static_cast<StatusServer::Page*>(page);
  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  // Headers fail to be added only without memory; the answer is still right.
  (void)evhttp_add_header(headers, "Content-Type", found.content_type.c_str());
  (void)evhttp_add_header(headers, "Cache-Control", "no-store");
  (void)evhttp_add_header(headers, "Connection", "close");
  const auto body = found.body();
  const bool fine = found.is_fine();
  (void)evbuffer_add(evhttp_request_get_output_buffer(request), body.data(), body.size());
  evhttp_send_reply(request, fine ? HTTP_OK : HTTP_SERVUNAVAIL, nullptr, nullptr);
}

}  // namespace

void StatusServer::Deleter::operator()(evhttp* http) const {
  evhttp_free(http);
}

Result<StatusServer> StatusServer::create(const sys::EventLoop& loop, std::vector<Page> pages) {
  StatusServer server;
  server.http_.reset(evhttp_new(loop.native()));
  if (!server.http_) return fail(Errc::exhausted, "status server: no memory");
  server.pages_ = std::make_unique<std::vector<Page>>(std::move(pages));
  evhttp_set_allowed_methods(server.http_.get(), EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
  evhttp_set_max_headers_size(server.http_.get(), kHeadersMax);
  evhttp_set_max_body_size(server.http_.get(), kBodyMax);
  evhttp_set_timeout(server.http_.get(), kSecondsPerRequest);
  for (auto& page : *server.pages_) {
    if (evhttp_set_cb(server.http_.get(), page.path.c_str(), &answer, &page) != 0) {
      return fail(Errc::exhausted, "status server: cannot serve " + page.path);
    }
  }
  return server;
}

Status StatusServer::listen(const IpAddress& address, std::uint16_t port) {
  stop_listening();
  const auto clause = "listen on " + address.text() + " port " + std::to_string(port);
  const auto where = socket_address(address, port);
  sys::UniqueFd fd(::socket(where.bytes.sin6_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return sys::errno_failure(clause);
  const int reuse = 1;
  const bool listening = ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse)) == 0 &&
                         ::bind(fd.get(), where.get(), where.size) == 0 && ::listen(fd.get(), kBacklog) == 0;
  if (!listening) return sys::errno_failure(clause);
  VIP_TRY(tcp_, accept_from(std::move(fd)));
  return {};
}

Status StatusServer::adopt(const IpAddress& address, std::uint16_t port, sys::UniqueFd listening) {
  stop_listening();
  SocketAddress bound;
  auto* const place = reinterpret_cast<sockaddr*>(&bound.bytes);  // NOLINT: the socket API's cast
  const bool named = ::getsockname(listening.get(), place, &bound.size) == 0;
  if (!named || bound != socket_address(address, port))
    return fail(Errc::invalid, "a handed over socket listens elsewhere");
  VIP_TRY(tcp_, accept_from(std::move(listening)));
  return {};
}

std::optional<int> StatusServer::tcp_socket() const {
  if (tcp_ == nullptr) return std::nullopt;
  return evhttp_bound_socket_get_fd(tcp_);
}

void StatusServer::stop_listening() {
  if (tcp_ != nullptr) evhttp_del_accept_socket(http_.get(), std::exchange(tcp_, nullptr));
}

Status StatusServer::serve(sys::UniqueFd listening) {
  VIP_CHECK(accept_from(std::move(listening)));
  return {};
}

Result<evhttp_bound_socket*> StatusServer::accept_from(sys::UniqueFd listening) {
  evhttp_bound_socket* const bound = evhttp_accept_socket_with_handle(http_.get(), listening.get());
  if (bound == nullptr) return fail(Errc::exhausted, "status server: no memory");
  evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(bound), &rest_after_error);
  (void)listening.release();  // evhttp closes it
  return bound;
}

}  // namespace vip::vrrp
