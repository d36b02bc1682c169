/// The loops of every aggregate, made from an Accumulator: what one row does to one group. An Accumulator has
///   struct State                            its content; all zero is empty
///   add(State&, const AggregateRun&, row)   takes a row in (it skips nulls itself)
///   subtract(...)                           takes it back; only where kRetractable
///   merge(State&, const State&)             takes another group's content in, which is the later one
///   read(const State&, ColumnBuffer&, TextArena*) -> bool    false: there is no value (overflow); appends null then
///   destroy(State&)                         where kOwnsMemory
///   save(const State&, SavedWriter&), load(State&, SavedReader&) -> bool     where kOwnsMemory; else bytes are saved
/// and may have unmerge(State&, const State&), the exact inverse of merge, and add_all(State&, const AggregateRun&),
/// for one group and all rows of a run without nulls, and number(const State&), what read() appends where that is
/// always an int64.
#pragma once

#include <cstring>
#include <utility>

#include "operators/aggregates/aggregate.h"

namespace penstock::operators {

inline bool takes_back(record::Change change) {
  return change == record::Change::kRetract || change == record::Change::kDelete;
}

template <class Accumulator>
class AggregateOf final : public Aggregate {
 public:
  using State = typename Accumulator::State;
  static_assert(sizeof(State) % 8 == 0);
  static constexpr bool kInvertible = requires(const Accumulator& accumulator, State& group) {
    accumulator.unmerge(group, group);
  };
  explicit AggregateOf(Accumulator accumulator = {}) : accumulator_(std::move(accumulator)) {}

  std::size_t bytes() const override { return sizeof(State); }

  void update(const AggregateRun& run) override {
    if (run.groups.single != nullptr) return update_single(run);
    for_rows(run, [&](std::uint32_t row, bool back) { take(*state(run.groups.entries[row].value), run, row, back); });
  }

  void update_and_read(const AggregateRun& run, record::ColumnBuffer* before, record::ColumnBuffer& after,
                       record::TextArena& arena) override {
    for (std::uint32_t i = 0; i < run.count; ++i) {
      const std::uint32_t row = run.picked == nullptr ? i : run.picked[i];
      State& group = *state(run.groups.single != nullptr ? run.groups.single : run.groups.entries[row].value);
      if (before != nullptr) accumulator_.read(group, *before, &arena);
      if (counts(run, row)) take(group, run, row, is_back(run, row));
      accumulator_.read(group, after, &arena);
    }
  }

  void merge(std::span<const api::Entry> into, std::span<const api::Entry> from) override {
    for (std::size_t i = 0; i < into.size(); ++i) accumulator_.merge(*state(into[i].value), *state(from[i].value));
  }

  bool invertible() const override { return kInvertible; }
  void unmerge(std::span<const api::Entry> from, std::span<const api::Entry> what) override {
    if constexpr (kInvertible)
      for (std::size_t i = 0; i < from.size(); ++i) accumulator_.unmerge(*state(from[i].value), *state(what[i].value));
  }

  bool read(std::span<const api::Entry> groups, record::ColumnBuffer& out) override {
    if constexpr (requires(const State& group) { accumulator_.number(group); }) {
      if (out.size() == 0)
        return read_numbers(groups, out.resize<std::int64_t>(static_cast<std::uint32_t>(groups.size())));
    }
    bool all = true;
    for (const api::Entry& group : groups) all &= accumulator_.read(*state(group.value), out, nullptr);
    return all;
  }

  bool fits(const std::byte* value) const override {
    if constexpr (requires(const State& group) { Accumulator::fits(group); })
      return Accumulator::fits(*reinterpret_cast<const State*>(value + offset_));
    return true;
  }

  bool is_safe(const AggregateRun& run) override {
    if constexpr (requires { accumulator_.is_safe(run, offset_); }) return accumulator_.is_safe(run, offset_);
    return true;
  }
  bool overflows(const AggregateRun& run) override {
    bool any = false;
    if constexpr (requires(State & group) { accumulator_.overflows(group, run, 0u, false); }) {
      for_rows(run, [&](std::uint32_t row, bool back) {
        std::byte* value = run.groups.single != nullptr ? run.groups.single : run.groups.entries[row].value;
        any |= accumulator_.overflows(*state(value), run, row, back);
      });
    }
    return any;
  }

  bool owns_memory() const override { return Accumulator::kOwnsMemory; }
  void destroy(std::byte* value) override {
    if constexpr (Accumulator::kOwnsMemory) accumulator_.destroy(*state(value));
  }

  void save(const std::byte* value, SavedWriter& out) const override {
    if constexpr (Accumulator::kOwnsMemory)
      accumulator_.save(*reinterpret_cast<const State*>(value + offset_), out);
    else
      out.raw(value + offset_, sizeof(State));
  }
  bool load(SavedReader& in, std::byte* value) const override {
    if constexpr (Accumulator::kOwnsMemory)
      return accumulator_.load(*state(value), in) && in.ok();
    else
      return in.raw(value + offset_, sizeof(State));
  }
  void expect_restored() override {
    if constexpr (requires { accumulator_.expect_restored(); }) accumulator_.expect_restored();
  }

 private:
  State* state(std::byte* value) const { return reinterpret_cast<State*>(value + offset_); }
  bool read_numbers(std::span<const api::Entry> groups, std::int64_t* out) const {
    for (std::size_t i = 0; i < groups.size(); ++i) out[i] = accumulator_.number(*state(groups[i].value));
    return true;
  }
  static bool counts(const AggregateRun& run, std::uint32_t row) {
    return run.where == nullptr || (!run.where->is_null(row) && run.where->cells<std::uint8_t>()[row] != 0);
  }
  static bool is_back(const AggregateRun& run, std::uint32_t row) {
    return run.rows->change != nullptr && takes_back(run.rows->change[run.rows->cell(row)]);
  }
  void take(State& group, const AggregateRun& run, std::uint32_t row, bool back) {
    if constexpr (Accumulator::kRetractable) {
      if (back) return accumulator_.subtract(group, run, row);
    }
    accumulator_.add(group, run, row);
  }

  /// each(row, whether it is taken back) for the rows that count.
  template <class Each>
  static void for_rows(const AggregateRun& run, Each&& each) {
    if (run.picked == nullptr && run.where == nullptr && run.rows->change == nullptr) {
      for (std::uint32_t row = 0; row < run.count; ++row) each(row, false);
      return;
    }
    for (std::uint32_t i = 0; i < run.count; ++i) {
      const std::uint32_t row = run.picked == nullptr ? i : run.picked[i];
      if (counts(run, row)) each(row, is_back(run, row));
    }
  }

  /// The state is worked on in a local copy, which the compiler can keep in registers.
  void update_single(const AggregateRun& run) {
    State group;
    std::memcpy(&group, run.groups.single + offset_, sizeof group);
    if constexpr (requires { accumulator_.add_all(group, run); }) {
      const bool plain = run.picked == nullptr && run.where == nullptr && run.rows->change == nullptr;
      if (plain && (run.x == nullptr || run.x->state == nullptr)) {
        accumulator_.add_all(group, run);
        std::memcpy(run.groups.single + offset_, &group, sizeof group);
        return;
      }
    }
    for_rows(run, [&](std::uint32_t row, bool back) { take(group, run, row, back); });
    std::memcpy(run.groups.single + offset_, &group, sizeof group);
  }

  Accumulator accumulator_;
};

}  // namespace penstock::operators
