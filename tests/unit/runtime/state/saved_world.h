/// Tasks with saved state beside a model of what they must hold, driven at random: rows are counted per key in a table
/// that may be evicted and in one table per space; entries are erased, spaces cleared, put aside and forgotten;
/// snapshots are taken in small steps in between, persisted, and gone on from at another number of tasks.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "runtime/record/key_hash.h"
#include "runtime/state/task_state.h"
#include "tests/support/scratch_directory.h"
#include "tests/unit/runtime/state/random_keys.h"

namespace penstock::state {

/// By space; "" is the table that may be evicted. Key to how often it was counted.
using Content = std::map<std::string, std::map<std::string, std::int64_t>>;

/// An image of all tasks, and what it must hold.
struct SavedWorld {
  std::vector<FormerState> tasks;
  Content content;
};

class World {
 public:
  World(std::vector<record::Type> types, bool own_memory, std::uint64_t seed)
      : types_(std::move(types)), schema_(schema_of(types_)), rows_(schema_), own_memory_(own_memory), random_(seed) {
    for (std::size_t i = 0; i < types_.size(); ++i) keys_.push_back(static_cast<int>(i));
    begin(nullptr, 1);
  }

  void begin(const SavedWorld* from, std::uint32_t tasks) {
    tasks_.clear();
    aside_.clear();  // What was put aside comes back as any other space.
    content_ = from == nullptr ? Content() : from->content;
    ++incarnation_;
    for (std::uint32_t t = 0; t < tasks; ++t) {
      TaskStateOptions options{{record::first_group(t, tasks), record::first_group(t + 1, tasks)},
                               files_.path("tier-" + std::to_string(incarnation_) + "-" + std::to_string(t))};
      options.memory_bytes = 12'000;
      for (const FormerState& former : from == nullptr ? std::vector<FormerState>() : from->tasks)
        if (former.groups.first < options.groups.last && options.groups.first < former.groups.last)
          options.former.push_back(former);
      Task task;
      task.groups = options.groups;
      task.state = make_task_state(std::move(options));
      const auto opened = task.state->open();
      ASSERT_TRUE(opened) << opened.error().text << " " << opened.error().where;
      task.store = &task.state->store_of("node");
      task.tables[""] = task.store->make_table(spec("groups", true));
      for (const std::string& space : task.store->restored_spaces("panes")) open_space(task, space);
      tasks_.push_back(std::move(task));
    }
  }

  /// One step of work, of any kind.
  void work() {
    const std::uint64_t what = random_() % 100;
    if (what < 70) return count(random_space());
    if (what < 80) return erase_some(random_space());
    if (what < 85) return clear(random_space());
    if (what < 88) return put_aside(random_space());
    if (what < 90) return forget();
    if (what < 95) return look();
    for (Task& task : tasks_) tend(*task.state);
  }

  /// A snapshot in small steps, with work in between that must not be in it.
  SavedWorld save() {
    SavedWorld saved;
    saved.content = content_;
    saving_ = true;
    for (Task& task : tasks_) task.state->flip();
    ++image_;
    for (std::size_t t = 0; t < tasks_.size(); ++t) {
      for (std::size_t at = 0; at < tasks_.size(); ++at)
        if (random_() % 2 == 0) tasks_[at].state->copy(random_() % 5);
      work();
      while (!tasks_[t].state->copy(random_() % 40)) work();
      auto delta = tasks_[t].state->take();
      work();
      const std::string directory = files_.made("image-" + std::to_string(image_) + "/" + std::to_string(t));
      auto files = tasks_[t].state->persist(std::move(delta), directory);
      EXPECT_TRUE(files) << (files ? "" : files.error().text + files.error().where);
      if (files) saved.tasks.push_back({directory, tasks_[t].groups, *files});
    }
    saving_ = false;
    return saved;
  }
  /// A checkpoint that comes to nothing.
  void give_up_a_snapshot() {
    for (Task& task : tasks_) task.state->flip();
    for (Task& task : tasks_)
      if (random_() % 2 == 0) task.state->copy(3);
    work();
    for (Task& task : tasks_)
      if (random_() % 2 == 0 && task.state->copy(1000)) task.state->take();
  }

