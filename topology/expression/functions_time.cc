#include "topology/expression/functions.h"

namespace penstock::topology {

std::vector<Function> time_functions() {
  constexpr auto kSection = Section::kTime;
  return {
      {"now",
       kSection,
       {"-> timestamp"},
       "The wall clock, the same for all rows that are processed together.",
       "now() > timestamp '2020-01-01'",
       "true"},
      {"date_trunc",
       kSection,
       {"string, timestamp -> timestamp"},
       "The start of its second, minute, hour, day, week (Monday), month, quarter or year.",
       "date_trunc('day', timestamp '2012-01-01T14:20:00Z')",
       "2012-01-01T00:00:00Z"},
      {"extract",
       kSection,
       {"string, timestamp -> int64"},
       "extract(unit from t): year, quarter, month, week, day, hour, minute, second, millisecond, microsecond, dow "
       "(Sunday "
       "is 0), isodow (Monday is 1), doy, epoch.",
       "extract(hour from timestamp '2012-01-01T14:20:00Z')",
       "14"},
      {"time_bucket",
       kSection,
       {"duration, timestamp -> timestamp or error"},
       "The start of the bucket of this width (counted from 1970) that holds the time.",
       "time_bucket(10s, timestamp '2012-01-01T00:00:27Z')",
       "2012-01-01T00:00:20Z"},
      {"format_time",
       kSection,
       {"timestamp, string -> string"},
       "As text: %Y %m %d %H %M %S %f (microseconds) %y %j %e %I %p %b %B %a %A %F %T %s %z %Z %%.",
       "format_time(timestamp '2012-01-05T14:20:00Z', '%d.%m.%Y %H:%M')",
       "05.01.2012 14:20"},
      {"parse_time",
       kSection,
       {"string, string -> timestamp or error"},
       "From text, with the same places as format_time (%f: one to six digits; %z: an offset).",
       "parse_time('05.01.2012', '%d.%m.%Y')",
       "2012-01-05T00:00:00Z"},
      {"micros",
       kSection,
       {"int64 -> timestamp or error", "timestamp -> int64", "duration -> int64"},
       "Microseconds since 1970 to a timestamp, and back; microseconds of a duration.",
       "micros(1325376000000000)",
       "2012-01-01T00:00:00Z"},
      {"millis",
       kSection,
       {"int64 -> timestamp or error", "timestamp -> int64", "duration -> int64"},
       "Milliseconds since 1970 to a timestamp, and back (rounded down); milliseconds of a duration.",
       "millis(timestamp '1970-01-01T00:00:01.5Z')",
       "1500"},
      {"seconds",
       kSection,
       {"int64 -> timestamp or error", "timestamp -> int64", "duration -> int64"},
       "Seconds since 1970 to a timestamp, and back (rounded down); seconds of a duration.",
       "seconds(1325376000)",
       "2012-01-01T00:00:00Z"},
  };
}

}  // namespace penstock::topology
