// What a visitor asks, read from bytes that anybody may have sent: one request of HTTP/1.0 or 1.1 without a
// body. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vip::http {

// A status that a visitor gets.
inline constexpr int kOk = 200;
inline constexpr int kBadRequest = 400;
inline constexpr int kUnauthorized = 401;
inline constexpr int kForbidden = 403;
inline constexpr int kNotFound = 404;
inline constexpr int kMethodNotAllowed = 405;
inline constexpr int kRequestTimeout = 408;
inline constexpr int kContentTooLarge = 413;
inline constexpr int kHeadersTooLarge = 431;
inline constexpr int kUnavailable = 503;
inline constexpr int kVersionNotSupported = 505;

// The request line and all headers.
inline constexpr std::size_t kRequestMax = 4096;

// As the visitor wrote it: nothing is decoded.
struct Request {
  std::string path;   // "/status"
  std::string query;  // what follows the first '?', without it
  std::string authorization;
  std::string cookie;
  std::string host;
  bool head_only = false;  // HEAD: the answer is without its body
};

struct Reading {
  std::optional<Request> request;  // when it is complete and sound
  int refusal = 0;                 // the status to answer with when it is neither now nor later; else 0
};

// Reads what has come so far. Neither a request nor a refusal: more must come.
[[nodiscard]] Reading read_request(std::string_view text);

}  // namespace vip::http
