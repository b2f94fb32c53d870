#include "operator/start.h"

#include "common/base/text.h"
#include "common/sys/posix.h"

namespace vip::swarm {
namespace {

Error explained(const Error& error, const Endpoint& endpoint) {
  const bool of_socket = error.os_errno != 0 && !endpoint.socket_path.empty();
  if (error.code == Errc::not_found && of_socket) {
    return {.code = error.code,
            .os_errno = error.os_errno,
            .context = "DOCKER_HOST: no socket at '" + endpoint.socket_path +
                       "'; mount the engine's: --mount type=bind,source=/var/run/docker.sock,target=" +
                       endpoint.socket_path};
  }
  if (error.code == Errc::denied && error.os_errno != 0) {
    return {.code = error.code,
            .os_errno = error.os_errno,
            .context = "DOCKER_HOST: not permitted to use '" + endpoint.text() + "': " + error.context};
  }
  return error;
}

Result<Endpoint> read_endpoint(const settings::Environment& env) {
  VIP_TRY(auto endpoint, parse_endpoint({.host = env.text("DOCKER_HOST"),
                                         .tls_verify = env.text("DOCKER_TLS_VERIFY"),
                                         .certificates = env.text("DOCKER_CERT_PATH"),
                                         .api_version = env.text("DOCKER_API_VERSION")}));
  if (endpoint.certificates.empty()) return endpoint;
  for (const auto* const file : {"/ca.pem", "/cert.pem", "/key.pem"}) {
    const auto content = sys::read_file(endpoint.certificates + file, settings::kFileSizeMax);
    if (!content) {
      return fail(Errc::invalid, "DOCKER_CERT_PATH: '" + endpoint.certificates + "' is not allowed; " +
                                     content.error().context);
    }
  }
  return endpoint;
}

}  // namespace

Result<SwarmApi> connect_to_manager(const settings::Environment& env, int stop_fd) {
  VIP_TRY(const auto endpoint, read_endpoint(env));
  auto client = Client::connect(endpoint, stop_fd);
  if (!client) return std::unexpected(explained(client.error(), endpoint));
  SwarmApi api(*std::move(client));
  VIP_TRY(const auto role, api.role());
  if (!role || role->is_manager) return api;
  return fail(Errc::invalid, std::string(kNotAManager) + " (its state in the Swarm: " + role->state +
                                 "); run it on a manager: constraint node.role == manager");
}

OperatorSettings read_settings(const settings::Environment& env, settings::Findings& findings) {
  const auto read_file = [](const std::string& path) { return sys::read_file(path, settings::kFileSizeMax); };
  auto settings = read_operator_settings(env, read_file, findings);
  if (const auto endpoint = read_endpoint(env); !endpoint) {
    for (auto& fault : split(endpoint.error().context, "\n")) findings.error(std::move(fault));
  }
  return settings;
}

Status check_image(const OperatorSettings& settings, const Identity& identity) {
  if (!settings.image.empty() || !identity.image.empty()) return {};
  return fail(
      Errc::invalid,
      "SWARM_VIP_IMAGE: '' is not allowed; outside a container of ours, or where the Docker API does not "
      "tell its image, the one that agents shall run");
}

}  // namespace vip::swarm
