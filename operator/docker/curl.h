// libcurl's handles with owners, for the adapters that speak HTTP.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <curl/curl.h>

namespace vip::swarm {

struct CurlEasyDeleter {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct CurlMultiDeleter {
  void operator()(CURLM* multi) const noexcept { (void)curl_multi_cleanup(multi); }  // fails on misuse only
};
struct CurlListDeleter {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using CurlEasy = std::unique_ptr<CURL, CurlEasyDeleter>;
using CurlMulti = std::unique_ptr<CURLM, CurlMultiDeleter>;
using CurlList = std::unique_ptr<curl_slist, CurlListDeleter>;

// A handle's place in a multi handle, left at the end of its life.
class CurlTransfer {
 public:
  CurlTransfer(CURLM* multi, CURL* easy) : multi_(multi), easy_(easy) {
    (void)curl_multi_add_handle(multi_, easy_);
  }
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;
  CurlTransfer(CurlTransfer&&) = delete;
  CurlTransfer& operator=(CurlTransfer&&) = delete;
  ~CurlTransfer() { (void)curl_multi_remove_handle(multi_, easy_); }  // harmless when it is out already

 private:
  CURLM* multi_;
  CURL* easy_;
};

// A body with a limit. Beyond it the transfer ends with CURLE_WRITE_ERROR.
struct CurlBody {
  std::string text;
  std::size_t size_max = 0;

  static std::size_t append(const char* bytes, std::size_t size, std::size_t count, void* self) noexcept {
    auto& body = *static_cast<CurlBody*>(self);
    const std::size_t length = size * count;
    if (body.text.size() + length > body.size_max) return 0;
    try {
      body.text.append(bytes, length);
    } catch (...) {
      return 0;  // no memory: no exception may cross libcurl
    }
    return length;
  }
};

}  // namespace vip::swarm
