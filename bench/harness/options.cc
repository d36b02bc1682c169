#include "bench/harness/options.h"

#include <charconv>
#include <cstdio>
#include <string>

namespace penstock::bench {
namespace {

template <class Number>
std::optional<Number> number(std::string_view text, Number least) {
  Number value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value < least) return std::nullopt;
  return value;
}

template <class Number, class Target>
bool take(std::string_view text, Number least, Target& to) {
  const auto value = number<Number>(text, least);
  if (value) to = *value;
  return value.has_value();
}

/// "64MiB", "1GiB" or plain bytes.
bool take_bytes(std::string_view text, std::uint64_t& to) {
  int shift = 0;
  if (text.ends_with("MiB")) shift = 20;
  if (text.ends_with("GiB")) shift = 30;
  if (shift != 0) text.remove_suffix(3);
  if (!take<std::uint64_t>(text, 1, to)) return false;
  to <<= shift;
  return true;
}

/// "1%".
bool take_share(std::string_view text, double& to) {
  if (!text.ends_with('%') || !take<double>(text.substr(0, text.size() - 1), 0.01, to) || to > 100) return false;
  to /= 100;
  return true;
}

/// Sets the option `key`; false when there is no such option or its value is no good.
bool set(Options& options, std::string_view key, std::string_view value) {
  if (key == "--events") return take<std::uint64_t>(value, 1, options.events);
  if (key == "--parallelism") return take<int>(value, 1, options.parallelism);
  if (key == "--repeat") return take<int>(value, 1, options.repeat);
  if (key == "--rate") return take<std::uint64_t>(value, 1, options.rate);
  if (key == "--seconds") return take<double>(value, 0.1, options.seconds);
  if (key == "--processes") return take<int>(value, 1, options.processes) && options.processes <= 3;
  if (key == "--load") return take<double>(value, 0.01, options.load) && options.load <= 1;
  if (key == "--bytes") return take<std::uint64_t>(value, 16, options.bytes) && options.bytes <= 16'384;
  if (key == "--transport") return (options.tcp = value == "tcp") || value == "ipc";
  if (key == "--state") return take_bytes(value, options.state);
  if (key == "--dirty") return take_share(value, options.dirty);
  if (key == "--keys") return take<std::uint64_t>(value, 1000, options.keys);
  if (key == "--workers") return take<int>(value, 2, options.workers) && options.workers <= 2;
  return false;
}

}  // namespace

std::optional<Options> parse_options(const std::vector<std::string_view>& words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (!word.starts_with("--")) {
      (options.name.empty() ? options.name : options.file) = word;
      continue;
    }
    const std::string_view value = i + 1 < words.size() ? words[++i] : std::string_view();
    if (set(options, word, value)) continue;
    std::fprintf(stderr,
                 "bench: cannot use '%.*s %.*s'; options: --events N --parallelism P --repeat N --rate R --seconds S "
                 "--processes 1|2|3 --load 0.5 --bytes N --transport tcp|ipc --workers 2 "
                 "--state 1GiB --dirty 1%% --keys N\n",
                 static_cast<int>(word.size()), word.data(), static_cast<int>(value.size()), value.data());
    return std::nullopt;
  }
  return options;
}

}  // namespace penstock::bench
