#include "operator/docker/endpoint.h"

namespace vip::swarm {
namespace {

constexpr std::string_view kDefaultSocket = "/var/run/docker.sock";
constexpr std::string_view kUnix = "unix://";
constexpr std::string_view kTcp = "tcp://";

}  // namespace

Result<Endpoint> parse_endpoint(const EndpointSettings& settings) {
  const std::string_view host = settings.host;
  // A unix socket needs some host name in the request; nobody resolves it.
  if (host.empty()) return Endpoint{.socket_path = std::string(kDefaultSocket), .authority = "docker"};
  if (host.starts_with(kUnix) && host.size() > kUnix.size()) {
    return Endpoint{.socket_path = std::string(host.substr(kUnix.size())), .authority = "docker"};
  }
  if (!host.starts_with(kTcp) || host.size() == kTcp.size()) {
    return fail(Errc::invalid,
                "DOCKER_HOST: '" + settings.host + "' is not allowed; unix:///path or tcp://host:port");
  }
  Endpoint endpoint{
      .socket_path = {}, .authority = std::string(host.substr(kTcp.size())), .certificates = {}};
  while (endpoint.authority.ends_with('/')) endpoint.authority.pop_back();
  if (settings.tls_verify.empty()) return endpoint;
  if (settings.certificates.empty()) {
    return fail(Errc::invalid,
                "DOCKER_CERT_PATH: '' is not allowed; with DOCKER_TLS_VERIFY the folder of ca.pem, "
                "cert.pem and key.pem");
  }
  endpoint.certificates = settings.certificates;
  return endpoint;
}

}  // namespace vip::swarm
