#include "runtime/expression/calendar.h"

#include "runtime/base/civil_time.h"
#include "runtime/expression/time_names.h"

namespace penstock::expression {
namespace {

using base::Micros;
using topology::TimeUnit;

constexpr Micros kMinute = 60 * base::kMicrosPerSecond;

Micros floor_to(Micros time, Micros unit) {
  const Micros rest = time % unit;
  return time - (rest < 0 ? rest + unit : rest);
}

/// Days since Monday: 0 to 6.
std::int64_t weekday(std::int64_t days) { return static_cast<std::int64_t>((day_of_week(days) + 6) % 7); }

/// ISO 8601: the week belongs to the year that holds its Thursday.
std::int64_t iso_week(std::int64_t days) {
  const std::int64_t thursday = days - weekday(days) + 3;
  const std::int64_t year = base::civil_from_days(thursday).year;
  return (thursday - base::days_from_civil({year, 1, 1})) / 7 + 1;
}

Micros month_start(Micros time, unsigned months) {
  const base::CivilDate date = base::civil_from_days(base::split_day(time).day);
  return base::days_from_civil({date.year, (date.month - 1) / months * months + 1, 1}) * base::kMicrosPerDay;
}

std::int64_t extract_date(TimeUnit unit, std::int64_t days) {
  const base::CivilDate date = base::civil_from_days(days);
  switch (unit) {
    case TimeUnit::kDay:
      return date.day;
    case TimeUnit::kWeek:
      return iso_week(days);
    case TimeUnit::kMonth:
      return date.month;
    case TimeUnit::kQuarter:
      return (date.month - 1) / 3 + 1;
    case TimeUnit::kYear:
      return date.year;
    case TimeUnit::kDayOfWeek:
      return static_cast<std::int64_t>(day_of_week(days));
    case TimeUnit::kIsoDayOfWeek:
      return weekday(days) + 1;
    default:
      return days - base::days_from_civil({date.year, 1, 1}) + 1;
  }
}

}  // namespace

Micros truncate_to(TimeUnit unit, Micros time) {
  switch (unit) {
    case TimeUnit::kMicrosecond:
      return time;
    case TimeUnit::kMillisecond:
      return floor_to(time, 1000);
    case TimeUnit::kSecond:
      return floor_to(time, base::kMicrosPerSecond);
    case TimeUnit::kMinute:
      return floor_to(time, kMinute);
    case TimeUnit::kHour:
      return floor_to(time, 60 * kMinute);
    case TimeUnit::kDay:
      return floor_to(time, base::kMicrosPerDay);
    case TimeUnit::kWeek: {
      const std::int64_t days = base::split_day(time).day;
      return (days - weekday(days)) * base::kMicrosPerDay;
    }
    case TimeUnit::kMonth:
      return month_start(time, 1);
    case TimeUnit::kQuarter:
      return month_start(time, 3);
    default:
      return month_start(time, 12);
  }
}

std::int64_t extract_from(TimeUnit unit, Micros time) {
  const base::DayAndTime split = base::split_day(time);
  switch (unit) {
    case TimeUnit::kMicrosecond:
      return split.time % kMinute;
    case TimeUnit::kMillisecond:
      return split.time % kMinute / 1000;
    case TimeUnit::kSecond:
      return split.time % kMinute / base::kMicrosPerSecond;
    case TimeUnit::kMinute:
      return split.time / kMinute % 60;
    case TimeUnit::kHour:
      return split.time / kMinute / 60;
    case TimeUnit::kEpoch:
      return floor_to(time, base::kMicrosPerSecond) / base::kMicrosPerSecond;
    default:
      return extract_date(unit, split.day);
  }
}

}  // namespace penstock::expression
