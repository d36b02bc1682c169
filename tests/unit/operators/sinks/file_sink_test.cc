#include "operators/sinks/file_sink.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/operators/sinks/sink_fixture.h"

namespace penstock::operators {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FileSinkTest : public SinkTest {
 protected:
  FileSinkTest() {
    node.verb = "file";
    node.delivery = topology::Delivery::kExactlyOnce;
  }
  std::string set_path(const std::string& name) {
    node.params.set("path", directory + "/" + name);
    return directory + "/" + name;
  }
  std::vector<std::string> visible(const std::string& below = "") const {
    std::vector<std::string> all = names(below);
    std::erase_if(all, [](const std::string& name) { return name.front() == '.'; });
    return all;
  }
};

/// Files may not grow beyond some size, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, SIG_IGN);
    const rlimit lower{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &lower);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit before_{};
};

TEST_F(FileSinkTest, ASingleFileAppearsWholeAtTheEnd) {
  const std::string path = set_path("out.jsonl");
  std::ofstream(path) << "of an earlier run\n";
  const auto sink = open();
  EXPECT_EQ(sink->write(rows(1, 2), context), api::Step::kDone);
  EXPECT_EQ(sink->idle(context), api::Step::kDone);
  checkpoint(*sink, 1);
  EXPECT_EQ(content(path), "of an earlier run\n") << "a checkpoint shows nothing";
  finish(*sink);
  EXPECT_EQ(content(path), "{\"n\":1}\n{\"n\":2}\n");
  EXPECT_THAT(names(), ElementsAre("out.jsonl"));
  EXPECT_EQ(context.counters().passed.get(), 2u);
}

TEST_F(FileSinkTest, ASingleFileAppearsEvenWithoutRows) {
  const std::string path = set_path("out.csv");
  node.format = "csv";
  const auto sink = open();
  finish(*sink);
  EXPECT_EQ(content(path), "n\n");
}

TEST_F(FileSinkTest, PartsArePublishedAtEveryCheckpointAndNothingElseIsVisible) {
  set_path("out/");
  const auto sink = open({1, 2});
  sink->write(rows(1, 1), context);
  sink->idle(context);
  EXPECT_THAT(visible("out"), IsEmpty());
  checkpoint(*sink, 1);
  EXPECT_THAT(names("out"), ElementsAre("part-1-00000.jsonl"));
  checkpoint(*sink, 2);
  EXPECT_THAT(names("out"), ElementsAre("part-1-00000.jsonl")) << "no rows, no part";
  sink->write(rows(2, 1), context);
  finish(*sink);
  EXPECT_THAT(names("out"), ElementsAre("part-1-00000.jsonl", "part-1-00001.jsonl"));
  EXPECT_EQ(content(directory + "/out/part-1-00001.jsonl"), "{\"n\":2}\n");
}

TEST_F(FileSinkTest, PartsOfEarlierRunsAreNeverOverwritten) {
  set_path("out/");
  for (const auto delivery : {topology::Delivery::kExactlyOnce, topology::Delivery::kAtLeastOnce}) {
    node.delivery = delivery;
    for (int run = 0; run < 2; ++run) {
      const auto sink = open();
      sink->write(rows(run, 1), context);
      finish(*sink);
    }
  }
  EXPECT_THAT(names("out"),
              ElementsAre("part-0-00000.jsonl", "part-0-00001.jsonl", "part-0-00002.jsonl", "part-0-00003.jsonl"));
  EXPECT_EQ(content(directory + "/out/part-0-00001.jsonl"), "{\"n\":1}\n");
}

TEST_F(FileSinkTest, AtLeastOnceGrowsInPlace) {
  node.delivery = topology::Delivery::kAtLeastOnce;
  const std::string path = set_path("out.jsonl");
  const auto sink = open();
  sink->write(rows(1, 1), context);
  EXPECT_EQ(content(path), "");
  sink->idle(context);
  EXPECT_EQ(content(path), "{\"n\":1}\n");
  sink->write(rows(2, 1), context);
  sink->idle(context);
  finish(*sink);
  EXPECT_EQ(content(path), "{\"n\":1}\n{\"n\":2}\n");
}

/// A killed run left its staged parts behind for ever.
TEST_F(FileSinkTest, RemovesWhatAKilledRunHasStagedButNothingThatIsHeld) {
  std::filesystem::create_directories(directory + "/out");
  set_path("out/");
  const auto other = open();  // A run that lives, here in the same process.
  EXPECT_EQ(other->write(rows(1, 1), context), api::Step::kDone);
  const auto write = [&](const std::string& name) { std::ofstream(directory + "/out/" + name) << "left"; };
  for (const char* name : {".part-0.12345-0.staged", ".part-7.1-33.staged", ".part-0.12345-0.staged.mine",
                           ".part-x.1-1.staged", ".other.1-1.staged", "part-0-00000.jsonl"})
    write(name);
  const auto sink = open();
  std::vector<std::string> left;
  int held = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory + "/out")) {
    const std::string name = file.path().filename().string();
    const std::string own = ".part-0." + std::to_string(getpid()) + "-";
    name.starts_with(own) ? void(++held) : left.push_back(name);
  }
  EXPECT_THAT(left, ::testing::UnorderedElementsAre(".part-0.12345-0.staged.mine", ".part-x.1-1.staged",
                                                    ".other.1-1.staged", "part-0-00000.jsonl"));
  EXPECT_GE(held, 1);
  other->abort();
  sink->abort();
}