  void expect_content() {
    Content found;
    for (Task& task : tasks_) {
      EXPECT_EQ(task.state->fault(), nullptr);
      for (auto& [space, table] : task.tables) {
        const std::size_t before = found[space].size();
        add_content(*table, found[space]);
        EXPECT_EQ(table->size(), found[space].size() - before);
      }
    }
    for (auto& [space, entries] : aside_)
      if (content_.contains(space)) found[space] = entries;
    std::erase_if(found, [](const auto& space) { return space.second.empty(); });
    Content wanted = content_;
    std::erase_if(wanted, [](const auto& space) { return space.second.empty(); });
    ASSERT_EQ(found, wanted);
  }
  std::mt19937_64& random() { return random_; }
  int written_early() const { return written_early_; }
  const support::ScratchDirectory& files() const { return files_; }

 private:
  struct Task {
    GroupRange groups;
    std::unique_ptr<TaskState> state;
    api::StateStore* store = nullptr;
    std::map<std::string, std::unique_ptr<api::StateTable>> tables;
  };

  void tend(TaskState& state) {
    state.tend();
    if (!state.wants_to_write() || saving_) return;
    EXPECT_TRUE(state.write(*state.take_evicted()));
    ++written_early_;
  }

  api::TableSpec spec(const std::string& name, bool evictable) const {
    api::TableSpec made{name, types_, 16};
    made.evictable = evictable;
    if (!own_memory_) return made;
    made.hooks.destroy = [](std::byte* value) { delete *reinterpret_cast<std::int64_t**>(value + 8); };
    made.hooks.save = [](const std::byte* value, std::string& out) {
      out += std::to_string(*reinterpret_cast<const std::int64_t*>(value));
    };
    made.hooks.load = [](std::string_view bytes, std::byte* value) {
      *reinterpret_cast<std::int64_t*>(value) = std::stoll(std::string(bytes));
      *reinterpret_cast<std::int64_t**>(value + 8) = new std::int64_t(1);
      return true;
    };
    return made;
  }
  static void open_space(Task& task, const std::string& space, std::unique_ptr<api::StateTable> table) {
    table->set_space(space);
    task.tables[space] = std::move(table);
  }
  void open_space(Task& task, const std::string& space) {
    open_space(task, space, task.store->make_table(spec("panes", false)));
  }
  std::string random_space() {
    return random_() % 2 == 0 ? "" : "s" + std::to_string(random_() % 4 + generation_ * 10);
  }

  void count(const std::string& space) {
    rows_.clear();
    const auto many = static_cast<std::uint32_t>(1 + random_() % 60);
    for (std::uint32_t row = 0; row < many; ++row)
      for (int field = 0; field < schema_.size(); ++field) append_random(rows_[field], random_);
    record::Rows rows = rows_.rows(many);
    std::vector<std::uint64_t> hashes(many);
    record::hash_keys(rows, keys_, hashes.data());
    for (Task& task : tasks_) {
      std::vector<std::uint32_t> ours;
      for (std::uint32_t row = 0; row < many; ++row) {
        const std::uint32_t group = record::key_group(hashes[row]);
        if (group >= task.groups.first && group < task.groups.last) ours.push_back(row);
      }
      if (ours.empty()) continue;
      record::Rows part = rows;
      part.selection = ours.data();
      part.count = static_cast<std::uint32_t>(ours.size());
      count(task, space, part);
    }
  }
  void count(Task& task, const std::string& space, const record::Rows& rows) {
    if (!task.tables.contains(space)) open_space(task, space);
    std::vector<api::Entry> entries(rows.count);
    std::vector<std::uint8_t> inserted(rows.count);
    task.tables[space]->find_or_insert(rows, keys_, entries, inserted.data());
    auto& model = content_[space];
    for (std::uint32_t row = 0; row < rows.count; ++row) {
      const std::string key = key_of(rows, row);
      ASSERT_EQ(inserted[row] != 0, !model.contains(key)) << key << " of '" << space << "'";
      ++model[key];
      ASSERT_EQ(++*reinterpret_cast<std::int64_t*>(entries[row].value), model[key]) << key << " of '" << space << "'";
    }
  }

