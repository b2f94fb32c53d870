#include "common/http/request.h"

#include <algorithm>

#include "common/base/text.h"

namespace vip::http {
namespace {

Reading refused(int status) {
  return {.request = {}, .refusal = status};
}

bool is_control(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  return code < 0x20 || code == 0x7f;
}

// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           kOthers.contains(byte);
  });
}

// RFC 9112, 2.2: a line may also end without a carriage return.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// RFC 9112, 3.2.2: "http://host/path" is to be understood, too.
std::string_view path_of(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (!target.starts_with(kScheme)) return target;
  target.remove_prefix(kScheme.size());
  const auto slash = target.find('/');
  return slash == std::string_view::npos ? "/" : target.substr(slash);
}

// The status to refuse with; 0: read.
int read_first_line(std::string_view line, Request& request) {
  const auto method_end = line.find(' ');
  const auto target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || target_end == method_end) return kBadRequest;
  const auto method = line.substr(0, method_end);
  const auto target = line.substr(method_end + 1, target_end - method_end - 1);
  const auto version = line.substr(target_end + 1);
  if (!is_token(method) || target.empty() || target.contains(' ')) return kBadRequest;
  if (std::ranges::any_of(target, is_control) || !version.starts_with("HTTP/")) return kBadRequest;
  if (!version.starts_with("HTTP/1.") || version.size() != 8) return kVersionNotSupported;
  if (method != "GET" && method != "HEAD") return kMethodNotAllowed;
  request.head_only = method == "HEAD";
  const auto path = path_of(target);
  const auto question = path.find('?');
  request.path = path.substr(0, question);
  if (question != std::string_view::npos) request.query = path.substr(question + 1);
  return request.path.starts_with('/') ? 0 : kBadRequest;
}

int read_header(std::string_view line, Request& request) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return kBadRequest;
  const auto name = line.substr(0, colon);
  const auto value = trim(line.substr(colon + 1));
  // A tab may stand between words.
  if (std::ranges::any_of(value, [](char byte) { return is_control(byte) && byte != '\t'; }))
    return kBadRequest;
  if (equal_fold(name, "transfer-encoding")) return kContentTooLarge;
  if (equal_fold(name, "content-length")) return value == "0" ? 0 : kContentTooLarge;
  std::string* const kept = equal_fold(name, "authorization") ? &request.authorization
                            : equal_fold(name, "cookie")      ? &request.cookie
                            : equal_fold(name, "host")        ? &request.host
                                                              : nullptr;
  if (kept == nullptr) return 0;
  // Two of them would be two opinions on who asks.
  if (!kept->empty()) return kBadRequest;
  *kept = value;
  return 0;
}

}  // namespace

Reading read_request(std::string_view text) {
  // What is no HTTP at all need not be waited for: a greeting of TLS has no end of line.
  const auto first_end = text.find('\n');
  const auto first = text.substr(0, first_end);
  if (std::ranges::any_of(first, [](char byte) { return is_control(byte) && byte != '\r'; }))
    return refused(kBadRequest);
  if (first_end == std::string_view::npos)
    return text.size() < kRequestMax ? Reading{} : refused(kHeadersTooLarge);
  Request request;
  auto rest = text;
  if (const int refusal = read_first_line(take_line(rest), request); refusal != 0) return refused(refusal);
  while (rest.contains('\n')) {
    const auto line = take_line(rest);
    if (line.empty()) return {.request = std::move(request), .refusal = 0};
    if (const int refusal = read_header(line, request); refusal != 0) return refused(refusal);
  }
  return text.size() < kRequestMax ? Reading{} : refused(kHeadersTooLarge);
}

}  // namespace vip::http
