#include "operator/cli/probe_command.h"

#include <cstddef>
#include <cstdio>

#include "common/base/check_settings.h"
#include "common/base/exit_status.h"
#include "operator/docker/curl.h"

namespace vip::swarm {
namespace {

std::size_t ignore(const char* /*bytes*/, std::size_t size, std::size_t count, void* /*self*/) noexcept {
  return size * count;
}

int end(const std::string& words, int exit_status) {
  (void)std::puts(words.c_str());
  return exit_status;
}

}  // namespace

int run_probe(const ProbeWords& words) {
  const auto check =
      parse_check(words.url + " interval=60m timeout=" + words.timeout + " status=" + words.statuses);
  if (!check) return end(check.error().context, kWrongSettings);
  if (check->kind != CheckKind::http) return end("'" + words.url + "' is not a URL", kWrongSettings);
  if (const auto wrong = problems(*check); !wrong.empty()) return end(wrong.front(), kWrongSettings);
  const CurlEasy easy(curl_easy_init());
  if (!easy) return end("no memory", kFailed);
  // Options older than any libcurl we build with: they cannot fail.
  (void)curl_easy_setopt(easy.get(), CURLOPT_URL, words.url.c_str());
  (void)curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  (void)curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  (void)curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(check->timeout.count()));
  (void)curl_easy_setopt(easy.get(), CURLOPT_USERAGENT, "swarm-vip/" VIP_VERSION);
  (void)curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &ignore);
  const CurlList headers(words.host.empty() ? nullptr
                                            : curl_slist_append(nullptr, ("Host: " + words.host).c_str()));
  (void)curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  if (const auto code = curl_easy_perform(easy.get()); code != CURLE_OK)
    return end(curl_easy_strerror(code), kFailed);
  long status = 0;
  (void)curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);  // cannot fail after a transfer
  const bool wanted = status >= check->statuses.low && status <= check->statuses.high;
  return wanted ? kFine : end("status " + std::to_string(status), kFailed);
}

}  // namespace vip::swarm
