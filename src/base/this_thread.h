// What a thread tells the kernel about itself.
#pragma once

namespace discovery {

/// The name that ps and debuggers show; at most 15 characters.
void name_this_thread(const char* name);

/// Raises its niceness by `steps`: where others want the same processor, they get more of it.
void raise_niceness(int steps);

}  // namespace discovery
