#include "runtime/checkpoint/state_fit.h"

#include <algorithm>

namespace penstock::checkpoint {
namespace {

const proto::NodeShape* find(const std::vector<proto::NodeShape>& shapes, const std::string& node) {
  const auto at = std::find_if(shapes.begin(), shapes.end(), [&](const auto& one) { return one.node() == node; });
  return at == shapes.end() ? nullptr : &*at;
}

std::string described(const proto::NodeShape& shape) {
  return shape.verb() + (shape.shape().empty() ? "" : " (" + shape.shape() + ")");
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

StateFit state_fit(const std::vector<proto::NodeShape>& saved, const std::vector<proto::NodeShape>& wanted) {
  StateFit fit;
  for (const proto::NodeShape& old : saved) {
    const proto::NodeShape* now = find(wanted, old.node());
    if (now == nullptr) {
      fit.lost.push_back({old.node(), "it is no longer there"});
    } else if (now->kind() != old.kind() || now->verb() != old.verb() || now->shape() != old.shape()) {
      fit.lost.push_back({old.node(), "it was " + described(old) + ", and is now " + described(*now)});
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
