#include "operator/status/agent_query.h"

#include <memory>

#include "common/base/assert.h"
#include "operator/docker/curl.h"

namespace vip::swarm {
namespace {

// Of 255 routers, each with its last 16 changes of state, it is 1 MB over IPv4; with 50 peers, IPv6 and every
// fault in words 3 MB. As much as the agent's own command line takes.
constexpr std::size_t kBodySizeMax = 4U << 20U;
constexpr int kPollMs = 500;

// One request under way.
class Query {
 public:
  Query(const AgentAddress& agent, std::chrono::milliseconds limit) : easy_(curl_easy_init()) {
    VIP_ASSERT(easy_ != nullptr);
    const auto host = agent.address.text();
    const auto authority = agent.address.family() == Family::ipv6 ? "[" + host + "]" : host;
    const auto url = "http://" + authority + ":" + std::to_string(agent.port) + "/status";
    body_.size_max = kBodySizeMax;
    // Options older than any libcurl we build with: they cannot fail.
    (void)curl_easy_setopt(easy_.get(), CURLOPT_URL, url.c_str());
    (void)curl_easy_setopt(easy_.get(), CURLOPT_PROXY, "");
    (void)curl_easy_setopt(easy_.get(), CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy_.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
    (void)curl_easy_setopt(easy_.get(), CURLOPT_WRITEFUNCTION, &CurlBody::append);
    (void)curl_easy_setopt(easy_.get(), CURLOPT_WRITEDATA, &body_);
    (void)curl_easy_setopt(easy_.get(), CURLOPT_PRIVATE, this);
  }

  [[nodiscard]] CURL* easy() const { return easy_.get(); }
  void done(CURLcode code) { code_ = code; }

  [[nodiscard]] Result<std::string> answer() && {
    if (code_ == CURLE_WRITE_ERROR) return fail(Errc::exhausted, "its answer is larger than 4 MiB");
    if (code_ != CURLE_OK) return fail(Errc::unavailable, curl_easy_strerror(code_));
    long status = 0;
    (void)curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);  // cannot fail after a transfer
    if (status != 200) return fail(Errc::unavailable, "HTTP " + std::to_string(status));
    return std::move(body_.text);
  }

 private:
  CurlEasy easy_;
  CurlBody body_;
  CURLcode code_ = CURLE_OPERATION_TIMEDOUT;
};

void collect(CURLM* multi) {
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi, &left)) {
    char* query = nullptr;
    if (message->msg != CURLMSG_DONE) continue;
    (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &query);  // set by Query
    reinterpret_cast<Query*>(query)->done(message->data.result);
  }
}

}  // namespace

std::vector<Result<std::string>> ask_agents(const std::vector<AgentAddress>& agents, const Waiting& waiting) {
  const CurlMulti multi(curl_multi_init());
  VIP_ASSERT(multi != nullptr);
  std::vector<std::unique_ptr<Query>> queries;
  std::vector<std::unique_ptr<CurlTransfer>> transfers;
  for (const auto& agent : agents) {
    queries.push_back(std::make_unique<Query>(agent, waiting.limit));
    transfers.push_back(std::make_unique<CurlTransfer>(multi.get(), queries.back()->easy()));
  }
  // Ends by itself: each request has its own limit of time.
  for (int running = 1; running > 0;) {
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK) break;
    collect(multi.get());
    if (running == 0) break;
    curl_waitfd stop{.fd = waiting.stop_fd, .events = CURL_WAIT_POLLIN, .revents = 0};
    const unsigned others = waiting.stop_fd >= 0 ? 1 : 0;
    (void)curl_multi_poll(multi.get(), &stop, others, kPollMs, nullptr);  // a hint only
    if (stop.revents != 0) break;
  }
  transfers.clear();
  std::vector<Result<std::string>> answers;
  answers.reserve(queries.size());
  for (auto& query : queries) answers.push_back(std::move(*query).answer());
  return answers;
}

}  // namespace vip::swarm
