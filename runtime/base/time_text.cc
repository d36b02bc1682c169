#include "runtime/base/time_text.h"

#include <array>
#include <charconv>
#include <cstring>

#include "runtime/base/civil_time.h"

namespace penstock::base {
namespace {

/// Reads a text from left to right; every take_ either consumes what it names or leaves the place as it was.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  bool at_end() const { return rest_.empty(); }
  char next() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(char expected) {
    if (next() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_any(std::string_view one_of) { return !at_end() && one_of.find(next()) != one_of.npos && take(next()); }
  bool digit() const { return next() >= '0' && next() <= '9'; }
  /// Exactly `width` digits.
  bool take_number(std::size_t width, unsigned& value) {
    if (rest_.size() < width) return false;
    unsigned result = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return false;
      result = result * 10 + static_cast<unsigned>(rest_[i] - '0');
    }
    rest_.remove_prefix(width);
    value = result;
    return true;
  }
  std::string_view take_digits() {
    std::size_t n = 0;
    while (n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9') ++n;
    const std::string_view digits = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return digits;
  }

 private:
  std::string_view rest_;
};

bool read_date(Reader& in, std::int64_t& day) {
  unsigned year = 0, month = 0, day_of_month = 0;
  if (!in.take_number(4, year)) return false;
  const char separator = in.next();
  if (!in.take_any("-/") || !in.take_number(2, month) || !in.take(separator) || !in.take_number(2, day_of_month)) {
    return false;
  }
  if (month < 1 || month > 12 || day_of_month < 1 || day_of_month > days_in_month(year, month)) return false;
  day = days_from_civil({year, month, day_of_month});
  return true;
}

/// Digits behind the point as microseconds; digits that would have to be rounded away must be zero.
bool read_fraction(Reader& in, Micros& micros) {
  const std::string_view digits = in.take_digits();
  if (digits.empty()) return false;
  micros = 0;
  for (std::size_t i = 0; i < 6; ++i) micros = micros * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return digits.size() <= 6 || digits.find_first_not_of('0', 6) == digits.npos;
}

bool read_time(Reader& in, Micros& time) {
  unsigned hour = 0, minute = 0, second = 0;
  if (!in.take_number(2, hour) || !in.take(':') || !in.take_number(2, minute)) return false;
  Micros fraction = 0;
  if (in.take(':')) {
    if (!in.take_number(2, second)) return false;
    if (in.take_any(".,") && !read_fraction(in, fraction)) return false;
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  time = (Micros{hour} * 3600 + minute * 60 + second) * kMicrosPerSecond + fraction;
  return true;
}

/// `Z`, `+02:00`, `-0530`, `+01` or nothing.
bool read_offset(Reader& in, Micros& offset) {
  offset = 0;
  if (in.take_any("Zz")) return true;
  const bool negative = in.next() == '-';
  if (!in.take_any("+-")) return true;
  unsigned hour = 0, minute = 0;
  if (!in.take_number(2, hour)) return false;
  if (in.take(':')) {
    if (!in.take_number(2, minute)) return false;
  } else if (in.digit() && !in.take_number(2, minute)) {
    return false;
  }
  if (hour > 23 || minute > 59) return false;
  offset = (Micros{hour} * 60 + minute) * 60 * kMicrosPerSecond;
  if (negative) offset = -offset;
  return true;
}

struct Unit {
  std::string_view name;
  Micros micros;
};
constexpr std::array<Unit, 6> kUnits = {{{"d", kMicrosPerDay},
                                         {"h", 3600 * kMicrosPerSecond},
                                         {"m", 60 * kMicrosPerSecond},
                                         {"s", kMicrosPerSecond},
                                         {"ms", 1000},
                                         {"us", 1}}};

/// The unit whose name stands at the start of `text`, as the whole run of letters there (nullptr: none).
const Unit* leading_unit(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && text[n] >= 'a' && text[n] <= 'z') ++n;
  for (const Unit& unit : kUnits)
    if (unit.name == text.substr(0, n)) return &unit;
  return nullptr;
}

char* write_padded(char* out, std::uint64_t value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return out + width;
}

char* write_fraction(char* out, Micros micros) {
  if (micros == 0) return out;
  *out++ = '.';
  out = write_padded(out, static_cast<std::uint64_t>(micros), 6);
  while (out[-1] == '0') --out;
  return out;
}

}  // namespace

std::optional<Micros> parse_timestamp(std::string_view text) {
  Reader in(text);
  std::int64_t day = 0;
  Micros time = 0, offset = 0;
  if (!read_date(in, day)) return std::nullopt;
  if (in.take_any("Tt ") && (!read_time(in, time) || !read_offset(in, offset))) return std::nullopt;
  if (!in.at_end()) return std::nullopt;
  if (day < kMinTimestamp / kMicrosPerDay - 1 || day > kMaxTimestamp / kMicrosPerDay + 1) return std::nullopt;
  const Micros result = day * kMicrosPerDay + time - offset;
  if (result < kMinTimestamp || result > kMaxTimestamp) return std::nullopt;
  return result;
}

std::size_t format_timestamp(Micros time, char* out) {
  char* at = out;
  const DayAndTime split = split_day(time);
  const CivilDate date = civil_from_days(split.day);
  if (date.year < 0) *at++ = '-';
  const auto year = static_cast<std::uint64_t>(date.year < 0 ? -date.year : date.year);
  at = year <= 9999 ? write_padded(at, year, 4) : std::to_chars(at, at + 8, year).ptr;
  *at++ = '-';
  at = write_padded(at, date.month, 2);
  *at++ = '-';
  at = write_padded(at, date.day, 2);
  *at++ = 'T';
  const auto seconds = static_cast<std::uint64_t>(split.time / kMicrosPerSecond);
  at = write_padded(at, seconds / 3600, 2);
  *at++ = ':';
  at = write_padded(at, seconds / 60 % 60, 2);
  *at++ = ':';
  at = write_padded(at, seconds % 60, 2);
  at = write_fraction(at, split.time % kMicrosPerSecond);
  *at++ = 'Z';
  return static_cast<std::size_t>(at - out);
}

std::optional<Micros> parse_duration(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  Micros total = 0;
  while (!text.empty()) {
    Micros count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || text.front() == '-') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const Unit* unit = leading_unit(text);
    if (unit == nullptr) return std::nullopt;
    text.remove_prefix(unit->name.size());
    if (__builtin_mul_overflow(count, unit->micros, &count)) return std::nullopt;
    if (negative ? __builtin_sub_overflow(total, count, &total) : __builtin_add_overflow(total, count, &total)) {
      return std::nullopt;
    }
  }
  return total;
}

std::size_t format_duration(Micros duration, char* out) {
  char* at = out;
  if (duration < 0) *at++ = '-';
  std::uint64_t rest = duration < 0 ? 0 - static_cast<std::uint64_t>(duration) : static_cast<std::uint64_t>(duration);
  if (rest == 0) {
    std::memcpy(out, "0s", 2);
    return 2;
  }
  for (const Unit& unit : kUnits) {
    const std::uint64_t count = rest / static_cast<std::uint64_t>(unit.micros);
    if (count == 0) continue;
    rest %= static_cast<std::uint64_t>(unit.micros);
    at = std::to_chars(at, at + 20, count).ptr;
    std::memcpy(at, unit.name.data(), unit.name.size());
    at += unit.name.size();
  }
  return static_cast<std::size_t>(at - out);
}

}  // namespace penstock::base
