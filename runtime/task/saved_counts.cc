#include "runtime/task/saved_counts.h"

#include <array>
#include <charconv>
#include <string_view>

namespace penstock::task {
namespace {

constexpr std::string_view kCounts = "engine.rows";  // No operator's part has a dot.
constexpr std::string_view kErrors = "engine.errors.";

using Member = api::Counter api::Counters::*;
constexpr std::array<Member, 8> kMembers = {&api::Counters::rows_in,  &api::Counters::rows_out, &api::Counters::passed,
                                            &api::Counters::filtered, &api::Counters::absorbed, &api::Counters::late,
                                            &api::Counters::errors,   &api::Counters::dropped};

/// Numbers in text, each behind a blank: readable in a dump, and few.
std::uint64_t take_number(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  std::uint64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

void add(const api::SavedParts& parts, api::Counters& counters, ErrorCounts& errors) {
  for (const auto& [name, value] : parts) {
    std::string_view text = value;
    if (name == kCounts)
      for (const Member member : kMembers) (counters.*member).add(take_number(text));
    else if (name.starts_with(kErrors))
      errors[name.substr(kErrors.size())] += take_number(text);
  }
}

}  // namespace

void save_counts(const api::Counters& counters, const ErrorCounts& errors, api::SavedParts& parts) {
  std::string text;
  for (const Member member : kMembers) text += " " + std::to_string((counters.*member).get());
  parts[std::string(kCounts)] = std::move(text);
  for (const auto& [code, rows] : errors) parts[std::string(kErrors) + code] = std::to_string(rows);
}

void restore_counts(const api::Restored& restored, api::Counters& counters, ErrorCounts& errors) {
  if (restored.same_tasks()) return add(restored.tasks[restored.self], counters, errors);
  if (restored.self != 0) return;
  for (const api::SavedParts& parts : restored.tasks) add(parts, counters, errors);
}

}  // namespace penstock::task
