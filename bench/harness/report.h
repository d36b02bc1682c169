/// What a benchmark says: for people on standard error, one line of JSON on standard output. THREAD: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace penstock::bench {

enum class Better : std::uint8_t { kHigher, kLower };

/// A figure that was agreed on: printed with what it must reach, what it should reach, and whether it does.
struct Goal {
  std::string what;
  double value = 0;
  Better better = Better::kHigher;
  double must = 0;
  std::optional<double> aim;
};
void print_goals(const std::vector<Goal>& goals);

/// Keys and values in the order given. Numbers only, save for the benchmark's name.
class JsonLine {
 public:
  explicit JsonLine(const std::string& bench) : text_("{\"bench\":\"" + bench + "\"") {}
  JsonLine& add(const std::string& key, double value);
  JsonLine& add(const std::string& key, std::uint64_t value);
  void print() const;

 private:
  std::string text_;
};

}  // namespace penstock::bench
