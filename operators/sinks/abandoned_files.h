/// Staged files that a killed run has left behind. A run holds a lock (flock) on each of its own for as long as it
/// lives, so that one without is nobody's, whatever process ids may say. THREAD: any; blocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::operators {

/// `.NAME.PID-NUMBER.staged`
std::string staged_name(std::string_view name, std::int64_t number);
/// Holds the lock of an open staged file until its descriptor is closed. False: somebody has just taken the file for an
/// abandoned one; use another.
bool hold_staged(int descriptor);
/// Removes those of `name` in `directory` ("" or with a slash at its end) that nobody holds. An empty name stands for
/// the parts of any task.
void remove_abandoned(const std::string& directory, std::string_view name);

}  // namespace penstock::operators
