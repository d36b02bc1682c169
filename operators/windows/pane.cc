#include "operators/windows/pane.h"

#include <algorithm>
#include <utility>

#include "operators/runs/saved_number.h"

namespace penstock::operators {
namespace {

std::string space_of(std::int64_t slice, std::int64_t first_window) {
  return std::to_string(slice) + "/" + std::to_string(first_window);
}

}  // namespace

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
    saved_ = owned_.back()->table->saved();
    spare_.push_back(owned_.back().get());
  }
  latest_ = spare_.back();
  spare_.pop_back();
  latest_->slice = slice;
  latest_->first_window = first_window;
  if (saved_) latest_->table->set_space(space_of(slice, first_window));
  panes_.insert(at, latest_);
  return *latest_;
}

Pane* PaneList::take(std::size_t position) {
  Pane* pane = panes_[position];
  panes_.erase(panes_.begin() + static_cast<std::ptrdiff_t>(position));
  if (latest_ == pane) latest_ = nullptr;
  return pane;
}

bool PaneList::restore(std::string_view space) {
  const std::size_t cut = space.find('/');
  if (cut == std::string_view::npos) return false;
  const auto slice = number_of(space.substr(0, cut)), first_window = number_of(space.substr(cut + 1));
  if (!slice || !first_window) return false;
  find_or_add(*slice, *first_window);
  return true;
}

void PaneList::give_back(Pane* pane) {
  if (pane->aside) forget(pane->slice, pane->first_window);
  give_back_for_reuse(pane);
}

void PaneList::give_back_for_reuse(Pane* pane) {
  pane->table->clear();
  pane->aside = false;
  spare_.push_back(pane);
}

void PaneList::put_aside(Pane* pane) {
  if (!pane->table->saved()) return;
  pane->table->release_space();
  pane->aside = true;
}

void PaneList::forget(std::int64_t slice, std::int64_t first_window) {
  if (saved_) forget_space_(space_of(slice, first_window));
}

}  // namespace penstock::operators
