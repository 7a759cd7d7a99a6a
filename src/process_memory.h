// How the process takes memory from the system.
#pragma once

namespace discovery {

/// One heap for all threads, in large steps and on huge pages, and the program's own code on huge
/// pages too; GLIBC_TUNABLES=glibc.malloc.hugetlb=0 leaves both on small ones. To be called before
/// there are other threads and before anything has been logged: starts the program again, once, in
/// the same process.
void set_up_memory(char** arguments);

}  // namespace discovery
