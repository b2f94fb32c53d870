// What surrounds Docker's JSON: where the engine is, what its refusals mean, moments, and our own container.
#include <gtest/gtest.h>

#include "operator/core/time_text.h"
#include "operator/docker/endpoint.h"
#include "operator/docker/http_error.h"
#include "operator/docker/identity.h"

namespace vip::swarm {
namespace {

Result<Endpoint> place(const std::string& host, const std::string& tls_verify = "",
                       const std::string& certificates = "", const std::string& api_version = "") {
  return parse_endpoint(
      {.host = host, .tls_verify = tls_verify, .certificates = certificates, .api_version = api_version});
}

TEST(Endpoint, IsTheDefaultSocketOrWhatDockerHostSays) {
  EXPECT_EQ(parse_endpoint({})->socket_path, "/var/run/docker.sock");
  EXPECT_EQ(place("unix:///x/y")->socket_path, "/x/y");
  EXPECT_EQ(place("tcp://10.0.0.1:2375/")->base_url(), "http://10.0.0.1:2375");
  EXPECT_EQ(place("tcp://[2001:db8::1]:2375")->base_url(), "http://[2001:db8::1]:2375");
  EXPECT_EQ(place("tcp://h:2376", "1", "/c")->base_url(), "https://h:2376");
  EXPECT_EQ(place("tcp://h:2376", "", "/c")->base_url(), "http://h:2376");
}

TEST(Endpoint, RefusesWhatItCannotReach) {
  for (const auto* const host :
       {"unix://", "tcp://", "tcp://h", "tcp://h:", "tcp://h:0", "tcp://h:65536", "tcp://:2375",
        "tcp://h:2375/x", "tcp://2001:db8::1:2375", "ssh://h", "/var/run/docker.sock", "npipe:////./pipe"}) {
    const auto endpoint = place(host);
    ASSERT_FALSE(endpoint) << host;
    EXPECT_EQ(endpoint.error().code, Errc::invalid);
    EXPECT_EQ(endpoint.error().context,
              "DOCKER_HOST: '" + std::string(host) + "' is not allowed; unix:///path or tcp://host:port");
  }
  EXPECT_FALSE(place("tcp://h:2376", "1"));
}

TEST(Endpoint, TakesAPinnedApiVersion) {
  EXPECT_EQ(place("", "", "", "1.44")->api_version, "1.44");
  for (const auto* const version : {"1.40", "2.0", "v1.44", "1", "1.", "1.4x", "newest"}) {
    const auto endpoint = place("", "", "", version);
    ASSERT_FALSE(endpoint) << version;
    EXPECT_EQ(endpoint.error().context, "DOCKER_API_VERSION: '" + std::string(version) +
                                            "' is not allowed; 1.41 or newer, such as 1.44");
  }
}

TEST(Endpoint, SaysAllFaultsAtOnce) {
  EXPECT_EQ(place("tcp://h", "1", "", "1.1").error().context,
            "DOCKER_HOST: 'tcp://h' is not allowed; unix:///path or tcp://host:port\n"
            "DOCKER_CERT_PATH: '' is not allowed; with DOCKER_TLS_VERIFY the folder of ca.pem, cert.pem and "
            "key.pem\n"
            "DOCKER_API_VERSION: '1.1' is not allowed; 1.41 or newer, such as 1.44");
}

TEST(DockerError, CodesSayWhatTheCallerMayDo) {
  EXPECT_EQ(docker_error(400, "").code, Errc::invalid);
  EXPECT_EQ(docker_error(403, "").code, Errc::denied);
  EXPECT_EQ(docker_error(404, "").code, Errc::not_found);
  EXPECT_EQ(docker_error(409, "name conflicts with an existing object").code, Errc::conflict);
  EXPECT_EQ(docker_error(500, "rpc error: code = Unknown desc = update out of sequence").code,
            Errc::conflict);
  EXPECT_EQ(docker_error(500, "rpc error: code = Unknown desc = The swarm does not have a leader. ...").code,
            Errc::unavailable);
  EXPECT_EQ(docker_error(500, "rpc error: code = DeadlineExceeded desc = context deadline exceeded").code,
            Errc::unavailable);
  EXPECT_EQ(docker_error(503, "This node is not a swarm manager. ...").code, Errc::unavailable);
  EXPECT_EQ(docker_error(404, "no such thing").context, "HTTP 404: no such thing");
}

TEST(DockerError, AGuardBeforeTheEngineIsToldFromTheEngine) {
  const auto of_plugin = docker_error(403, "authorization denied by plugin x");
  EXPECT_TRUE(is_forbidden(of_plugin));
  EXPECT_EQ(
      of_plugin.context,
      "HTTP 403: authorization denied by plugin x; the proxy or plugin before the Docker API must allow it");
  const auto of_proxy = docker_error(404, "<html><h1>Not found</h1></html>");
  EXPECT_TRUE(is_forbidden(of_proxy)) << "what is there already gone would be wrong";
  EXPECT_EQ(of_proxy.context, "HTTP 404; the proxy or plugin before the Docker API must allow it");
  EXPECT_FALSE(is_forbidden(docker_error(404, "no such thing")));
  EXPECT_FALSE(is_forbidden({.code = Errc::denied, .os_errno = 13, .context = {}})) << "of the socket itself";
}

TEST(WallTimeText, KeepsNanosecondsAndOrder) {
  const auto second = parse_wall_time("2026-11-21T05:47:55Z");
  EXPECT_EQ(second.time_since_epoch(), std::chrono::seconds(1795240075));
  // Docker drops trailing zeros, so that the texts do not sort as the moments do.
  EXPECT_EQ(parse_wall_time("2026-11-21T05:47:55.5Z") - second, std::chrono::milliseconds(500));
  EXPECT_EQ(parse_wall_time("2026-11-21T05:47:55.123456789Z") - second, std::chrono::nanoseconds(123456789));
}

TEST(WallTimeText, IsTheEpochForAnythingElse) {
  for (const auto* const text : {"", "0001-01-01T00:00:00Z", "2026-11-21", "2026-13-01T00:00:00Z",
                                 "2026-11-21T05:47:55", "2026-11-21T05:47:55.x9Z", "9999-01-01T00:00:00Z"}) {
    EXPECT_EQ(parse_wall_time(text), WallTime{}) << text;
  }
}

std::string mount_line(const std::string& root, const std::string& point) {
  return "912 890 254:1 " + root + " " + point + " rw,relatime - ext4 /dev/vda1 rw\n";
}

TEST(ContainerId, IsFoundInTheMountsOfDockersOwnFiles) {
  const std::string id(64, 'a');
  const std::string root = mount_line("/", "/");
  EXPECT_EQ(
      container_id(root + mount_line("/var/lib/docker/containers/" + id + "/hostname", "/etc/hostname")), id);
  EXPECT_EQ(container_id(root + mount_line("/data/containers/" + id + "/resolv.conf", "/etc/resolv.conf")),
            id);
}

TEST(ContainerId, IsNotThatOfAContainerOnOurHost) {
  const std::string folder = "/var/lib/docker/containers/" + std::string(64, 'a') + "/mounts/shm";
  EXPECT_FALSE(container_id(mount_line("/", "/") + mount_line("/", folder) + mount_line(folder, folder)));
}

TEST(ContainerId, IsNothingWithoutSuchMounts) {
  EXPECT_FALSE(container_id(""));
  EXPECT_FALSE(container_id("/containers/abc"));
  EXPECT_FALSE(container_id(mount_line("/var/lib/docker/containers/short/hostname", "/etc/hostname")));
  EXPECT_FALSE(
      container_id(mount_line("/containers/" + std::string(64, 'x') + "/hostname", "/etc/hostname")));
}

}  // namespace
}  // namespace vip::swarm
