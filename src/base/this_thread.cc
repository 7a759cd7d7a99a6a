#include "base/this_thread.h"

#include <pthread.h>

namespace discovery {

void name_this_thread(const char* name) { pthread_setname_np(pthread_self(), name); }

}  // namespace discovery
