/// What a node remembers beside its keyed tables, on its way into a checkpoint and back. THREAD: the task's executor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::api {

/// Named values of one node of one task, as save() puts them down: small (positions, counters, times), opaque to the
/// engine, readable by later versions of the node.
using SavedParts = std::map<std::string, std::string, std::less<>>;

/// What the restored checkpoint holds of one node. Given to open(); the engine keeps it until open() has returned.
/// Keyed tables come back by themselves (StateStore).
struct Restored {
  std::vector<SavedParts> tasks;  ///< Of every former task of the node, by index.
  std::size_t self = 0;           ///< Index of this task.
  std::size_t count = 1;          ///< How many tasks the node has now; tasks.size(): how many it had.

  /// This task goes on where the task of the same index stopped; else the key groups have been dealt out anew.
  bool same_tasks() const { return tasks.size() == count; }
  /// A value of the former task of the same index; nullopt: it had none, or there was no such task.
  std::optional<std::string_view> own(std::string_view name) const {
    if (self >= tasks.size()) return std::nullopt;
    const auto at = tasks[self].find(name);
    return at == tasks[self].end() ? std::nullopt : std::optional<std::string_view>(at->second);
  }
  /// That value of every former task that had one.
  std::vector<std::string_view> all(std::string_view name) const {
    std::vector<std::string_view> found;
    for (const SavedParts& parts : tasks)
      if (const auto at = parts.find(name); at != parts.end()) found.emplace_back(at->second);
    return found;
  }
};

/// Which try of which job a task belongs to: what a resource outside remembers of it (markers, fences). `job` is the
/// same in every attempt and unique among all jobs; empty where no attempt will ever follow this one, so that nothing
/// needs to be remembered.
struct RunIdentity {
  std::string job;
  std::uint32_t attempt = 1;
};

}  // namespace penstock::api
