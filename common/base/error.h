// What the world does to us, as a value. A code answers "what may the caller do"; the context grows
// outward, one clause per layer: "set address 10.0.0.5/32: netlink: no such device".
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace vip {

enum class Errc {
  invalid,      // the input is wrong: asking again will not help
  not_found,    // it is not there
  conflict,     // somebody else changed it: look again, then retry
  unavailable,  // not now: retry with backoff
  denied,       // not permitted
  exhausted,    // a limit was reached
};

struct Error {
  Errc code = Errc::invalid;
  int os_errno = 0;  // 0 where no system call failed
  std::string context;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

// An error of the given code, ready to be returned from a function with any Result type.
inline std::unexpected<Error> fail(Errc code, std::string context, int os_errno = 0) {
  return std::unexpected(Error{.code = code, .os_errno = os_errno, .context = std::move(context)});
}

// The same error with one more clause in front.
inline std::unexpected<Error> within(const std::string& clause, Error error) {
  error.context.insert(0, clause + ": ");
  return std::unexpected(std::move(error));
}

}  // namespace vip

// NOLINTBEGIN(cppcoreguidelines-macro-usage): early return needs a macro
#define VIP_CONCAT_INNER(a, b) a##b
#define VIP_CONCAT(a, b) VIP_CONCAT_INNER(a, b)
#define VIP_TRY_IMPL(tmp, declaration, expression)          \
  auto tmp = (expression);                                  \
  if (!tmp) return std::unexpected(std::move(tmp).error()); \
  declaration = *std::move(tmp)

// VIP_TRY(auto links, netlink.links());  returns the error of a failed expression to the caller.
#define VIP_TRY(declaration, ...) VIP_TRY_IMPL(VIP_CONCAT(vip_try_, __LINE__), declaration, (__VA_ARGS__))

// VIP_CHECK(do_it());  the same for a Status.
#define VIP_CHECK(...)                                                                                       \
  do {                                                                                                       \
    if (auto vip_status = (__VA_ARGS__); !vip_status) return std::unexpected(std::move(vip_status).error()); \
  } while (false)
// NOLINTEND(cppcoreguidelines-macro-usage)
