#include "operators/formats/timestamp_text.h"

#include <cstring>

#include "runtime/base/civil_time.h"
#include "runtime/base/time_text.h"

namespace penstock::operators {
namespace {

bool two_digits(const char* at, unsigned& value) {
  const unsigned high = static_cast<unsigned char>(at[0]) - unsigned{'0'};
  const unsigned low = static_cast<unsigned char>(at[1]) - unsigned{'0'};
  value = high * 10 + low;
  return high < 10 && low < 10;
}

void put_two(char* at, unsigned value) {
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
}

/// `YYYY-MM-DDTHH:MM:SSZ`, years 1900 to 2200.
bool read_common(const char* at, base::Micros& time) {
  unsigned century = 0, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const bool digits = two_digits(at, century) & two_digits(at + 2, year) & two_digits(at + 5, month) &
                      two_digits(at + 8, day) & two_digits(at + 11, hour) & two_digits(at + 14, minute) &
                      two_digits(at + 17, second);
  const bool marks =
      (at[4] == '-') & (at[7] == '-') & (at[10] == 'T') & (at[13] == ':') & (at[16] == ':') & (at[19] == 'Z');
  if (!digits || !marks) return false;
  const std::int64_t full_year = century * 100 + year;
  if (full_year < 1900 || full_year > 2200 || month - 1 > 11 || day - 1 > 30 || hour > 23 || minute > 59 ||
      second > 59) {
    return false;
  }
  if (day > 28 && day > base::days_in_month(full_year, month)) return false;
  const std::int64_t days = base::days_from_civil({full_year, month, day});
  time = (days * 86'400 + hour * 3600 + minute * 60 + second) * base::kMicrosPerSecond;
  return true;
}

}  // namespace

bool read_timestamp(std::string_view text, base::Micros& time) {
  if (text.size() == 20 && read_common(text.data(), time)) return true;
  const auto parsed = base::parse_timestamp(text);
  if (!parsed) return false;
  time = *parsed;
  return true;
}

std::size_t TimestampWriter::write(base::Micros time, char* out) {
  const base::DayAndTime at = base::split_day(time);
  if (at.day != day_) {
    char whole[32];
    if (base::format_timestamp(at.day * base::kMicrosPerDay, whole) != 20) return base::format_timestamp(time, out);
    std::memcpy(date_, whole, sizeof date_);
    day_ = at.day;
  }
  std::memcpy(out, date_, sizeof date_);
  const auto seconds = static_cast<unsigned>(at.time / base::kMicrosPerSecond);
  auto fraction = static_cast<unsigned>(at.time % base::kMicrosPerSecond);
  put_two(out + 11, seconds / 3600);
  out[13] = ':';
  put_two(out + 14, seconds / 60 % 60);
  out[16] = ':';
  put_two(out + 17, seconds % 60);
  std::size_t size = 19;
  if (fraction != 0) {
    out[size++] = '.';
    for (unsigned place = 100'000; fraction != 0; place /= 10) {
      out[size++] = static_cast<char>('0' + fraction / place);
      fraction %= place;
    }
  }
  out[size++] = 'Z';
  return size;
}

}  // namespace penstock::operators
