#include "operator/docker/http_error.h"

namespace vip::swarm {
namespace {

Errc code_of(long status, std::string_view message) {
  // The version index in an update was not the newest: somebody else changed the object.
  if (message.find("update out of sequence") != std::string_view::npos) return Errc::conflict;
  switch (status) {
    case 401:
    case 403:
      return Errc::denied;
    case 404:
      return Errc::not_found;
    case 409:
      return Errc::conflict;
    case 429:
      return Errc::unavailable;
    default:
      return status >= 500 ? Errc::unavailable : Errc::invalid;
  }
}

}  // namespace

Error docker_error(long status, std::string_view message) {
  std::string context = "HTTP " + std::to_string(status);
  if (!message.empty()) context += ": " + std::string(message);
  return {.code = code_of(status, message), .os_errno = 0, .context = std::move(context)};
}

}  // namespace vip::swarm
