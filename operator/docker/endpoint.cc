#include "operator/docker/endpoint.h"

#include <optional>
#include <vector>

#include "common/base/text.h"

namespace vip::swarm {
namespace {

constexpr std::string_view kDefaultSocket = "/var/run/docker.sock";
constexpr std::string_view kUnix = "unix://";
constexpr std::string_view kTcp = "tcp://";

bool is_port(std::string_view text) {
  const auto port = parse_number<std::uint16_t>(text);
  return port && *port > 0;
}

// "host:port", "[2001:db8::1]:2376".
bool is_authority(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || !is_port(text.substr(colon + 1))) return false;
  const auto host = text.substr(0, colon);
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  return (is_bracketed || host.find(':') == std::string_view::npos) &&
         host.find('/') == std::string_view::npos;
}

// Where DOCKER_HOST says, or nothing when it says what cannot be.
std::optional<Endpoint> place_of(std::string_view host) {
  // A unix socket needs some host name in the request; nobody resolves it.
  Endpoint endpoint{.socket_path = {}, .authority = "docker", .certificates = {}, .api_version = {}};
  if (host.empty()) {
    endpoint.socket_path = kDefaultSocket;
  } else if (host.starts_with(kUnix)) {
    endpoint.socket_path = host.substr(kUnix.size());
    if (endpoint.socket_path.empty()) return std::nullopt;
  } else if (host.starts_with(kTcp)) {
    host.remove_prefix(kTcp.size());
    while (host.ends_with('/')) host.remove_suffix(1);
    if (!is_authority(host)) return std::nullopt;
    endpoint.authority = host;
  } else {
    return std::nullopt;
  }
  return endpoint;
}

// "1.41" or newer of the same major version.
bool is_api_version(std::string_view text) {
  constexpr std::string_view kMajor = "1.";
  constexpr unsigned kOldestMinor = 41;
  if (!text.starts_with(kMajor)) return false;
  const auto minor = parse_number<unsigned>(text.substr(kMajor.size()));
  return minor && *minor >= kOldestMinor;
}

std::string refused(std::string_view name, const std::string& value, std::string_view allowed) {
  return std::string(name) + ": '" + value + "' is not allowed; " + std::string(allowed);
}

}  // namespace

Result<Endpoint> parse_endpoint(const EndpointSettings& settings) {
  std::vector<std::string> faults;
  auto endpoint = place_of(settings.host);
  if (!endpoint) faults.push_back(refused("DOCKER_HOST", settings.host, "unix:///path or tcp://host:port"));
  if (!settings.tls_verify.empty() && settings.certificates.empty() && settings.host.starts_with(kTcp)) {
    faults.push_back(refused("DOCKER_CERT_PATH", settings.certificates,
                             "with DOCKER_TLS_VERIFY the folder of ca.pem, cert.pem and key.pem"));
  }
  if (!settings.api_version.empty() && !is_api_version(settings.api_version))
    faults.push_back(refused("DOCKER_API_VERSION", settings.api_version, "1.41 or newer, such as 1.44"));
  if (!faults.empty()) return fail(Errc::invalid, join(faults, "\n"));
  if (endpoint->socket_path.empty() && !settings.tls_verify.empty())
    endpoint->certificates = settings.certificates;
  endpoint->api_version = settings.api_version;
  return *std::move(endpoint);
}

}  // namespace vip::swarm
