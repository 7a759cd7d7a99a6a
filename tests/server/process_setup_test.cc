#include "server/process_setup.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace discovery {
namespace {

[[noreturn]] void exit_with(bool good) { std::_Exit(good ? 0 : 1); }

int direction(int number) { return fcntl(number, F_GETFL) & O_ACCMODE; }

[[noreturn]] void open_all_three() {
  for (int number = 0; number <= 2; ++number) close(number);
  const bool opened = open_standard_files().has_value();
  exit_with(opened && direction(0) == O_RDONLY && direction(1) == O_WRONLY &&
            direction(2) == O_WRONLY);
}

[[noreturn]] void open_one_without_descriptors() {
  close(0);
  const rlimit none{};
  setrlimit(RLIMIT_NOFILE, &none);
  const Status opened = open_standard_files();
  exit_with(!opened && opened.error().message.find("/dev/null") != std::string::npos);
}

TEST(Process, ClosedStandardFilesAreOpenedInTheirDirection) {
  EXPECT_EXIT(open_all_three(), testing::ExitedWithCode(0), "");
}

TEST(Process, AStandardFileThatCannotBeOpenedIsAnError) {
  EXPECT_EXIT(open_one_without_descriptors(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace discovery
