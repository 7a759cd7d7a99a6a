// Exceptions become errors, where the caller has to go on.
#pragma once

#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include "base/result.h"

namespace discovery {

/// What `call` returns, a Status or a Result; of what it throws, the error.
template <class F>
std::invoke_result_t<F> catch_exceptions(F&& call) {
  try {
    return std::forward<F>(call)();
  } catch (const std::bad_alloc&) {
    return fail(Code::out_of_memory, "out of memory");  // short enough to need none
  } catch (const std::exception& error) {
    return fail(Code::internal, error.what());
  }
}

}  // namespace discovery
