// A small read-only HTTP server in its owner's loop: GET and HEAD of a few fixed paths, one request a
// connection, small headers, no body. What anybody may do to it has limits, so that it never keeps its loop
// from other work for longer than one answer takes:
//  - a socket that it listens on has places for a number of visitors; when all are taken, one who asks for
//    nothing gives way to the next,
//  - a visitor has a few seconds for everything, however slowly it sends or reads,
//  - one answer of a socket is made in a turn of the loop, and none while much waits to be read.
// The sockets do not share their limits: whoever floods one is not in the way at another.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/ip_address.h"
#include "common/http/request.h"
#include "common/http/response.h"
#include "common/sys/event_loop.h"
#include "common/sys/unique_fd.h"

namespace vip::http {

// Must not block, throw or destroy the server.
using Handler = std::function<Response(const Request&)>;

struct Page {
  std::string path;
  Handler handler;
};

struct Limits {
  std::size_t connections = 32;  // at a time, at each socket
  std::chrono::seconds lifetime{5};
};

class Server {
 public:
  // The loop must outlive it. Errors: exhausted.
  static Result<Server> create(sys::EventLoop& loop, std::vector<Page> pages, Limits limits = {});
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // With 0.0.0.0 at all addresses of IPv4, with :: at those of both families.
  // Errors: conflict (somebody has the port), not_found (the address is not on this host yet), denied.
  [[nodiscard]] Status listen(const IpAddress& address, std::uint16_t port);
  // The same with the socket of another process, if it is one of the address and port. Errors: invalid.
  [[nodiscard]] Status adopt(const IpAddress& address, std::uint16_t port, sys::UniqueFd listening);
  // Serves a socket that already listens, and owns it from then on.
  [[nodiscard]] Status serve(sys::UniqueFd listening);
  // What listen() or adopt() made; nothing while there is none. To be handed over, or closed.
  [[nodiscard]] std::optional<int> tcp_socket() const;
  // Who is being served is served to the end.
  void stop_listening();

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace vip::http
