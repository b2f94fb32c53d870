#include "vrrp/sys/resident.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace vip::vrrp {
namespace {

// Never of what can be written, or could be at the start: those pages are as in no file.
int forget_pages_of(dl_phdr_info* object, std::size_t /*size*/, void* /*data*/) noexcept {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  // They are in one of the pages themselves.
  const std::vector<ElfW(Phdr)> segments(object->dlpi_phdr, object->dlpi_phdr + object->dlpi_phnum);
  for (const auto& segment : segments) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const auto begin = (object->dlpi_addr + segment.p_vaddr) / page * page;
    const auto end = (object->dlpi_addr + segment.p_vaddr + segment.p_memsz + page - 1) / page * page;
    auto* const start = reinterpret_cast<void*>(begin);  // NOLINT(performance-no-int-to-ptr): the loader's
    (void)::madvise(start, end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void shed_unused_memory() noexcept {
  (void)::malloc_trim(0);
  (void)::dl_iterate_phdr(&forget_pages_of, nullptr);
}

}  // namespace vip::vrrp