TEST_F(FileSinkTest, RemovesTheStagedFormOfASingleFile) {
  set_path("out.jsonl");
  std::ofstream(directory + "/.out.jsonl.12345-0.staged") << "left";
  std::ofstream(directory + "/.out.json.12345-0.staged") << "somebody else's";
  const auto sink = open();
  EXPECT_FALSE(std::filesystem::exists(directory + "/.out.jsonl.12345-0.staged"));
  EXPECT_TRUE(std::filesystem::exists(directory + "/.out.json.12345-0.staged"));
  sink->abort();
}

TEST_F(FileSinkTest, AbortLeavesNothingStaged) {
  set_path("out/");
  const auto sink = open();
  sink->write(rows(1, 1), context);
  checkpoint(*sink, 1);
  sink->write(rows(2, 200'000), context);
  EXPECT_EQ(names("out").size(), 2u);
  sink->abort();
  EXPECT_THAT(names("out"), ElementsAre("part-0-00000.jsonl"));
}

TEST_F(FileSinkTest, AfterAbortAPublishThatWaitedShowsNothing) {
  set_path("out/");
  const auto sink = open();
  sink->write(rows(1, 1), context);
  EXPECT_TRUE(stage(*sink, 1));
  const auto job = sink->publish(1, context);
  sink->abort();
  EXPECT_TRUE(job().has_value());
  EXPECT_THAT(names("out"), IsEmpty());
}

TEST_F(FileSinkTest, AFullDiskFailsTheJobAndLeavesNoHalfARow) {
  node.delivery = topology::Delivery::kAtLeastOnce;
  const std::string path = set_path("out.jsonl");
  const auto sink = open();
  sink->write(rows(1, 10), context);
  sink->idle(context);
  const std::string before = content(path);
  {
    const FileSizeLimit limit(before.size() + 100);
    sink->write(rows(11, 1000), context);
    sink->idle(context);
  }
  ASSERT_TRUE(context.record.failure.has_value());
  EXPECT_EQ(context.record.failure->code, "disk_full");
  EXPECT_THAT(context.record.failure->text, HasSubstr(path));
  sink->abort();
  EXPECT_EQ(content(path), before);
}

TEST_F(FileSinkTest, AFullDiskNeverShowsAFinalFile) {
  set_path("out.jsonl");
  const auto sink = open();
  {
    const FileSizeLimit limit(100);
    sink->write(rows(11, 1000), context);
    EXPECT_EQ(sink->finish(context), api::Step::kDone);
    EXPECT_FALSE(stage(*sink, 1));
  }
  EXPECT_EQ(context.record.failure->code, "disk_full");
  sink->abort();
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(FileSinkTest, SaysWhatIsWrongWithThePath) {
  set_path("none/out.jsonl");
  EXPECT_EQ((*make())->open(context).error().code, "directory_not_found");
  std::ofstream(directory + "/file") << "x";
  set_path("file/out/");
  EXPECT_EQ((*make())->open(context).error().code, "file_write_failed");
  // Replays a device that was renamed over: running as root, /dev/full became a file.
  ASSERT_EQ(symlink("/dev/null", (directory + "/link").c_str()), 0);
  ASSERT_EQ(mkfifo((directory + "/pipe").c_str(), 0600), 0);
  for (const char* special : {"link", "pipe"}) {
    set_path(special);
    EXPECT_EQ((*make())->open(context).error().code, "not_a_regular_file");
  }
  set_path("out.jsonl");
  const auto made = make({0, 2});
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code, "file_sink_parallel");
}

TEST_F(FileSinkTest, WithoutChangesOnlyNewRowsAreWritten) {
  using record::Change;
  const std::string path = set_path("out.jsonl");
  auto changed = rows(1, 4);
  const Change changes[] = {Change::kInsert, Change::kRetract, Change::kUpdate, Change::kDelete};
  changed.change = changes;
  const auto sink = open();
  sink->write(changed, context);
  finish(*sink);
  EXPECT_EQ(content(path), "{\"n\":1}\n{\"n\":3}\n");
  EXPECT_EQ(context.counters().passed.get(), 2u);
  EXPECT_EQ(context.counters().dropped.get(), 2u);
}

TEST_F(FileSinkTest, WithChangesEachRowSaysWhatItIs) {
  using record::Change;
  const std::string path = set_path("out.jsonl");
  node.params.set("changes", true);
  auto changed = rows(1, 5);
  const Change changes[] = {Change::kInsert, Change::kRetract, Change::kUpdate, Change::kInsert, Change::kDelete};
  const std::uint32_t selection[] = {0, 1, 2, 4};
  changed.change = changes;
  changed.selection = selection;
  changed.count = 4;
  const auto sink = open();
  sink->write(changed, context);
  sink->write(rows(9, 1), context);
  finish(*sink);
  EXPECT_EQ(content(path),
            "{\"n\":1,\"change\":\"insert\"}\n{\"n\":3,\"change\":\"update\"}\n{\"n\":5,\"change\":\"delete\"}\n"
            "{\"n\":9,\"change\":\"insert\"}\n");
  EXPECT_EQ(context.counters().dropped.get(), 1u);
}

}  // namespace
}  // namespace penstock::operators
