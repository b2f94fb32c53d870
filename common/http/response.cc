#include "common/http/response.h"

#include <algorithm>
#include <string_view>

#include "common/base/text.h"

namespace vip::http {
namespace {

std::string_view words_of(int status) {
  switch (status) {
    case kOk:
      return "OK";
    case kBadRequest:
      return "Bad Request";
    case kUnauthorized:
      return "Unauthorized";
    case kForbidden:
      return "Forbidden";
    case kNotFound:
      return "Not Found";
    case kMethodNotAllowed:
      return "Method Not Allowed";
    case kRequestTimeout:
      return "Request Timeout";
    case kContentTooLarge:
      return "Content Too Large";
    case kHeadersTooLarge:
      return "Request Header Fields Too Large";
    case kUnavailable:
      return "Service Unavailable";
    case kVersionNotSupported:
      return "HTTP Version Not Supported";
    default:
      return "Other";
  }
}

void append_header(std::string& text, std::string_view name, std::string_view value) {
  text += name;
  text += ": ";
  text += value;
  text += "\r\n";
}

bool has_header(const Response& response, std::string_view name) {
  return std::ranges::any_of(response.headers,
                             [&](const auto& header) { return equal_fold(header.first, name); });
}

}  // namespace

Response bare_response(int status) {
  Response response{.status = status};
  response.body = std::to_string(status) + " " + std::string(words_of(status)) + "\n";
  if (status == kMethodNotAllowed) response.headers.emplace_back("Allow", "GET, HEAD");
  return response;
}

std::string encode(const Response& response, bool head_only) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " ";
  text += words_of(response.status);
  text += "\r\n";
  append_header(text, "Content-Type", response.content_type);
  append_header(text, "Content-Length", std::to_string(response.body.size()));
  for (const auto& [name, value] : response.headers) append_header(text, name, value);
  if (!has_header(response, "Cache-Control")) append_header(text, "Cache-Control", "no-store");
  append_header(text, "Connection", "close");
  text += "\r\n";
  if (!head_only) text += response.body;
  return text;
}

}  // namespace vip::http
