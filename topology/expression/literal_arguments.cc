#include "topology/expression/literal_arguments.h"

#include <re2/re2.h>

#include <algorithm>

#include "topology/expression/checker.h"

namespace penstock::topology {
namespace {

using record::Kind;

ExprFault fault_at(const ExprPtr& arg, std::string code, std::string message, std::string hint) {
  return {std::move(code), std::move(message), std::move(hint), arg->span};
}

std::optional<ExprFault> check_unit(const ExprPtr& arg, bool extract) {
  const auto& name = std::get<std::string>(arg->literal);
  const auto unit = time_unit(name);
  if (unit && (extract || *unit < TimeUnit::kDayOfWeek)) return std::nullopt;
  std::vector<std::string> names{"microsecond", "millisecond", "second", "minute",  "hour",
                                 "day",         "week",        "month",  "quarter", "year"};
  if (extract) names.insert(names.end(), {"dow", "isodow", "doy", "epoch"});
  const auto nearest = nearest_names(name, names);
  return fault_at(arg, "unknown_unit", "there is no unit '" + name + "'",
                  nearest.empty() ? "units are second, minute, hour, day, week, month, quarter, year"
                                  : "did you mean '" + nearest[0] + "'?");
}

std::optional<ExprFault> check_pattern(const std::vector<ExprPtr>& args) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  const RE2 pattern(std::get<std::string>(args[1]->literal), options);
  if (!pattern.ok()) {
    return fault_at(args[1], "bad_pattern", "this is not a regular expression: " + pattern.error(),
                    "the syntax is that of RE2; a literal . ( or [ is written \\. \\( \\[");
  }
  if (args.size() < 3 || !is_literal(*args[2]) || is_null_literal(*args[2])) return std::nullopt;
  const auto group = std::get<std::int64_t>(args[2]->literal);
  if (group >= 0 && group <= pattern.NumberOfCapturingGroups()) return std::nullopt;
  return fault_at(args[2], "bad_pattern", "the regular expression has no group " + std::to_string(group),
                  "it has " + std::to_string(pattern.NumberOfCapturingGroups()) + "; 0 is the whole match");
}

bool conversion_takes(char conversion, Kind kind) {
  if (conversion == 's') return kind != Kind::kList;
  if (conversion == 'd' || conversion == 'x') return kind == Kind::kInt64;
  return kind == Kind::kInt64 || kind == Kind::kFloat64;
}

std::optional<ExprFault> check_format(const std::vector<ExprPtr>& args) {
  std::string why;
  const auto pieces = parse_format(std::get<std::string>(args[0]->literal), why);
  if (!pieces) return fault_at(args[0], "bad_format", why, "places are %s %d %x %f %e %g, and %% for a percent sign");
  const std::size_t places = pieces->size() - 1;
  if (places != args.size() - 1) {
    return ExprFault{
        "bad_format",
        "the format has " + std::to_string(places) + " places for " + std::to_string(args.size() - 1) + " values",
        "each value needs a place such as %s",
        {}};
  }
  for (std::size_t i = 0; i < places; ++i) {
    if (args[i + 1]->type.kind == Kind::kNull || conversion_takes((*pieces)[i].conversion, args[i + 1]->type.kind))
      continue;
    return fault_at(args[i + 1], "bad_format",
                    std::string("%") + (*pieces)[i].conversion + " cannot show " + to_string(args[i + 1]->type),
                    "use %s");
  }
  return std::nullopt;
}

std::optional<ExprFault> check_group_count(const std::vector<ExprPtr>& args) {
  if (args.size() < 3 || is_literal(*args[2])) return std::nullopt;
  return fault_at(args[2], "needs_literal", "the group must be written as a number here", "");
}

/// Which argument must be a literal text; -1: none.
int literal_position(std::string_view name) {
  if (name == "date_trunc" || name == "extract" || name == "format") return 0;
  if (name == "regexp_like" || name == "regexp_extract" || name == "format_time" || name == "parse_time" ||
      name == "json" || name == "json_list") {
    return 1;
  }
  return -1;
}

}  // namespace

std::optional<ExprFault> check_literal_arguments(const Function& function, const std::vector<ExprPtr>& args) {
  const int position = literal_position(function.name);
  if (position < 0 || static_cast<std::size_t>(position) >= args.size()) return std::nullopt;
  const ExprPtr& arg = args[static_cast<std::size_t>(position)];
  if (is_null_literal(*arg)) return std::nullopt;
  if (!is_literal(*arg)) {
    return fault_at(arg, "needs_literal",
                    "this argument of " + std::string(function.name) + " must be written as a text",
                    "write it in single quotes, so that it can be checked now");
  }
  const auto& text = std::get<std::string>(arg->literal);
  if (function.name == "date_trunc" || function.name == "extract") return check_unit(arg, function.name == "extract");
  if (function.name == "format") return check_format(args);
  if (function.name == "format_time" || function.name == "parse_time") {
    if (is_time_format(text)) return std::nullopt;
    return fault_at(arg, "bad_format", "this time format has an unknown place",
                    "places are %Y %m %d %H %M %S %f %y %j %e %I %p %b %B %a %A %F %T %s %z %Z %%");
  }
  if (function.name.starts_with("json")) {
    if (parse_json_path(text)) return std::nullopt;
    return fault_at(arg, "bad_path", "'" + text + "' is not a path",
                    "paths look like $.a.b, $.list[0] or $['odd key']");
  }
  if (auto fault = check_group_count(args)) return fault;
  return check_pattern(args);
}

