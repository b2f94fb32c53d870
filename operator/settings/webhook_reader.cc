#include "operator/settings/webhook_reader.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include <curl/curl.h>

namespace vip::swarm {
namespace {

constexpr std::string_view kUrl = "SWARM_VIP_WEBHOOK";
constexpr std::string_view kUrlFile = "SWARM_VIP_WEBHOOK_FILE";
constexpr std::string_view kTokenFile = "SWARM_VIP_WEBHOOK_TOKEN_FILE";

struct UrlDeleter {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; });
}

std::string part(CURLU* url, CURLUPart what) {
  char* text = nullptr;
  if (curl_url_get(url, what, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
  return text;
}

// Empty when it is no URL that events can be sent to.
std::string host_of(const std::string& text) {
  const Url url(curl_url());
  if (url == nullptr || !is_printable(text)) return {};
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return {};
  const auto scheme = part(url.get(), CURLUPART_SCHEME);
  return scheme == "http" || scheme == "https" ? part(url.get(), CURLUPART_HOST) : std::string();
}

bool is_this_host(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

}  // namespace

WebhookTarget read_webhook(const settings::Environment& env, const FileReader& read_file,
                           settings::Findings& findings) {
  const auto faults = findings.errors().size();
  WebhookTarget target{.url = env.text(kUrl), .host = {}, .token = {}};
  auto origin = kUrl;
  if (const auto path = env.text(kUrlFile); !path.empty()) {
    if (!target.url.empty()) {
      findings.error(env.called(kUrlFile) + ": set together with " + env.called(kUrl) + "; one of them");
    }
    origin = kUrlFile;
    target.url = secret_of(env, kUrlFile, path, read_file, findings);
  }
  target.host = host_of(target.url);
  if (findings.errors().size() == faults && !target.url.empty() && target.host.empty()) {
    findings.error(env.called(origin) +
                   ": its value, which is not shown, is not allowed; http://HOST/... or https://HOST/...");
  }
  const auto path = env.text(kTokenFile);
  if (path.empty()) return target;
  if (target.url.empty()) {
    findings.warning(env.called(kTokenFile) + ": there is no " + std::string(kUrl) +
                     " to send it to, ignoring");
    return target;
  }
  target.token = secret_of(env, kTokenFile, path, read_file, findings);
  if (!is_printable(target.token)) {
    findings.error(env.called(kTokenFile) + ": " + path +
                   ": not a token; one line of letters, digits and signs, without blanks");
  }
  if (target.url.starts_with("http://") && !is_this_host(target.host))
    findings.warning(env.called(kTokenFile) + ": over http:// everybody on the way can read the token");
  return target;
}

}  // namespace vip::swarm
