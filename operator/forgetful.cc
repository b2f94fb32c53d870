#include "operator/forgetful.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include <curl/curl.h>
#include <malloc.h>
#include <sys/prctl.h>

namespace {

void forget(void* block) {
  if (block == nullptr) return;
  ::explicit_bzero(block, ::malloc_usable_size(block));
  std::free(block);
}

// std::realloc would leave the old bytes where they were.
void* regrow(void* block, std::size_t size) {
  void* const grown = std::malloc(size);
  if (grown == nullptr || block == nullptr) return grown;
  std::memcpy(grown, block, std::min(size, ::malloc_usable_size(block)));
  forget(block);
  return grown;
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* const block = std::malloc(std::max<std::size_t>(size, 1))) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept {
  forget(block);
}
void operator delete(void* block, std::size_t) noexcept {
  forget(block);
}

namespace vip::swarm {

bool start_curl() {
  return curl_global_init_mem(CURL_GLOBAL_DEFAULT, &std::malloc, &forget, &regrow, &::strdup, &std::calloc) ==
         CURLE_OK;
}

void refuse_to_be_dumped() {
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // cannot fail with this value
}

}  // namespace vip::swarm
