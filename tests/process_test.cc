#include "process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>

namespace discovery {
namespace {

[[noreturn]] void exit_with(bool good) { std::_Exit(good ? 0 : 1); }

TEST(Process, ClosedStandardFilesAreOpenedInTheirDirection) {
  EXPECT_EXIT(
      {
        for (int number = 0; number <= 2; ++number) close(number);
        const bool opened = open_standard_files().has_value();
        const auto direction = [](int number) { return fcntl(number, F_GETFL) & O_ACCMODE; };
        exit_with(opened && direction(0) == O_RDONLY && direction(1) == O_WRONLY &&
                  direction(2) == O_WRONLY);
      },
      testing::ExitedWithCode(0), "");
}

TEST(Process, WithoutDescriptorsAStandardFileThatIsClosedIsAnError) {
  EXPECT_EXIT(
      {
        close(0);
        const rlimit none{0, 0};
        setrlimit(RLIMIT_NOFILE, &none);
        const Status opened = open_standard_files();
        exit_with(!opened && opened.error().message.find("/dev/null") != std::string::npos);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace discovery
