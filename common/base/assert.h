// VIP_ASSERT: for our own mistakes only, and on in release. What a peer sends or the world does is never
// asserted; it is a value (see error.h).
#pragma once

#include <cstdio>
#include <cstdlib>

namespace vip::detail {

[[noreturn]] inline void assertion_failed(const char* expression, const char* file, int line) {
  (void)std::fprintf(stderr, "assertion failed: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace vip::detail

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): needs the expression's text and place
#define VIP_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::vip::detail::assertion_failed(#expression, __FILE__, __LINE__))
