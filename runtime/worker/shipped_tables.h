/// Tables that came with a job, as files without a name: they are read through a path as any other, and are gone with
/// the process, however it ends. THREAD: the job's keeper writes them; anyone may read while they are held.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/error.h"

namespace penstock::worker {

class ShippedTables {
 public:
  ShippedTables() = default;
  ~ShippedTables() { clear(); }
  ShippedTables(const ShippedTables&) = delete;
  ShippedTables& operator=(const ShippedTables&) = delete;

  /// Keeps the content; returns the path under which this process can open it until clear(). `name` is for those who
  /// look into /proc. Code cannot_write.
  base::Result<std::string> add(const std::string& name, const std::string& content);
  void clear();

 private:
  std::vector<int> descriptors_;
};

}  // namespace penstock::worker
