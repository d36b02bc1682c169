#include "runtime/checkpoint/state_fit.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "runtime/base/number_text.h"
#include "runtime/base/time_text.h"

namespace penstock::checkpoint {
namespace {

const proto::NodeShape* find(const std::vector<proto::NodeShape>& shapes, const std::string& node) {
  const auto at = std::find_if(shapes.begin(), shapes.end(), [&](const auto& one) { return one.node() == node; });
  return at == shapes.end() ? nullptr : &*at;
}

std::vector<std::string> split(const std::string& text, std::string_view by) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find(by, from), text.size());
    parts.push_back(text.substr(from, to - from));
    from = to + by.size();
  }
  return parts;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// "size 60000000" -> "size 1m".
std::string with_unit(const std::string& setting) {
  const std::size_t at = setting.rfind(' ') + 1;
  const auto number = base::parse_int64(std::string_view(setting).substr(at));
  if (at == 0 || !number) return setting;
  std::array<char, 48> text{};
  return setting.substr(0, at) + std::string(text.data(), base::format_duration(*number, text.data()));
}

/// "every 1000000, size 2000000, time event, type sliding" -> "a sliding window (every 1s, size 2s, time event)".
std::string window_in_words(const std::string& settings) {
  constexpr std::string_view kType = "type ";
  std::string type;
  std::vector<std::string> others;
  for (const std::string& one : split(settings, ", "))
    one.starts_with(kType) ? void(type = one.substr(kType.size()) + " ") : others.push_back(with_unit(one));
  return "a " + type + "window (" + joined(others) + ")";
}

/// A part of a topology::StateShape, as its author would say it.
std::string in_users_words(const std::string& kind, const std::string& part) {
  constexpr std::string_view kKey = "by ", kWindow = "window ";
  if (kind == "sink") return "delivery " + part;
  if (part == "by") return "no key";
  if (part.starts_with(kKey)) return "the key (" + part.substr(kKey.size()) + ")";
  if (part.starts_with(kWindow)) return window_in_words(part.substr(kWindow.size()));
  if (part.rfind(" of ") == std::string::npos) return part;
  std::string call = part.substr(0, part.rfind(" as "));  // "sum(i) of int64 as int64", "count(*) of as int64"
  if (call.ends_with(" of")) call.resize(call.size() - 3);
  return call;
}

/// What only the first has.
std::string only_in(const proto::NodeShape& shape, const proto::NodeShape& other) {
  const auto there = split(other.shape(), "; ");
  std::vector<std::string> only;
  for (const std::string& part : split(shape.shape(), "; "))
    if (!part.empty() && std::find(there.begin(), there.end(), part) == there.end())
      only.push_back(in_users_words(shape.kind(), part));
  return joined(only);
}

std::string why_not(const proto::NodeShape& old, const proto::NodeShape& now) {
  if (old.kind() != now.kind())
    return "it was a " + old.kind() + " (" + old.verb() + "), and is now a " + now.kind() + " (" + now.verb() + ")";
  if (old.verb() != now.verb()) return "it was '" + old.verb() + "', and is now '" + now.verb() + "'";
  const std::string before = only_in(old, now), after = only_in(now, old);
  if (before.empty() && after.empty()) return "it had the same in another order";
  if (after.empty()) return "it no longer has " + before;
  if (before.empty()) return "it did not have " + after;
  return "it had " + before + ", and now has " + after;
}

}  // namespace

StateFit state_fit(const std::vector<proto::NodeShape>& saved, const std::vector<proto::NodeShape>& wanted) {
  StateFit fit;
  for (const proto::NodeShape& old : saved) {
    const proto::NodeShape* now = find(wanted, old.node());
    if (now == nullptr) {
      fit.lost.push_back({old.node(), "it is no longer there"});
    } else if (now->kind() != old.kind() || now->verb() != old.verb() || now->shape() != old.shape()) {
      fit.lost.push_back({old.node(), why_not(old, *now)});
    } else {
      fit.fits.push_back(old.node());
    }
  }
  for (const proto::NodeShape& now : wanted)
    if (find(saved, now.node()) == nullptr) fit.fresh.push_back(now.node());
  return fit;
}

std::string in_words(const StateFit& fit) {
  std::string text;
  const auto line = [&text](const std::string& one) { text += (text.empty() ? "" : "\n") + one; };
  if (!fit.fits.empty()) line("goes on: " + joined(fit.fits));
  if (!fit.fresh.empty()) line("begins anew: " + joined(fit.fresh));
  for (const StateFit::Lost& lost : fit.lost) line("would be lost: what '" + lost.node + "' remembers: " + lost.why);
  return text;
}

}  // namespace penstock::checkpoint
