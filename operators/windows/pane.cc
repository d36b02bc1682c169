#include "operators/windows/pane.h"

#include <algorithm>
#include <utility>

namespace penstock::operators {

Pane& PaneList::find_or_add(std::int64_t slice, std::int64_t first_window) {
  const auto wanted = std::pair(slice, first_window);
  if (latest_ != nullptr && std::pair(latest_->slice, latest_->first_window) == wanted) return *latest_;
  const auto at = std::lower_bound(panes_.begin(), panes_.end(), wanted, [](const Pane* pane, const auto& key) {
    return std::pair(pane->slice, pane->first_window) < key;
  });
  if (at != panes_.end() && std::pair((*at)->slice, (*at)->first_window) == wanted) return *(latest_ = *at);
  if (spare_.empty()) {
    owned_.push_back(std::make_unique<Pane>());
    owned_.back()->table = make_table_();
    spare_.push_back(owned_.back().get());
  }
  latest_ = spare_.back();
  spare_.pop_back();
  latest_->slice = slice;
  latest_->first_window = first_window;
  panes_.insert(at, latest_);
  return *latest_;
}

Pane* PaneList::take(std::size_t position) {
  Pane* pane = panes_[position];
  panes_.erase(panes_.begin() + static_cast<std::ptrdiff_t>(position));
  if (latest_ == pane) latest_ = nullptr;
  return pane;
}

void PaneList::give_back(Pane* pane) {
  pane->table->clear();
  spare_.push_back(pane);
}

}  // namespace penstock::operators
