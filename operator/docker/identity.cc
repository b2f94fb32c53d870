#include "operator/docker/identity.h"

#include <algorithm>

#include "common/base/text.h"
#include "common/sys/posix.h"
#include "operator/docker/http_error.h"
#include "operator/docker/json.h"

namespace vip::swarm {
namespace {

constexpr std::size_t kIdLength = 64;
constexpr std::size_t kMountinfoMax = 4U << 20U;

bool is_pinned(const std::string& image) {
  return image.find("@sha256:") != std::string::npos;
}

// "registry/name" of "registry/name:tag" and "registry/name@sha256:...".
std::string_view repository_of(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const auto colon = image.rfind(':');
  const bool is_tag = colon != std::string_view::npos && image.find('/', colon) == std::string_view::npos;
  return is_tag ? image.substr(0, colon) : image;
}

// The image as the Swarm shall name it, and its other names.
Status find_image(SwarmApi& api, const Container& container, Identity& identity) {
  identity.image = container.image;
  if (is_pinned(container.image)) return {};
  const auto body = api.client().get("/images/" + container.image_id + "/json");
  if (!body && is_forbidden(body.error())) {
    api.do_without(body.error().context + ", or else SWARM_VIP_IMAGE name the agents' image");
    identity.image.clear();
    return {};
  }
  if (!body) return std::unexpected(body.error());
  VIP_TRY(const auto digests, parse_digests(*body));
  // An image may have been pulled under several names: ours is the one that we can be pulled by.
  const auto ours = std::ranges::find(digests, repository_of(container.image), repository_of);
  identity.image = ours != digests.end() ? *ours : digests.empty() ? container.image_id : digests.front();
  identity.images = digests;
  identity.images.push_back(container.image_id);
  return {};
}

// The service whose task our container is.
Result<Identity> identity_by_task(Client& client, const std::string& container) {
  VIP_TRY(const auto tasks,
          client.get("/tasks", {{"filters", filters_json({{"desired-state", {"running"}}})}}));
  VIP_TRY(const auto service_id, parse_service_of_container(tasks, container));
  if (service_id.empty()) return Identity{};
  VIP_TRY(const auto body, client.get("/services/" + service_id));
  VIP_TRY(const auto service, parse_service(body));
  return Identity{.service_id = service_id,
                  .service_name = service.name,
                  .stack = std::string(label(service.labels, kStackLabel)),
                  .image = is_pinned(service.spec.image) ? service.spec.image : std::string(),
                  .images = {}};
}

// Docker binds these from <its root>/containers/<id>/. Only a process inside the container sees them so: to
// the host, the containers' other mounts would look like ours.
bool is_docker_file(std::string_view path) {
  return path == "/etc/hostname" || path == "/etc/hosts" || path == "/etc/resolv.conf";
}

std::optional<std::string> id_of_folder(std::string_view path) {
  constexpr std::string_view kFolder = "/containers/";
  const auto at = path.find(kFolder);
  if (at == std::string_view::npos) return std::nullopt;
  path.remove_prefix(at + kFolder.size());
  const auto id = path.substr(0, path.find('/'));
  const bool hexadecimal = id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (id.size() != kIdLength || !hexadecimal) return std::nullopt;
  return std::string(id);
}

}  // namespace

std::optional<std::string> container_id(std::string_view mountinfo) {
  for (const auto& line : split(mountinfo, "\n")) {
    // "ID PARENT MAJOR:MINOR ROOT MOUNTPOINT ...": what is mounted there, and where it is seen.
    const auto fields = split(line, " ");
    if (fields.size() < 5 || !is_docker_file(fields[4])) continue;
    if (auto id = id_of_folder(fields[3])) return id;
  }
  return std::nullopt;
}

Result<Identity> find_identity(SwarmApi& api) {
  VIP_TRY(const auto mountinfo, sys::read_file("/proc/self/mountinfo", kMountinfoMax));
  const auto id = container_id(mountinfo);
  if (!id) return Identity{};
  const auto body = api.client().get("/containers/" + *id + "/json");
  if (!body && is_forbidden(body.error())) {
    api.do_without(body.error().context + ", or else SWARM_VIP_IMAGE name the agents' image");
    return identity_by_task(api.client(), *id);
  }
  if (!body && body.error().code == Errc::not_found) return Identity{};  // of another engine
  if (!body) return std::unexpected(body.error());
  VIP_TRY(const auto container, parse_container(*body));
  Identity identity{.service_id = std::string(label(container.labels, "com.docker.swarm.service.id")),
                    .service_name = std::string(label(container.labels, "com.docker.swarm.service.name")),
                    .stack = std::string(label(container.labels, kStackLabel)),
                    .image = {},
                    .images = {}};
  VIP_CHECK(find_image(api, container, identity));
  return identity;
}

}  // namespace vip::swarm
