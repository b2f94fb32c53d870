// Where the Docker engine listens.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"

namespace vip::swarm {

struct Endpoint {
  std::string socket_path;   // of a unix socket; empty for TCP
  std::string authority;     // "host:port"
  std::string certificates;  // folder with ca.pem, cert.pem, key.pem; empty: no TLS
  std::string api_version;   // "1.44"; empty: the newest that both speak

  [[nodiscard]] std::string base_url() const {
    return (certificates.empty() ? "http://" : "https://") + authority;
  }
  // For messages.
  [[nodiscard]] std::string text() const { return socket_path.empty() ? base_url() : socket_path; }
};

struct EndpointSettings {
  std::string host;          // DOCKER_HOST; empty: the default socket
  std::string tls_verify;    // DOCKER_TLS_VERIFY
  std::string certificates;  // DOCKER_CERT_PATH
  std::string api_version;   // DOCKER_API_VERSION
};

// "unix:///path" or "tcp://host:port". Errors: invalid, in the form of refused settings, a line for each.
[[nodiscard]] Result<Endpoint> parse_endpoint(const EndpointSettings& settings);

}  // namespace vip::swarm
