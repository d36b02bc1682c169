/// The groups of one slice, as far as they count from one window on; and all panes of a node that have not fired, in
/// the order of their slices. Panes and their tables are reused. THREAD: the operator's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/api/state.h"

namespace penstock::operators {

struct Pane {
  std::int64_t slice = 0;
  std::int64_t first_window = 0;  ///< Later than the slice's first one where rows were late for that.
  std::unique_ptr<api::StateTable> table;
  std::vector<std::uint32_t> rows;  ///< Of the run at work: those that go here.
  bool aside = false;               ///< What is saved of it stays until it is given back.
};

/// Takes panes of slices before `slice` out of `panes`, hands each to `use`, and keeps the others in order.
template <class Use>
void take_before(std::vector<Pane*>& panes, std::int64_t slice, Use&& use) {
  std::size_t kept = 0;
  for (Pane* pane : panes) {
    if (pane->slice >= slice)
      panes[kept++] = pane;
    else
      use(pane);
  }
  panes.resize(kept);
}

class PaneList {
 public:
  using MakeTable = std::function<std::unique_ptr<api::StateTable>()>;  ///< Called once per pane ever made.
  using ForgetSpace = std::function<void(std::string_view)>;            ///< StateStore::forget_space of the panes.
  PaneList(MakeTable make_table, ForgetSpace forget_space)
      : make_table_(std::move(make_table)), forget_space_(std::move(forget_space)) {}

  Pane& find_or_add(std::int64_t slice, std::int64_t first_window);
  /// The pane of a space that a checkpoint holds. False: the space is none of a pane.
  bool restore(std::string_view space);
  bool empty() const { return panes_.empty(); }
  const std::vector<Pane*>& all() const { return panes_; }  ///< By slice, then first window.
  /// Takes the pane out of the list; it is the caller's until give_back().
  Pane* take(std::size_t position);
  void give_back(Pane* pane);
  /// Its groups may be worked on in memory; checkpoints have them as they are now, until the pane is given back or its
  /// slice forgotten.
  static void put_aside(Pane* pane);
  /// Gives back a pane that was put aside, but for what checkpoints have of it.
  void give_back_for_reuse(Pane* pane);
  void forget(std::int64_t slice, std::int64_t first_window);
  /// The same where every group was emptied (zeroed) and stays, for the next slice to find it: only for users to whom a
  /// group without rows is none.
  void give_back_emptied(Pane* pane) { spare_.push_back(pane); }

 private:
  MakeTable make_table_;
  ForgetSpace forget_space_;
  bool saved_ = false;
  std::vector<std::unique_ptr<Pane>> owned_;
  std::vector<Pane*> panes_;
  std::vector<Pane*> spare_;
  Pane* latest_ = nullptr;  ///< The one that was asked for last.
};

}  // namespace penstock::operators
