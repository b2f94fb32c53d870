// A process that keeps no secret for longer than it must, and shows none. Linked into a program, this also
// replaces its operator new and delete: what is freed is wiped first, so that a key leaves nothing behind in
// the strings, JSON and requests through which it went on its way to the Swarm.
#pragma once

namespace vip::swarm {

// Instead of curl_global_init: libcurl's buffers are wiped, too. False when libcurl cannot start.
[[nodiscard]] bool start_curl();

// No core file, whatever limits and patterns the host has, and no debugger without privileges: a password
// stays in memory, to be compared and sent again.
void refuse_to_be_dumped();

}  // namespace vip::swarm
