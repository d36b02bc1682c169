/// All tasks of one node with saved state, driven from one script: rows go to the task that owns their key, watermarks
/// and timers to all, barriers are taken by all at the same place. THREAD: the test's.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/record/key_hash.h"
#include "runtime/state/task_state.h"
#include "tests/support/operator_driver.h"

namespace penstock::conformance {

struct Event {
  enum class Kind { kRows, kWatermark, kTimer, kFlush };
  Kind kind;
  std::vector<support::InputRow> rows{};
  base::Micros time = 0;
};

/// What a barrier leaves behind.
struct Cut {
  std::size_t position = 0;  ///< Of the script.
  base::Micros now = 0;
  std::vector<state::FormerState> states;
  std::vector<api::SavedParts> parts;
  std::multiset<std::string> emitted;
};

class TaskSet {
 public:
  TaskSet(const api::Registry& registry, const support::TestNode& node, std::uint32_t tasks, std::string directory,
          const Cut* from)
      : node_(node), directory_(std::move(directory)), event_time_(node.plan.ports[0].event_time) {
    if (from != nullptr) emitted_ = from->emitted, now_ = from->now;
    for (std::uint32_t t = 0; t < tasks; ++t) tasks_.push_back(open(registry, t, tasks, from));
  }

  void play(const Event& event) {
    if (event.kind == Event::Kind::kRows) {
      for (Task& task : tasks_) {
        std::vector<support::InputRow> ours;
        for (const support::InputRow& row : event.rows)
          if (owns(task, row)) ours.push_back(row);
        if (!ours.empty()) task.driver->process(ours, event_time_);
      }
    }
    for (Task& task : tasks_) {
      if (event.kind == Event::Kind::kWatermark) task.driver->watermark(event.time);
      if (event.kind == Event::Kind::kTimer) task.driver->timer(now_ = event.time);
      if (event.kind == Event::Kind::kFlush) task.driver->flush();
      task.state->tend();
    }
  }
  /// The input of the first so many tasks has ended before the next barrier, and that of the others is about to: a
  /// barrier came between. The keyed state of tasks that have flushed is not gone on from.
  void flush_first(std::size_t tasks) {
    for (std::size_t t = 0; t < tasks; ++t) {
      tasks_[t].driver->flush();
      tasks_[t].flushed = true;
    }
  }
  std::size_t size() const { return tasks_.size(); }
  /// A barrier; `meanwhile` is called while the state is copied out.
  template <class Meanwhile>
  Cut save(std::size_t position, Meanwhile&& meanwhile) {
    Cut cut{position, now_, {}, {}, {}};
    for (Task& task : tasks_) {
      task.driver->op().save(cut.parts.emplace_back());
      task.state->flip();
    }
    cut.emitted = emitted();
    meanwhile();
    for (std::size_t t = 0; t < tasks_.size(); ++t) {
      while (!tasks_[t].state->copy(7)) {
      }
      const std::string directory = directory_ + "/image-" + std::to_string(++images_) + "-" + std::to_string(t);
      std::filesystem::create_directories(directory);
      auto files = tasks_[t].state->persist(tasks_[t].state->take(), directory);
      EXPECT_TRUE(files) << (files ? "" : files.error().text);
      if (files && !tasks_[t].flushed) cut.states.push_back({directory, tasks_[t].groups, *files});
    }
    return cut;
  }
  /// Texts of all rows emitted on any port and of all that failed, since the beginning of the first run.
  std::multiset<std::string> emitted() const {
    std::multiset<std::string> all = emitted_;
    for (const Task& task : tasks_) {
      const auto& record = task.driver->context.record;
      for (const auto& row : record.emitted)
        all.insert(std::to_string(row.port) + ": " + row.text + " @" + std::to_string(row.time));
      for (const auto& row : record.failed) all.insert(row.code + ": " + row.raw);
      EXPECT_FALSE(record.failure) << record.failure->text;
      EXPECT_EQ(task.state->fault(), nullptr);
    }
    return all;
  }

 private:
  struct Task {
    state::GroupRange groups;
    std::unique_ptr<state::TaskState> state;
    std::unique_ptr<api::Restored> restored;
    std::unique_ptr<support::OperatorDriver> driver;
    bool flushed = false;
  };

  Task open(const api::Registry& registry, std::uint32_t index, std::uint32_t tasks, const Cut* from) {
    Task task;
    task.groups = {record::first_group(index, tasks), record::first_group(index + 1, tasks)};
    state::TaskStateOptions options{task.groups, directory_ + "/tier-" + std::to_string(index)};
    options.memory_bytes = 3000;
    if (from != nullptr) {
      for (const state::FormerState& former : from->states)
        if (former.groups.first < task.groups.last && task.groups.first < former.groups.last)
          options.former.push_back(former);
      task.restored = std::make_unique<api::Restored>(api::Restored{from->parts, index, tasks});
    }
    task.state = state::make_task_state(std::move(options));
    const auto opened = task.state->open();
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().text);
    task.driver = std::make_unique<support::OperatorDriver>(
        registry, node_, support::OperatorDriver::Opening{&task.state->store_of("node"), task.restored.get(), now_});
    EXPECT_FALSE(task.driver->refused) << task.driver->refused->text;
    return task;
  }
  bool owns(const Task& task, const support::InputRow& row) const {
    record::RowsBuffer buffer(node_.input);
    for (std::size_t i = 0; i < row.cells.size(); ++i)
      support::append_cell(buffer[static_cast<int>(i)], row.cells[i], buffer.arena());
    std::uint64_t hash = 0;
    const record::Rows rows = buffer.rows(1);
    record::hash_keys(rows, node_.plan.key, &hash);
    const std::uint32_t group = record::key_group(hash);
    return group >= task.groups.first && group < task.groups.last;
  }

  support::TestNode node_;
  std::string directory_;
  bool event_time_;
  std::vector<Task> tasks_;
  std::multiset<std::string> emitted_;
  base::Micros now_ = 1'700'000'000'000'000;
  int images_ = 0;
};

}  // namespace penstock::conformance
