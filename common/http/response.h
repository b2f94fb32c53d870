// What a visitor gets. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/http/request.h"

namespace vip::http {

struct Response {
  int status = kOk;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  // Further ones. "Cache-Control: no-store" is ours where there is none.
  std::vector<std::pair<std::string, std::string>> headers;
};

// An answer of a status alone, with its words as the body.
[[nodiscard]] Response bare_response(int status);

// The bytes to send; after them the connection ends.
[[nodiscard]] std::string encode(const Response& response, bool head_only);

}  // namespace vip::http
