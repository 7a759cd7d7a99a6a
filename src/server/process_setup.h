// What the process arranges for itself before it does anything else.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "server/config/config.h"

namespace discovery {

/// Opens those of the descriptors 0 to 2 that are closed on /dev/null. Until then the next file or
/// socket would get such a number, and with it whatever is written to standard error. To be called
/// before anything is opened.
Status open_standard_files();

/// One heap for all threads, which grows and shrinks in large steps. To be called before there are
/// other threads.
void set_up_heap();

/// Raises the limit of open files as far as it may be. Where that does not suffice for all
/// connections, their limits are lowered, with a warning: one address may have half of them. An
/// error where it does not suffice for the server itself.
Status provide_descriptors(Config& config);

}  // namespace discovery
