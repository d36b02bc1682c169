#include "bench/harness/report.h"

#include <cmath>
#include <cstdio>

namespace penstock::bench {
namespace {

const char* verdict(const Goal& goal, double limit) {
  const bool met = goal.better == Better::kHigher ? goal.value >= limit : goal.value <= limit;
  return met ? "met" : "NOT MET";
}

}  // namespace

void print_goals(const std::vector<Goal>& goals) {
  for (const Goal& goal : goals) {
    std::fprintf(stderr, "  %-34s %10.4g   must be %s %g: %s", goal.what.c_str(), goal.value,
                 goal.better == Better::kHigher ? "at least" : "at most", goal.must, verdict(goal, goal.must));
    if (goal.aim) std::fprintf(stderr, "   aim %g: %s", *goal.aim, verdict(goal, *goal.aim));
    std::fputc('\n', stderr);
  }
}

JsonLine& JsonLine::add(const std::string& key, double value) {
  char number[40];
  std::snprintf(number, sizeof number, "%.6g", std::isfinite(value) ? value : 0.0);
  text_ += ",\"" + key + "\":" + number;
  return *this;
}

JsonLine& JsonLine::add(const std::string& key, std::uint64_t value) {
  text_ += ",\"" + key + "\":" + std::to_string(value);
  return *this;
}

void JsonLine::print() const {
  std::fflush(stderr);
  std::printf("%s}\n", text_.c_str());
  std::fflush(stdout);
}

}  // namespace penstock::bench
