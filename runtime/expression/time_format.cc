#include "runtime/expression/time_format.h"

#include "runtime/base/civil_time.h"
#include "runtime/base/number_text.h"
#include "runtime/base/time_text.h"
#include "runtime/expression/time_names.h"

namespace penstock::expression {
namespace {

void append_number(std::string& out, std::int64_t value, int width, char fill = '0') {
  char digits[24];
  const std::size_t size = base::format_int64(value, digits);
  if (size < static_cast<std::size_t>(width)) out.append(static_cast<std::size_t>(width) - size, fill);
  out.append(digits, size);
}

struct Broken {  ///< A time taken apart.
  base::CivilDate date;
  std::int64_t days;
  std::int64_t second_of_day;
  base::Micros fraction;
};

Broken break_down(base::Micros time) {
  const base::DayAndTime split = base::split_day(time);
  return {base::civil_from_days(split.day), split.day, split.time / base::kMicrosPerSecond,
          split.time % base::kMicrosPerSecond};
}

void append_date_place(std::string& out, const Broken& t, char place) {
  switch (place) {
    case 'Y':
      return append_number(out, t.date.year, 4);
    case 'y':
      return append_number(out, t.date.year % 100, 2);
    case 'm':
      return append_number(out, t.date.month, 2);
    case 'd':
      return append_number(out, t.date.day, 2);
    case 'e':
      return append_number(out, t.date.day, 2, ' ');
    case 'j':
      return append_number(out, t.days - base::days_from_civil({t.date.year, 1, 1}) + 1, 3);
    case 'B':
      out += kMonthNames[t.date.month - 1];
      return;
    case 'b':
      out += kMonthNames[t.date.month - 1].substr(0, 3);
      return;
    case 'A':
      out += kDayNames[day_of_week(t.days)];
      return;
    case 'a':
      out += kDayNames[day_of_week(t.days)].substr(0, 3);
      return;
    default:
      return;
  }
}

void append_place(std::string& out, base::Micros time, const Broken& t, char place) {
  const std::int64_t hour = t.second_of_day / 3600;
  switch (place) {
    case 'H':
      return append_number(out, hour, 2);
    case 'I':
      return append_number(out, hour % 12 == 0 ? 12 : hour % 12, 2);
    case 'p':
      out += hour < 12 ? "AM" : "PM";
      return;
    case 'M':
      return append_number(out, t.second_of_day / 60 % 60, 2);
    case 'S':
      return append_number(out, t.second_of_day % 60, 2);
    case 'f':
      return append_number(out, t.fraction, 6);
    case 'F':
      return append_time(out, time, "%Y-%m-%d");
    case 'T':
      return append_time(out, time, "%H:%M:%S");
    case 's':
      return append_number(out, t.days * 86'400 + t.second_of_day, 1);
    case 'z':
      out += "+0000";
      return;
    case 'Z':
      out += "UTC";
      return;
    case '%':
      out += '%';
      return;
    default:
      return append_date_place(out, t, place);
  }
}

}  // namespace

void append_time(std::string& out, base::Micros time, std::string_view format) {
  const Broken broken = break_down(time);
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '%' && i + 1 < format.size())
      append_place(out, time, broken, format[++i]);
    else
      out += format[i];
  }
}

}  // namespace penstock::expression
