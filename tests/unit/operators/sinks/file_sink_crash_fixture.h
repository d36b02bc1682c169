/// A file sink under a driver as small as can be: rows 1..N with barriers at fixed places, checkpoints, restarts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "operators/sinks/file_sink.h"
#include "tests/unit/operators/sinks/faulty_operations.h"
#include "tests/unit/operators/sinks/sink_fixture.h"

namespace penstock::operators {

using Published = std::map<std::string, std::string>;

/// What a driver remembers durably.
struct Checkpoint {
  std::uint64_t epoch = 0;
  std::int64_t next_row = 1;
  bool flushed = false;
  std::vector<api::SavedParts> tasks;
};

class FileSinkCrashTest : public SinkTest {
 protected:
  static constexpr std::int64_t kRows = 13;
  const std::set<std::int64_t> barriers{3, 4, 8, 9, 12};  ///< Behind these rows; two in a row make an idle epoch.

  FileSinkCrashTest() {
    node.verb = "file";
    node.delivery = topology::Delivery::kExactlyOnce;
    context.world.run.job = "job-1";
  }
  void use(const std::string& path) {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    node.params.set("path", directory + "/" + path);
    checkpoint_ = {};
    epochs_ = 0;
    attempt_ = 0;
  }
  /// What a reader sees, by name.
  Published published() const {
    Published files;
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
      const std::string name = file.path().filename();
      if (name.front() != '.') files[name] = content_of(file.path());
    }
    return files;
  }
  std::vector<std::string> dot_files() const {
    std::vector<std::string> all = names();
    std::erase_if(all, [](const std::string& name) { return name.front() != '.'; });
    return all;
  }

  std::unique_ptr<api::Sink> start(FileOperations& operations, base::Error* error = nullptr) {
    context.world.run.attempt = ++attempt_;
    restored_ = {checkpoint_.tasks, 0, 1};
    context.world.restored = checkpoint_.epoch == 0 ? nullptr : &restored_;
    context.record.failure.reset();
    auto sink = make_file_sink(spec(), operations);
    const auto opened = (*sink)->open(context);
    if (!opened && error != nullptr) *error = opened.error();
    return opened ? std::move(*sink) : nullptr;
  }
  /// Stages; when that has succeeded the checkpoint is complete and is published. False: the attempt is over.
  bool take_checkpoint(api::Sink& sink, std::int64_t next_row, bool flushed) {
    const std::uint64_t epoch = ++epochs_;
    if (!stage(sink, epoch)) return false;
    if (epoch % 4 == 2 && !flushed) return true;  // Given up for another reason; the job goes on.
    checkpoint_ = {epoch, next_row, flushed, {saved}};
    return publish(sink, epoch);
  }
  /// One attempt, from the newest checkpoint. True: the job came to its end.
  bool attempt(FileOperations& operations, base::Error* error = nullptr) {
    const std::unique_ptr<api::Sink> sink = start(operations, error);
    return sink != nullptr && go_on(*sink);
  }
  bool go_on(api::Sink& sink) {
    const bool flushed = checkpoint_.flushed;
    for (std::int64_t row = checkpoint_.next_row; row <= kRows && !flushed; ++row) {
      sink.write(rows(row, 1), context);
      if (barriers.count(row) != 0 && !take_checkpoint(sink, row + 1, false)) return false;
      if (row == 8 && !take_checkpoint(sink, row + 1, false)) return false;
    }
    if (!flushed) sink.finish(context);
    if (!take_checkpoint(sink, kRows + 1, true)) return false;
    sink.end();
    return true;
  }
  Published undisturbed(const std::string& path) {
    use(path);
    FaultyOperations operations;
    EXPECT_TRUE(attempt(operations));
    calls_ = operations.calls;
    EXPECT_TRUE(dot_files().empty());
    return published();
  }

  /// How an attempt fared that went on from what a killed one had left.
  struct GoneOn {
    bool done, as_undisturbed;
    base::Error error;
  };
  /// Of a directory (path "") and of one file, twice over for each call at which the sink can be killed: `harm(round)`
  /// is done to what it left, then `look(path, round, GoneOn)`.
  template <class Harm, class Look>
  void harm_after_each_kill(Harm&& harm, Look&& look) {
    for (const char* path : {"", "out.jsonl"}) {
      const Published expected = undisturbed(path);
      const int calls = calls_;
      for (int round = 0; round < 2 * calls; ++round) {
        use(path);
        FaultyOperations killed, next;
        killed.die_at = round / 2;
        attempt(killed);
        harm(round);
        GoneOn gone_on;
        gone_on.done = attempt(next, &gone_on.error);
        gone_on.as_undisturbed = gone_on.done && published() == expected;
        look(path, round, gone_on);
      }
    }
  }

  int calls_ = 0;  ///< Of the undisturbed run.
  Checkpoint checkpoint_;
  api::Restored restored_;
  std::uint64_t epochs_ = 0;
  std::uint32_t attempt_ = 0;
};

}  // namespace penstock::operators
