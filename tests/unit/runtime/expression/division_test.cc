#include "runtime/expression/division.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace penstock::expression {
namespace {

TEST(ConstantDivisor, AgreesWithTheDivideInstruction) {
  std::mt19937_64 random(7);
  std::vector<std::int64_t> divisors{2, 3, 5, 7, 10, 1000, 1 << 16, 1'000'000, INT32_MAX, INT32_MAX - 1, 1 << 30};
  for (int i = 0; i < 200; ++i)
    divisors.push_back(2 + static_cast<std::int64_t>(random() % INT32_MAX - 1) % (INT32_MAX - 2));
  for (const std::int64_t divisor : divisors) {
    if (!ConstantDivisor::fits(divisor)) continue;
    std::vector<std::int64_t> narrow{0, 1, divisor - 1, divisor, divisor * 2 - 1, INT32_MAX};
    for (std::int64_t& value : narrow) value &= INT32_MAX;
    std::vector<std::int64_t> wide{INT64_MIN,
                                   INT64_MIN + 1,
                                   INT64_MAX,
                                   -1,
                                   -divisor,
                                   -divisor - 1,
                                   INT64_MAX / divisor * divisor,
                                   INT64_MAX / divisor * divisor - 1};
    for (int i = 0; i < 100; ++i) {
      narrow.push_back(static_cast<std::int64_t>(random() >> 33));
      wide.push_back(static_cast<std::int64_t>(random()));
    }
    const ConstantDivisor fast(divisor);
    for (const auto& values : {narrow, wide}) {
      const auto count = static_cast<std::uint32_t>(values.size());
      std::vector<std::int64_t> quotients(count), remainders(count);
      fast.quotients(values.data(), quotients.data(), count);
      fast.remainders(values.data(), remainders.data(), count);
      for (std::uint32_t k = 0; k < count; ++k) {
        ASSERT_EQ(quotients[k], values[k] / divisor) << values[k] << " / " << divisor;
        ASSERT_EQ(remainders[k], values[k] % divisor) << values[k] << " % " << divisor;
      }
    }
  }
}

}  // namespace
}  // namespace penstock::expression
