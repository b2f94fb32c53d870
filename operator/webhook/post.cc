#include "operator/webhook/post.h"

#include "common/base/assert.h"
#include "operator/docker/curl.h"

namespace vip::swarm {
namespace {

constexpr int kLookMs = 500;

std::size_t skip_body(const char* /*bytes*/, std::size_t size, std::size_t count, void* /*self*/) noexcept {
  return size * count;
}

CurlList header_lines(const WebhookTarget& target) {
  CurlList lines(curl_slist_append(nullptr, "Content-Type: application/json"));
  // The list keeps its first line, so that the owner stays the same. Not the dialogue that large bodies
  // begin.
  auto* appended = curl_slist_append(lines.get(), "Expect:");
  VIP_ASSERT(appended == lines.get());
  if (target.token.empty()) return lines;
  appended = curl_slist_append(lines.get(), ("Authorization: Bearer " + target.token).c_str());
  VIP_ASSERT(appended == lines.get());
  return lines;
}

Result<long> run(CURL* easy, int stop_fd) {
  const CurlMulti multi(curl_multi_init());
  VIP_ASSERT(multi != nullptr);
  const CurlTransfer transfer(multi.get(), easy);
  for (;;) {
    int running = 0;
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK)
      return fail(Errc::unavailable, "libcurl failed");
    int left = 0;
    if (const CURLMsg* const message = curl_multi_info_read(multi.get(), &left)) {
      if (message->data.result != CURLE_OK)
        return fail(Errc::unavailable, curl_easy_strerror(message->data.result));
      long status = 0;
      (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);  // cannot fail after a transfer
      return status;
    }
    curl_waitfd stop{.fd = stop_fd, .events = CURL_WAIT_POLLIN, .revents = 0};
    (void)curl_multi_poll(multi.get(), &stop, stop_fd >= 0 ? 1 : 0, kLookMs, nullptr);  // a hint only
    if (stop.revents != 0) return fail(Errc::unavailable, "abandoned");
  }
}

}  // namespace

Result<long> post_json(const WebhookTarget& target, const std::string& body,
                       std::chrono::milliseconds timeout, int stop_fd) {
  const CurlEasy easy(curl_easy_init());
  VIP_ASSERT(easy != nullptr);
  const auto lines = header_lines(target);
  // Options older than any libcurl we build with: they cannot fail. Redirections are not followed unless
  // asked for.
  (void)curl_easy_setopt(easy.get(), CURLOPT_URL, target.url.c_str());
  (void)curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  (void)curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  (void)curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  (void)curl_easy_setopt(easy.get(), CURLOPT_USERAGENT, "swarm-vip/" VIP_VERSION);
  (void)curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, lines.get());
  (void)curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  (void)curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, body.c_str());
  (void)curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &skip_body);
  return run(easy.get(), stop_fd);
}

}  // namespace vip::swarm
