// Requests to a Docker engine: blocking, bounded in time and size, abandoned when the program is asked to
// stop. Single-threaded; moves, does not copy.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "operator/docker/curl.h"
#include "operator/docker/endpoint.h"

namespace vip::swarm {

using Query = std::vector<std::pair<std::string, std::string>>;
using Headers = std::vector<std::string>;  // "Name: value"

class Client {
 public:
  // Agrees on an API version with the engine, where the endpoint does not name one. While `stop_fd` (or -1)
  // is readable, requests end at once with Errc::unavailable. Errors: not_found or denied for the socket
  // itself, unavailable.
  static Result<Client> connect(Endpoint endpoint, int stop_fd);

  // The answer's body. A path starts with '/', without the version.
  [[nodiscard]] Result<std::string> get(std::string_view path, const Query& query = {});
  [[nodiscard]] Result<std::string> post(std::string_view path, const std::string& body,
                                         const Query& query = {}, const Headers& headers = {});
  [[nodiscard]] Status remove(std::string_view path);

  // "1.44"; empty before it is agreed upon.
  [[nodiscard]] std::string_view api_version() const;

  // A handle for a request of the caller's own, ready but for what becomes of the body.
  [[nodiscard]] CurlEasy prepare(std::string_view path, const Query& query) const;

 private:
  Client(Endpoint endpoint, int stop_fd);
  [[nodiscard]] Result<std::string> perform(CURL* easy, std::string_view words);
  [[nodiscard]] Status wait(CURL* easy);
  [[nodiscard]] Status negotiate();
  [[nodiscard]] Status try_version();
  void negotiate_again();

  Endpoint endpoint_;
  int stop_fd_;
  std::string version_prefix_;  // "/v1.41", empty before it is agreed upon
  CurlMulti multi_;
};

}  // namespace vip::swarm
