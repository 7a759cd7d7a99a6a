#include "base/this_thread.h"

#include <pthread.h>
#include <unistd.h>

namespace discovery {

void name_this_thread(const char* name) { pthread_setname_np(pthread_self(), name); }

// With Linux niceness is the thread's own, and raising it never fails.
void raise_niceness(int steps) { static_cast<void>(nice(steps)); }

}  // namespace discovery
