#include "operator/docker/client.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "common/base/assert.h"
#include "operator/docker/http_error.h"
#include "operator/docker/json.h"

namespace vip::swarm {
namespace {

// A manager without a leader answers its first request only after 20 s.
constexpr long kRequestTimeoutMs = 30'000;
constexpr long kConnectTimeoutMs = 5'000;
constexpr std::size_t kBodySizeMax = 64U << 20U;
constexpr int kPollMs = 1'000;

void set(CURL* easy, CURLoption option, auto value) {
  // Fails only for options this libcurl does not know, and all of ours are older than it.
  const auto code = curl_easy_setopt(easy, option, value);
  VIP_ASSERT(code == CURLE_OK);
}

std::string escaped(const std::string& text) {
  const std::unique_ptr<char, decltype(&curl_free)> made(
      curl_easy_escape(nullptr, text.c_str(), static_cast<int>(text.size())), &curl_free);
  return made == nullptr ? std::string() : std::string(made.get());
}

Error transfer_error(CURL* easy, CURLcode code, const Endpoint& endpoint) {
  long os_errno = 0;
  (void)curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_errno);  // stays 0 where unknown
  const auto number = static_cast<int>(os_errno);
  Error error{.code = Errc::unavailable, .os_errno = number, .context = endpoint.text() + ": "};
  if (code == CURLE_COULDNT_CONNECT && number != 0) {
    if (number == ENOENT) error.code = Errc::not_found;
    if (number == EACCES || number == EPERM) error.code = Errc::denied;
    error.context += std::strerror(number);
    return error;
  }
  if (code == CURLE_WRITE_ERROR) error.code = Errc::exhausted;
  error.context += code == CURLE_WRITE_ERROR ? "the answer is too large" : curl_easy_strerror(code);
  return error;
}

// Another engine, older or newer, has taken the place of the one with which we agreed on a version.
bool is_of_version(long status, std::string_view message) {
  return status == 400 && message.starts_with("client version ");
}

}  // namespace

Client::Client(Endpoint endpoint, int stop_fd)
    : endpoint_(std::move(endpoint)), stop_fd_(stop_fd), multi_(curl_multi_init()) {
  VIP_ASSERT(multi_ != nullptr);
}

Result<Client> Client::connect(Endpoint endpoint, int stop_fd) {
  Client client(std::move(endpoint), stop_fd);
  VIP_CHECK(client.endpoint_.api_version.empty() ? client.negotiate() : client.try_version());
  return client;
}

Status Client::try_version() {
  version_prefix_ = "/v" + endpoint_.api_version;
  const auto answer = get("/_ping");
  if (answer || is_forbidden(answer.error())) return {};
  if (answer.error().code != Errc::invalid) return std::unexpected(answer.error());
  return fail(Errc::invalid, "DOCKER_API_VERSION: '" + endpoint_.api_version + "' is not allowed; " +
                                 answer.error().context);
}

Status Client::negotiate() {
  const auto body = get("/version");
  if (!body) {
    auto error = body.error();
    if (is_forbidden(error)) error.context += ", or DOCKER_API_VERSION say it";
    return std::unexpected(std::move(error));
  }
  VIP_TRY(const auto version, choose_api_version(*body));
  version_prefix_ = "/v" + version;
  return {};
}

void Client::negotiate_again() {
  // Empty while it is being asked for, so that this does not call itself.
  const auto former = std::exchange(version_prefix_, {});
  if (!former.empty() && !negotiate()) version_prefix_ = former;
}

std::string_view Client::api_version() const {
  const std::string_view prefix = version_prefix_;
  return prefix.substr(std::min(prefix.size(), std::string_view("/v").size()));
}

CurlEasy Client::prepare(std::string_view path, const Query& query) const {
  CurlEasy easy(curl_easy_init());
  VIP_ASSERT(easy != nullptr);
  std::string url = endpoint_.base_url() + version_prefix_ + std::string(path);
  char separator = '?';
  for (const auto& [name, value] : query) {
    url += separator;
    url += name;
    url += '=';
    url += escaped(value);
    separator = '&';
  }
  set(easy.get(), CURLOPT_URL, url.c_str());
  set(easy.get(), CURLOPT_NOSIGNAL, 1L);
  set(easy.get(), CURLOPT_PROXY, "");
  set(easy.get(), CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  if (!endpoint_.socket_path.empty())
    set(easy.get(), CURLOPT_UNIX_SOCKET_PATH, endpoint_.socket_path.c_str());
  if (!endpoint_.certificates.empty()) {
    set(easy.get(), CURLOPT_CAINFO, (endpoint_.certificates + "/ca.pem").c_str());
    set(easy.get(), CURLOPT_SSLCERT, (endpoint_.certificates + "/cert.pem").c_str());
    set(easy.get(), CURLOPT_SSLKEY, (endpoint_.certificates + "/key.pem").c_str());
  }
  return easy;
}

Result<std::string> Client::get(std::string_view path, const Query& query) {
  const auto easy = prepare(path, query);
  return perform(easy.get(), "GET " + std::string(path));
}

Result<std::string> Client::post(std::string_view path, const std::string& body, const Query& query,
                                 const Headers& headers) {
  const auto easy = prepare(path, query);
  const CurlList lines(curl_slist_append(nullptr, "Content-Type: application/json"));
  for (const auto& header : headers) {
    // The list keeps its first line, so that the owner stays the same.
    auto* const appended = curl_slist_append(lines.get(), header.c_str());
    VIP_ASSERT(appended == lines.get());
  }
  set(easy.get(), CURLOPT_HTTPHEADER, lines.get());
  set(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  set(easy.get(), CURLOPT_POSTFIELDS, body.c_str());
  return perform(easy.get(), "POST " + std::string(path));
}

Status Client::remove(std::string_view path) {
  const auto easy = prepare(path, {});
  set(easy.get(), CURLOPT_CUSTOMREQUEST, "DELETE");
  VIP_TRY([[maybe_unused]] const auto body, perform(easy.get(), "DELETE " + std::string(path)));
  return {};
}

Result<std::string> Client::perform(CURL* easy, std::string_view words) {
  CurlBody body{.text = {}, .size_max = kBodySizeMax};
  set(easy, CURLOPT_TIMEOUT_MS, kRequestTimeoutMs);
  set(easy, CURLOPT_WRITEFUNCTION, &CurlBody::append);
  set(easy, CURLOPT_WRITEDATA, &body);
  const std::string clause(words);
  if (auto done = wait(easy); !done) return within(clause, std::move(done).error());
  long status = 0;
  (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);  // cannot fail after a transfer
  if (status < 400) return std::move(body.text);
  const auto message = error_message(body.text);
  if (is_of_version(status, message) && endpoint_.api_version.empty()) negotiate_again();
  return within(clause, docker_error(status, message));
}

Status Client::wait(CURL* easy) {
  const CurlTransfer transfer(multi_.get(), easy);
  for (;;) {
    int running = 0;
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK)
      return fail(Errc::unavailable, "libcurl failed");
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      if (code != CURLE_OK) return std::unexpected(transfer_error(easy, code, endpoint_));
      return {};
    }
    curl_waitfd stop{.fd = stop_fd_, .events = CURL_WAIT_POLLIN, .revents = 0};
    (void)curl_multi_poll(multi_.get(), &stop, stop_fd_ >= 0 ? 1 : 0, kPollMs, nullptr);  // a hint only
    if (stop.revents != 0) return fail(Errc::unavailable, "abandoned: the program was asked to stop");
  }
}

}  // namespace vip::swarm
