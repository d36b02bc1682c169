/// The output file of one engine run. THREAD: the child process that made it.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace penstock::bench {

/// A path of this process alone; the file is removed before and after.
class ResultFile {
 public:
  explicit ResultFile(const std::string& name);
  ~ResultFile();
  ResultFile(const ResultFile&) = delete;
  ResultFile& operator=(const ResultFile&) = delete;

  const std::string& path() const { return path_; }
  void each_line(const std::function<void(std::string_view)>& visit) const;
  /// False when some line is not what `visit` expects.
  bool each_row(const std::function<void(const nlohmann::json&)>& visit) const;

 private:
  std::string path_;
};

}  // namespace penstock::bench
