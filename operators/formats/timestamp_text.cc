#include "operators/formats/timestamp_text.h"

#include <array>
#include <bit>
#include <cstring>

#include "runtime/base/civil_time.h"
#include "runtime/base/time_text.h"

namespace penstock::operators {
namespace {

constexpr std::int64_t kFirstYear = 1900;
constexpr std::int64_t kLastYear = 2200;

/// Days since 1970-01-01 of the first of each month.
constexpr auto kFirstOfMonth = [] {
  std::array<std::int32_t, (kLastYear - kFirstYear + 1) * 12> days{};
  for (std::size_t i = 0; i < days.size(); ++i) {
    const auto month = static_cast<unsigned>(i % 12 + 1);
    days[i] =
        static_cast<std::int32_t>(base::days_from_civil({kFirstYear + static_cast<std::int64_t>(i / 12), month, 1}));
  }
  return days;
}();

/// Eight characters held against a pattern in which '0' stands for any digit: `bad` is not zero when they do not match,
/// pair(k) is the number of the digits k and k + 1.
struct EightCharacters {
  std::uint64_t pairs = 0;
  std::uint64_t bad = 0;

  EightCharacters(const char* at, const char* pattern) {
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t text, wanted;
    std::memcpy(&text, at, 8);
    std::memcpy(&wanted, pattern, 8);
    const std::uint64_t digits = text ^ wanted;  // '0' to '9' differ from '0' by their value.
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    const std::uint64_t is_mark = (((wanted ^ kOnes * '0') + kOnes * 0x7F) & kOnes * 0x80) >> 7;
    const std::uint64_t marks = is_mark * 0xFF;
    bad = (((digits + kOnes * 0x76) | digits) & kOnes * 0x80) | (digits & marks);
    pairs = digits * 10 + (digits >> 8);
  }
  unsigned pair(int k) const { return static_cast<unsigned>(pairs >> (8 * k)) & 0xFF; }
};

void put_two(char* at, unsigned value) {
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
}

/// `YYYY-MM-DDTHH:MM:SSZ`, years 1900 to 2200.
bool read_common(const char* at, base::Micros& time) {
  const EightCharacters date(at, "0000-00-");
  const EightCharacters middle(at + 8, "00T00:00");
  const EightCharacters end(at + 12, "0:00:00Z");
  if ((date.bad | middle.bad | end.bad) != 0) return false;
  const std::int64_t year = date.pair(0) * 100 + date.pair(2);
  const unsigned month = date.pair(5), day = middle.pair(0);
  const unsigned hour = middle.pair(3), minute = middle.pair(6), second = end.pair(5);
  if (year < kFirstYear || year > kLastYear || month - 1 > 11 || day - 1 > 30 || hour > 23 || minute > 59 ||
      second > 59) {
    return false;
  }
  if (day > 28 && day > base::days_in_month(year, month)) return false;
  const std::int64_t days = kFirstOfMonth[static_cast<std::size_t>((year - kFirstYear) * 12 + month - 1)] + (day - 1);
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
