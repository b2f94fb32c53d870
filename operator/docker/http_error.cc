#include "operator/docker/http_error.h"

namespace vip::swarm {
namespace {

bool is_page(std::string_view message) {
  return message.starts_with('<');
}

// The engine answers in JSON; whoever says "forbidden" or "not found" in a page of its own guards it.
bool is_of_guard(long status, std::string_view message) {
  return status == 403 || (status == 404 && is_page(message));
}

Errc code_of(long status, std::string_view message) {
  // The version index in an update was not the newest: somebody else changed the object.
  if (message.find("update out of sequence") != std::string_view::npos) return Errc::conflict;
  if (is_of_guard(status, message)) return Errc::denied;
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
  if (!message.empty() && !is_page(message)) context += ": " + std::string(message);
  if (is_of_guard(status, message)) context += "; the proxy or plugin before the Docker API must allow it";
  return {.code = code_of(status, message), .os_errno = 0, .context = std::move(context)};
}

}  // namespace vip::swarm
