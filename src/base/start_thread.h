// Threads whose start may fail.
#pragma once

#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "base/result.h"

namespace discovery {

/// `name` completes "cannot start ...".
template <class F>
Result<std::thread> start_thread(const std::string& name, F&& run) {
  try {
    return std::thread(std::forward<F>(run));
  } catch (const std::system_error& error) {
    return fail(Code::internal, "cannot start " + name + ": " + error.code().message() +
                                    "; the limit of threads (ulimit -u, TasksMax) or of memory is "
                                    "too low");
  }
}

}  // namespace discovery
