#include "common/metrics/process.h"

#include <chrono>

namespace vip::metrics {

void add_process(Exposition& exposition, const ProcessFacts& process) {
  const auto seconds = [](Duration duration) {
    return static_cast<double>(std::chrono::round<std::chrono::milliseconds>(duration).count()) / 1e3;
  };
  exposition.family(Kind::gauge, "process_start_time_seconds", "When the process started, since the epoch.");
  exposition.sample({}, seconds(process.started));
  exposition.family(Kind::counter, "process_cpu_seconds_total", "Processor time that the process has used.");
  exposition.sample({}, seconds(process.cpu));
  exposition.family(Kind::gauge, "process_resident_memory_bytes", "Memory of the process that is resident.");
  exposition.sample({}, static_cast<double>(process.resident_bytes));
  exposition.family(Kind::gauge, "process_open_fds", "Descriptors that the process has open.");
  exposition.sample({}, static_cast<double>(process.open_fds));
}

}  // namespace vip::metrics
