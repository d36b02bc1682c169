/// Random well-typed expressions as text, and random rows for them.
#pragma once

#include <random>
#include <string>

#include "runtime/record/schema.h"
#include "tests/unit/runtime/expression/tree_walk.h"

namespace penstock::expression {

record::Schema random_schema();  ///< Two fields of each type, the second of some never null.

class RandomExpressions {
 public:
  explicit RandomExpressions(std::uint64_t seed) : random_(seed) {}
  std::string expression(record::Type type, int depth);
  record::Type any_type();
  Value value(record::Type type);
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

 private:
  std::string leaf(record::Type type);
  std::string expand(std::string pattern, int depth);

  std::mt19937_64 random_;
};

}  // namespace penstock::expression
