#include "tools/penstock/planned_workers.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace penstock::tools {
namespace {

using coordinator::PlaceableWorker;

constexpr int kMost = 1024;  ///< Of workers, and of slots on each.
constexpr std::size_t kLongestName = 64;

tl::unexpected<base::Error> bad(const std::string& what) {
  return base::fail("bad_workers", what + "; write a number (3) or names with slots and labels (a:4,b:4:zone=core)");
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// 0 for what is no number from 1 to kMost.
int number_in(const std::string& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 1 && number <= kMost ? number : 0;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
             std::string_view::npos;
}

base::Result<PlaceableWorker> worker_of(const std::string& text, int slots) {
  const std::vector<std::string> parts = split(text, ':');
  PlaceableWorker worker{parts[0], {}, slots, 0};
  if (!is_name(worker.name)) return bad(fmt::format("'{}' is no name of a worker", worker.name));
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::size_t equals = parts[i].find('=');
    if (equals != std::string::npos && equals > 0) {
      worker.labels.emplace_back(parts[i].substr(0, equals), parts[i].substr(equals + 1));
    } else if (const int given = number_in(parts[i]); given != 0 && i == 1) {
      worker.slots = given;
    } else {
      return bad(fmt::format("'{}' of worker '{}' is neither a number of slots nor KEY=VALUE", parts[i], worker.name));
    }
  }
  return worker;
}

}  // namespace

base::Result<std::vector<PlaceableWorker>> planned_workers(std::string_view text, int slots) {
  std::vector<PlaceableWorker> workers;
  if (all_digits(text)) {
    const int count = number_in(std::string(text));
    if (count == 0) return bad(fmt::format("{} is no number of workers from 1 to {}", text, kMost));
    for (int i = 1; i <= count; ++i) workers.push_back({fmt::format("worker-{}", i), {}, slots, 0});
    return workers;
  }
  for (const std::string& part : split(text, ',')) {
    auto worker = worker_of(part, slots);
    if (!worker) return tl::unexpected(worker.error());
    const auto same = [&worker](const PlaceableWorker& other) { return other.name == worker->name; };
    if (std::any_of(workers.begin(), workers.end(), same)) return bad(fmt::format("'{}' is there twice", worker->name));
    workers.push_back(std::move(*worker));
  }
  return workers;
}

}  // namespace penstock::tools
