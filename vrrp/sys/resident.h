// Keeps a process small. The kernel maps sixteen pages of the program for each one that is touched, and what
// the start needed stays for good; yet who waits for years needs little of it.
#pragma once

namespace vip::vrrp {

// Lets go of the pages of the program and its libraries that are as in their files, and of free ones of the
// heap. What is needed again comes back from the page cache by itself. Locked pages stay: who may lock them
// wants that.
void shed_unused_memory() noexcept;

}  // namespace vip::vrrp
