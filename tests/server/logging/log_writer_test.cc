#include "server/logging/log_writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <future>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <utility>

#include "base/descriptor.h"

namespace discovery {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr size_t kLine = 1'000;

std::string line(size_t size = kLine) { return std::string(size - 1, 'x') + "\n"; }

std::string notice(uint64_t dropped) { return std::to_string(dropped) + " dropped\n"; }

/// A pipe that holds as little as the kernel lets it.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    from = std::make_unique<Descriptor>(ends[0]);
    into = std::make_unique<Descriptor>(ends[1]);
    fcntl(ends[1], F_SETPIPE_SZ, 1);
  }

  std::string read_until(std::string_view end) const {
    std::string text;
    while (!text.ends_with(end)) {
      std::array<char, 4096> piece{};
      const ssize_t got = read(from->number(), piece.data(), piece.size());
      if (got <= 0) break;
      text.append(piece.data(), static_cast<size_t>(got));
    }
    return text;
  }

  std::unique_ptr<Descriptor> from, into;
};

LogWriterOptions options_for(int descriptor) {
  return {.descriptor = descriptor,
          .line_bytes_max = 4096,
          .queue_bytes_max = 100 * kLine,
          .notice = notice};
}

TEST(LogWriter, LinesComeInTheirOrder) {
  const Pipe pipe;
  LogWriter writer(options_for(pipe.into->number()));
  writer.write("at once, before the thread is started\n");
  ASSERT_TRUE(writer.start());
  writer.write("first\n");
  writer.write("second\n");
  EXPECT_EQ(pipe.read_until("second\n"), "at once, before the thread is started\nfirst\nsecond\n");
}

/// The lines that `text` has, or says were dropped.
size_t accounted_for(const std::string& text) {
  size_t lines = 0;
  std::istringstream input(text);
  for (std::string found; std::getline(input, found);) {
    lines += found.ends_with(" dropped") ? std::stoul(found) : 1;
  }
  return lines;
}

TEST(LogWriter, NobodyWaitsForAPipeThatIsNotReadAndWhatWasDroppedIsCounted) {
  constexpr size_t kLines = 1'000;
  const Pipe pipe;
  LogWriter writer(options_for(pipe.into->number()));
  ASSERT_TRUE(writer.start());
  for (size_t i = 0; i < kLines; ++i) writer.write(line());
  writer.flush(1ms);
  std::string text;
  while (accounted_for(text) < kLines) text += pipe.read_until("\n");
  EXPECT_EQ(accounted_for(text), kLines);
  EXPECT_THAT(text, HasSubstr(" dropped\n"));
  writer.write("later\n");
  EXPECT_EQ(pipe.read_until("later\n"), "later\n");
}

TEST(LogWriter, TheQueueIsFilledToItsLimitAndNotBeyond) {
  const Pipe pipe;
  Descriptor file(open("/dev/full", O_WRONLY | O_CLOEXEC));
  std::promise<void> held, may_go_on;
  LogWriterOptions options = options_for(file.number());
  options.queue_bytes_max = 3 * kLine;
  options.notice = [&, is_first = true](uint64_t dropped) mutable {
    if (std::exchange(is_first, false)) {
      held.set_value();
      may_go_on.get_future().wait();
    }
    return notice(dropped);
  };
  LogWriter writer(std::move(options));
  ASSERT_TRUE(writer.start());
  writer.write("not taken\n");
  held.get_future().wait();
  for (const size_t size : {kLine, kLine, kLine, size_t{1}}) writer.write(line(size));
  ASSERT_EQ(dup2(pipe.into->number(), file.number()), file.number());
  may_go_on.set_value();
  const std::string rest = notice(1) + line() + line() + line() + notice(1);
  EXPECT_EQ(pipe.read_until("x\n" + notice(1)), rest);
}

TEST(LogWriter, LinesGoOnBehindANoticeThatRanOutOfMemory) {
  const Pipe pipe;
  Descriptor file(open("/dev/full", O_WRONLY | O_CLOEXEC));
  std::promise<void> failed;
  LogWriterOptions options = options_for(file.number());
  options.notice = [&, is_first = true](uint64_t dropped) mutable {
    if (!std::exchange(is_first, false)) return notice(dropped);
    EXPECT_EQ(dup2(pipe.into->number(), file.number()), file.number());
    failed.set_value();
    throw std::bad_alloc();
  };
  LogWriter writer(std::move(options));
  ASSERT_TRUE(writer.start());
  writer.write("not taken\n");
  failed.get_future().wait();
  writer.write("later\n");
  EXPECT_EQ(pipe.read_until("dropped\n"), "later\n" + notice(1));
}

TEST(LogWriter, AllArrivesThroughANonBlockingPipe) {
  const Pipe pipe;
  fcntl(pipe.into->number(), F_SETFL, O_NONBLOCK);
  LogWriter writer(options_for(pipe.into->number()));
  ASSERT_TRUE(writer.start());
  for (int i = 0; i < 50; ++i) writer.write(line());
  writer.write("end\n");
  EXPECT_EQ(pipe.read_until("end\n").size(), 50 * kLine + 4);
  writer.flush(60s);
}

}  // namespace
}  // namespace discovery
