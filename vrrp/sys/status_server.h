// A small read-only HTTP server in the router's own loop: GET of a few fixed paths, small headers, no body,
// short time limits. It never blocks an advertisement.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/ip_address.h"
#include "common/sys/event_loop.h"
#include "common/sys/unique_fd.h"

struct evhttp;
struct evhttp_bound_socket;

namespace vip::vrrp {

class StatusServer {
 public:
  struct Page {
    std::string path;
    std::string content_type;
    std::function<std::string()> body;
    std::function<bool()> is_fine = [] { return true; };  // else the answer has status 503
  };

  // Errors: exhausted.
  static Result<StatusServer> create(const sys::EventLoop& loop, std::vector<Page> pages);
  // Errors: conflict (somebody has the port), not_found (the address is not on this host yet).
  [[nodiscard]] Status listen(const IpAddress& address, std::uint16_t port);
  // The same with the socket of another process, if it is one of the address and port. Errors: invalid.
  [[nodiscard]] Status adopt(const IpAddress& address, std::uint16_t port, sys::UniqueFd listening);
  // Serves a socket that already listens, and owns it from then on.
  [[nodiscard]] Status serve(sys::UniqueFd listening);
  // What listen() or adopt() made; nothing while there is none. To be handed over, or closed.
  [[nodiscard]] std::optional<int> tcp_socket() const;
  void stop_listening();

 private:
  struct Deleter {
    void operator()(evhttp* http) const;
  };
  StatusServer() = default;
  Result<evhttp_bound_socket*> accept_from(sys::UniqueFd listening);
  // The pages outlive the server that points at them.
  std::unique_ptr<std::vector<Page>> pages_;
  std::unique_ptr<evhttp, Deleter> http_;
  evhttp_bound_socket* tcp_ = nullptr;  // of http_
};

}  // namespace vip::vrrp
