/// One aggregate of a node: a stretch of fixed size in the value bytes of each group, and what a run of rows does to
/// it. One virtual call per aggregate and run; the loops inside know types and shapes. Owner and THREAD: the operator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "operators/aggregates/saved_bytes.h"
#include "runtime/api/state.h"
#include "runtime/record/column_buffer.h"
#include "runtime/record/rows.h"

namespace penstock::operators {

/// Where the groups of a run's rows are: one entry per row, or one group for all of them.
struct Groups {
  const api::Entry* entries = nullptr;
  std::byte* single = nullptr;  ///< Set: the group of every row.
};

/// A run as an aggregate sees it. Argument columns are dense: cell k belongs to row k.
struct AggregateRun {
  std::uint32_t count = 0;                ///< Rows to take.
  const std::uint32_t* picked = nullptr;  ///< Which; nullptr: rows 0 to count - 1.
  Groups groups;
  const record::Column* x = nullptr;  ///< Arguments; nullptr for count(*).
  const record::Column* y = nullptr;
  const record::Column* where = nullptr;  ///< bool; rows for which it is not true leave the group as it is.
  const record::Rows* rows = nullptr;     ///< For event time and change.
};

class Aggregate {
 public:
  virtual ~Aggregate() = default;
  /// Size in the value bytes, a multiple of 8. Zeroed bytes are the empty aggregate.
  virtual std::size_t bytes() const = 0;
  void place(std::size_t offset) { offset_ = offset; }

  virtual void update(const AggregateRun& run) = 0;
  /// Row after row, appends what the result was before it (where `before` is given) and after it. Text is copied into
  /// `arena`.
  virtual void update_and_read(const AggregateRun& run, record::ColumnBuffer* before, record::ColumnBuffer& after,
                               record::TextArena& arena) = 0;
  /// Takes the content of other groups in, later ones after earlier ones.
  virtual void merge(std::span<const api::Entry> into, std::span<const api::Entry> from) = 0;
  /// True: unmerge() undoes merge() exactly, in any order.
  virtual bool invertible() const { return false; }
  virtual void unmerge(std::span<const api::Entry> from, std::span<const api::Entry> what) { (void)from, (void)what; }
  /// Appends one result per group; text is borrowed from it. Returns false when one of them has no value (overflow).
  virtual bool read(std::span<const api::Entry> groups, record::ColumnBuffer& out) = 0;

  virtual bool fits(const std::byte* value) const {
    (void)value;
    return true;
  }  ///< False: merging overflowed.

  /// False: some row of this run might overflow, so each is to be asked about with overflows() before it is taken.
  virtual bool is_safe(const AggregateRun&) { return true; }
  virtual bool overflows(const AggregateRun&) { return false; }  ///< Asked with runs of one row.

  virtual bool owns_memory() const { return false; }
  virtual void destroy(std::byte* value) { (void)value; }

  /// Its stretch of the value bytes, for a checkpoint; and from one, into zeroed bytes. False: these are none of its.
  virtual void save(const std::byte* value, SavedWriter& out) const = 0;
  virtual bool load(SavedReader& in, std::byte* value) const = 0;
  /// Groups may come back from a checkpoint: nothing is known of what they hold.
  virtual void expect_restored() {}

 protected:
  std::size_t offset_ = 0;
};

}  // namespace penstock::operators
