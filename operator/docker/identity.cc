#include "operator/docker/identity.h"

#include "common/base/text.h"
#include "common/sys/posix.h"
#include "operator/docker/json.h"

namespace vip::swarm {
namespace {

constexpr std::size_t kIdLength = 64;
constexpr std::size_t kMountinfoMax = 4U << 20U;

Result<std::string> pinned_image(Client& client, const Container& container) {
  if (container.image.find("@sha256:") != std::string::npos) return container.image;
  VIP_TRY(const auto body, client.get("/images/" + container.image_id + "/json"));
  VIP_TRY(const auto digests, parse_digests(body));
  return digests.empty() ? container.image_id : digests.front();
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

Result<Identity> find_identity(Client& client) {
  VIP_TRY(const auto mountinfo, sys::read_file("/proc/self/mountinfo", kMountinfoMax));
  const auto id = container_id(mountinfo);
  if (!id) return Identity{};
  const auto body = client.get("/containers/" + *id + "/json");
  if (!body && body.error().code == Errc::not_found) return Identity{};  // of another engine
  if (!body) return std::unexpected(body.error());
  VIP_TRY(const auto container, parse_container(*body));
  VIP_TRY(auto image, pinned_image(client, container));
  return Identity{.service_id = std::string(label(container.labels, "com.docker.swarm.service.id")),
                  .service_name = std::string(label(container.labels, "com.docker.swarm.service.name")),
                  .stack = std::string(label(container.labels, kStackLabel)),
                  .image = std::move(image)};
}

}  // namespace vip::swarm
