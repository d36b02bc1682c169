#include <algorithm>

#include "runtime/base/civil_time.h"
#include "runtime/base/time_text.h"
#include "runtime/expression/time_format.h"
#include "runtime/expression/time_names.h"

namespace penstock::expression {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

class TimeParser {
 public:
  explicit TimeParser(std::string_view text) : rest_(text) {}

  bool read(std::string_view format) {
    for (std::size_t i = 0; i < format.size(); ++i) {
      if (format[i] == '%' && i + 1 < format.size()) {
        if (!read_place(format[++i])) return false;
      } else if (is_space(format[i])) {
        skip_space();
      } else if (!take(format[i])) {
        return false;
      }
    }
    return true;
  }

  std::optional<base::Micros> result() const {
    if (!rest_.empty()) return std::nullopt;
    if (epoch_) return in_range(*epoch_ * base::kMicrosPerSecond + fraction_);
    if (month_ < 1 || month_ > 12 || day_ < 1 || day_ > base::days_in_month(year_, static_cast<unsigned>(month_))) {
      return std::nullopt;
    }
    if (day_of_year_ && (*day_of_year_ < 1 || *day_of_year_ > (base::is_leap_year(year_) ? 366 : 365)))
      return std::nullopt;
    const auto hour = half_day_ ? hour_ % 12 + *half_day_ * 12 : hour_;
    if (hour > 23 || minute_ > 59 || second_ > 59 || (half_day_ && (hour_ < 1 || hour_ > 12))) return std::nullopt;
    const std::int64_t days =
        day_of_year_ ? base::days_from_civil({year_, 1, 1}) + *day_of_year_ - 1
                     : base::days_from_civil({year_, static_cast<unsigned>(month_), static_cast<unsigned>(day_)});
    const std::int64_t seconds = days * 86'400 + hour * 3600 + minute_ * 60 + second_ - offset_;
    return in_range(seconds * base::kMicrosPerSecond + fraction_);
  }

 private:
  static std::optional<base::Micros> in_range(base::Micros time) {
    if (time < base::kMinTimestamp || time > base::kMaxTimestamp) return std::nullopt;
    return time;
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_space() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  }
  /// One to `most` digits.
  bool number(std::size_t most, std::int64_t& value, std::size_t* digits = nullptr) {
    std::size_t n = 0;
    std::int64_t result = 0;
    while (n < most && n < rest_.size() && is_digit(rest_[n])) result = result * 10 + (rest_[n++] - '0');
    rest_.remove_prefix(n);
    value = result;
    if (digits != nullptr) *digits = n;
    return n > 0;
  }
  /// A name of the list or its first three letters, in any case.
  template <class Names>
  bool name(const Names& names, std::int64_t& index) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      for (const std::size_t length : {names[i].size(), std::size_t{3}}) {
        if (rest_.size() < length ||
            !std::equal(names[i].begin(), names[i].begin() + static_cast<std::ptrdiff_t>(length), rest_.begin(),
                        [](char a, char b) { return lower(a) == lower(b); })) {
          continue;
        }
        rest_.remove_prefix(length);
        index = static_cast<std::int64_t>(i);
        return true;
      }
    }
    return false;
  }
  bool read_place(char place) {
    switch (place) {
      case 'Y':
        return number(4, year_);
      case 'y':
        return number(2, year_) && (year_ += year_ < 69 ? 2000 : 1900, true);
      case 'm':
        return number(2, month_);
      case 'd':
        return number(2, day_);
      case 'e':
        skip_space();
        return number(2, day_);
      case 'j':
        return number(3, day_of_year_.emplace());
      case 'B':
      case 'b':
        return name(kMonthNames, month_) && (++month_, true);
      case 'A':
      case 'a':
        return name(kDayNames, ignored_);
      default:
        return read_time_place(place);
    }
  }
  bool read_time_place(char place) {
    switch (place) {
      case 'H':
      case 'I':
        return number(2, hour_);
      case 'M':
        return number(2, minute_);
      case 'S':
        return number(2, second_);
      case 'f':
        return read_fraction();
      case 'p':
        return read_half_day();
      case 'F':
        return read("%Y-%m-%d");
      case 'T':
        return read("%H:%M:%S");
      case 's':
        return number(11, epoch_.emplace());
      case 'z':
        return read_offset();
      case 'Z':
        return rest_.starts_with("UTC") || rest_.starts_with("GMT") ? (rest_.remove_prefix(3), true) : take('Z');
      default:
        return take('%');
    }
  }
  bool read_fraction() {
    std::size_t digits = 0;
    if (!number(6, fraction_, &digits)) return false;
    for (; digits < 6; ++digits) fraction_ *= 10;
    return true;
  }
  bool read_half_day() {
    if (rest_.size() < 2 || lower(rest_[1]) != 'm' || (lower(rest_[0]) != 'a' && lower(rest_[0]) != 'p')) return false;
    half_day_ = lower(rest_[0]) == 'p' ? 1 : 0;
    rest_.remove_prefix(2);
    return true;
  }
  bool read_offset() {
    if (take('Z')) return true;
    const bool negative = !rest_.empty() && rest_.front() == '-';
    if (!take('+') && !take('-')) return false;
    std::int64_t hours = 0, minutes = 0;
    if (!number(2, hours)) return false;
    take(':');
    if (!rest_.empty() && is_digit(rest_.front()) && !number(2, minutes)) return false;
    if (hours > 23 || minutes > 59) return false;
    offset_ = (hours * 60 + minutes) * (negative ? -60 : 60);
    return true;
  }

  std::string_view rest_;
  std::int64_t year_ = 1970, month_ = 1, day_ = 1, hour_ = 0, minute_ = 0, second_ = 0, offset_ = 0, ignored_ = 0;
  base::Micros fraction_ = 0;
  std::optional<std::int64_t> day_of_year_, epoch_, half_day_;
};

}  // namespace

std::optional<base::Micros> parse_time(std::string_view text, std::string_view format) {
  TimeParser parser(text);
  return parser.read(format) ? parser.result() : std::nullopt;
}

}  // namespace penstock::expression