  /// find() of keys that may be there or not.
  void look() {
    const std::string space = random_space();
    rows_.clear();
    for (int field = 0; field < schema_.size(); ++field) append_random(rows_[field], random_);
    const record::Rows rows = rows_.rows(1);
    std::uint64_t hash = 0;
    record::hash_keys(rows, keys_, &hash);
    for (Task& task : tasks_) {
      const std::uint32_t group = record::key_group(hash);
      if (!task.tables.contains(space) || group < task.groups.first || group >= task.groups.last) continue;
      api::Entry entry;
      task.tables[space]->find(rows, keys_, {&entry, 1});
      const auto& model = content_[space];
      const auto at = model.find(key_of(rows, 0));
      ASSERT_EQ(entry.value != nullptr, at != model.end());
      if (entry.value == nullptr) continue;
      ASSERT_EQ(*reinterpret_cast<std::int64_t*>(entry.value), at->second);
    }
  }

  void erase_some(const std::string& space) {
    for (Task& task : tasks_) {
      if (!task.tables.contains(space)) continue;
      rows_.clear();
      for (int field = 0; field < schema_.size(); ++field) append_random(rows_[field], random_);
      const record::Rows rows = rows_.rows(1);
      std::uint64_t hash = 0;
      record::hash_keys(rows, keys_, &hash);
      if (record::key_group(hash) < task.groups.first || record::key_group(hash) >= task.groups.last) continue;
      api::Entry entry;
      task.tables[space]->find(rows, keys_, {&entry, 1});
      if (entry.value == nullptr) continue;
      task.tables[space]->erase(entry);
      content_[space].erase(key_of(rows, 0));
    }
  }
  /// The table is used again for another space, as windows do.
  void clear(const std::string& space) {
    for (Task& task : tasks_) {
      if (!task.tables.contains(space)) continue;
      task.tables[space]->clear();
      if (!space.empty()) move_on(task, space);
    }
    content_.erase(space);
  }
  void put_aside(const std::string& space) {
    if (space.empty() || aside_.contains(space)) return;
    aside_[space] = content_[space];
    for (Task& task : tasks_) {
      if (!task.tables.contains(space)) continue;
      task.tables[space]->release_space();
      std::map<std::string, std::int64_t> still_there;
      add_content(*task.tables[space], still_there);
      for (const auto& [key, times] : still_there) EXPECT_EQ(aside_[space].at(key), times);
      task.tables[space]->clear();
      move_on(task, space);
    }
    ++generation_;  // No space is used again after it was put aside.
  }
  void move_on(Task& task, const std::string& space) {
    auto table = std::move(task.tables[space]);
    task.tables.erase(space);
    const std::string next = "s" + std::to_string(random_() % 4 + generation_ * 10 + 10);
    if (!task.tables.contains(next) && !aside_.contains(next) && !content_.contains(next))
      open_space(task, next, std::move(table));
  }
  void forget() {
    if (aside_.empty()) return;
    const std::string space = aside_.begin()->first;
    for (Task& task : tasks_) task.store->forget_space("panes", space);
    content_.erase(space);
    aside_.erase(space);
  }

  void add_content(api::StateTable& table, std::map<std::string, std::int64_t>& all) {
    std::vector<api::Entry> entries(7);
    std::size_t cursor = 0;
    while (const std::size_t found = table.scan(cursor, entries)) {
      record::RowsBuffer keys(schema_);
      std::vector<record::ColumnBuffer*> columns;
      for (const int key : keys_) columns.push_back(&keys[key]);
      table.read_keys(std::span(entries).first(found), columns);
      const record::Rows rows = keys.rows(static_cast<std::uint32_t>(found));
      for (std::uint32_t i = 0; i < found; ++i)
        EXPECT_TRUE(all.emplace(key_of(rows, i), *reinterpret_cast<std::int64_t*>(entries[i].value)).second);
    }
  }

  support::ScratchDirectory files_;
  std::vector<record::Type> types_;
  record::Schema schema_;
  record::RowsBuffer rows_;
  std::vector<int> keys_;
  bool own_memory_;
  std::mt19937_64 random_;
  std::vector<Task> tasks_;
  Content content_;
  std::map<std::string, std::map<std::string, std::int64_t>> aside_;
  int incarnation_ = 0, image_ = 0, generation_ = 0, written_early_ = 0;
  bool saving_ = false;  ///< Nothing is written beside a snapshot.
};

}  // namespace penstock::state