std::optional<TimeUnit> time_unit(std::string_view name) {
  constexpr std::pair<std::string_view, TimeUnit> kUnits[] = {{"microsecond", TimeUnit::kMicrosecond},
                                                              {"millisecond", TimeUnit::kMillisecond},
                                                              {"second", TimeUnit::kSecond},
                                                              {"minute", TimeUnit::kMinute},
                                                              {"hour", TimeUnit::kHour},
                                                              {"day", TimeUnit::kDay},
                                                              {"week", TimeUnit::kWeek},
                                                              {"month", TimeUnit::kMonth},
                                                              {"quarter", TimeUnit::kQuarter},
                                                              {"year", TimeUnit::kYear},
                                                              {"dow", TimeUnit::kDayOfWeek},
                                                              {"isodow", TimeUnit::kIsoDayOfWeek},
                                                              {"doy", TimeUnit::kDayOfYear},
                                                              {"epoch", TimeUnit::kEpoch}};
  for (const auto& [unit_name, unit] : kUnits)
    if (name == unit_name || (name.ends_with('s') && name.substr(0, name.size() - 1) == unit_name)) return unit;
  return std::nullopt;
}

std::optional<std::vector<FormatPiece>> parse_format(std::string_view text, std::string& fault) {
  std::vector<FormatPiece> pieces(1);
  for (std::size_t at = 0; at < text.size(); ++at) {
    FormatPiece& piece = pieces.back();
    if (text[at] != '%' || text.substr(at).starts_with("%%")) {
      piece.before += text[at];
      at += text[at] == '%' ? 1 : 0;
      continue;
    }
    for (++at; at < text.size() && std::string_view("-0+ ").find(text[at]) != std::string_view::npos; ++at) {
      piece.flags += text[at];
    }
    const auto number = [&](int& value) {
      for (value = 0; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
        value = std::min(value * 10 + (text[at] - '0'), 10'000);
      }
    };
    number(piece.width);
    if (at < text.size() && text[at] == '.') number((++at, piece.precision));
    if (at == text.size() || std::string_view("sdxfeg").find(text[at]) == std::string_view::npos) {
      fault =
          at == text.size() ? "the format ends within a place" : std::string("there is no place '%") + text[at] + "'";
      return std::nullopt;
    }
    if (piece.width > 1000 || piece.precision > 100 || piece.flags.size() > 4) {
      fault = "a place may have a width up to 1000 and a precision up to 100";
      return std::nullopt;
    }
    piece.conversion = text[at];
    pieces.emplace_back();
  }
  return pieces;
}

namespace {
/// Reads `.key`, `[3]` or `['key']` at the start of `rest`.
bool take_step(std::string_view& rest, PathStep& step) {
  if (rest.front() == '.') {
    const std::size_t end = std::min(rest.find_first_of(".[", 1), rest.size());
    step.key = rest.substr(1, end - 1);
    rest.remove_prefix(end);
    return !step.key.empty();
  }
  const std::size_t end = rest.find(']');
  if (rest.front() != '[' || end == rest.npos || end < 2) return false;
  const std::string_view inside = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
  if (inside.front() == '\'' || inside.front() == '"') {
    step.key = inside.size() > 2 && inside.back() == inside.front() ? inside.substr(1, inside.size() - 2) : "";
    return !step.key.empty();
  }
  step.index = 0;
  for (const char c : inside) {
    if (c < '0' || c > '9' || step.index > 100'000'000) return false;
    step.index = step.index * 10 + (c - '0');
  }
  return true;
}
}  // namespace

std::optional<std::vector<PathStep>> parse_json_path(std::string_view text) {
  if (!text.starts_with('$')) return std::nullopt;
  text.remove_prefix(1);
  std::vector<PathStep> steps;
  while (!text.empty()) {
    if (!take_step(text, steps.emplace_back())) return std::nullopt;
  }
  return steps;
}

bool is_time_format(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') continue;
    ++at;
    if (at == text.size() || std::string_view("YmdHMSfyjeIpbBaAFTszZ%").find(text[at]) == std::string_view::npos)
      return false;
  }
  return true;
}

}  // namespace penstock::topology
