// A thread's name and niceness.
#pragma once

namespace discovery {

/// The name that ps and debuggers show; at most 15 characters.
void name_this_thread(const char* name);

/// Raises the calling thread's niceness by `steps`.
void raise_niceness(int steps);

}  // namespace discovery
