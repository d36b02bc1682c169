#include "topology/yaml/report.h"

#include <algorithm>
#include <tuple>

namespace penstock::topology {
namespace {

constexpr std::size_t kMostShown = 100;
constexpr std::size_t kMostKept = 1'000;  // A hostile file may hold one fault per byte.

auto position_of(const Diagnostic& one) { return std::tie(one.line, one.column, one.code, one.message); }

}  // namespace

void Report::error(std::string code, Place place, std::string message, std::string hint) {
  add(Severity::kError, std::move(code), place, std::move(message), std::move(hint));
}

void Report::note(std::string code, Place place, std::string message, std::string hint) {
  add(Severity::kNote, std::move(code), place, std::move(message), std::move(hint));
}

void Report::error_of_file(std::string code, std::string message, std::string hint) {
  ++errors_;
  found_.push_back({std::move(code), std::move(message), std::move(hint), 0, 0, 0, Severity::kError});
}

void Report::add(Severity severity, std::string code, Place place, std::string message, std::string hint) {
  if (severity == Severity::kError) ++errors_;
  if (found_.size() >= kMostKept) return;
  const auto at = source_.position(place.begin);
  const std::size_t line_end = source_.line_start(at.line) + source_.line(at.line).size();
  const int length = source_.characters(place.begin, std::min(place.end, line_end));
  found_.push_back(
      {std::move(code), std::move(message), std::move(hint), at.line, at.column, std::max(1, length), severity});
}

std::vector<Diagnostic> Report::sorted() const {
  std::vector<Diagnostic> all = found_;
  if (failed()) std::erase_if(all, [](const Diagnostic& one) { return one.severity == Severity::kNote; });
  std::stable_sort(all.begin(), all.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return position_of(a) < position_of(b); });
  const auto same = [](const Diagnostic& a, const Diagnostic& b) { return position_of(a) == position_of(b); };
  all.erase(std::unique(all.begin(), all.end(), same), all.end());
  if (all.size() > kMostShown) {
    const std::size_t left_out = all.size() - kMostShown;
    all.resize(kMostShown);
    all.push_back({"more_faults", "and " + std::to_string(left_out) + " more", "mend these first", 0, 0, 0,
                   failed() ? Severity::kError : Severity::kNote});
  }
  return all;
}

}  // namespace penstock::topology
