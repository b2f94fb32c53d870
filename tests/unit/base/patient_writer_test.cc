#include "common/sys/patient_writer.h"

#include <array>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/sys/unique_fd.h"

namespace vip::sys {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  // Everything that can be read now.
  std::string drain() const {
    (void)::fcntl(read.get(), F_SETFL, O_NONBLOCK);
    std::string text;
    std::array<char, 4096> chunk{};
    for (ssize_t size = 0; (size = ::read(read.get(), chunk.data(), chunk.size())) > 0;)
      text.append(chunk.data(), static_cast<std::size_t>(size));
    return text;
  }
  UniqueFd read;
  UniqueFd write;
};

TEST(PatientWriter, WritesAtOnceWhereSomebodyReads) {
  const Pipe pipe;
  PatientWriter writer(pipe.write.get(), 1000);
  writer.write("one\n");
  writer.write("two\n");
  EXPECT_EQ(pipe.drain(), "one\ntwo\n");
  EXPECT_EQ(writer.take_dropped(), 0U);
}

// P13: with nobody reading, a plain write would wait for ever after 64 KiB.
TEST(PatientWriter, NeverWaitsForAReaderAndCountsWhatItDrops) {
  const Pipe pipe;
  PatientWriter writer(pipe.write.get(), 10'000);
  const std::string line(999, 'x');
  constexpr int kLines = 1000;
  for (int i = 0; i < kLines; ++i) writer.write(line + "\n");
  const auto dropped = writer.take_dropped();
  EXPECT_GT(dropped, 0U);
  std::string text = pipe.drain();
  EXPECT_TRUE(writer.flush());
  text += pipe.drain();
  EXPECT_EQ(text.size(), (kLines - dropped) * 1000) << "lines are kept or dropped whole";
  writer.write("again\n");
  EXPECT_EQ(pipe.drain(), "again\n");
}

}  // namespace
}  // namespace vip::sys
