/// `journal: true`: what arrived is read again, whatever became of the process; damage is loud. Of journals, and stdin.
#include <fcntl.h>
#include <unistd.h>

#include <random>

#include "operators/sources/partition_journal.h"
#include "operators/sources/stdin_source.h"
#include "runtime/base/crc32c.h"
#include "tests/unit/operators/sources/journal_fixture.h"

namespace penstock::operators {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PartitionJournalTest : public JournalTest {
 protected:
  std::unique_ptr<PartitionJournal> open_journal(std::int64_t from, std::string* code = nullptr) {
    auto journal = PartitionJournal::open(directory, "in", "p", from);
    if (code != nullptr) *code = journal ? "" : journal.error().code;
    return journal ? std::move(*journal) : nullptr;
  }
  /// All that is left in it; the error's code when it is damaged.
  static std::string read_rest(PartitionJournal& journal, std::string& code) {
    std::string all;
    char room[97];
    for (;;) {
      const auto got = journal.read(room, sizeof room);
      code = got ? "" : got.error().code;
      if (!got || *got == 0) return all;
      all.append(room, *got);
    }
  }
};

TEST_F(PartitionJournalTest, GivesBackWhatWasAppendedFromAnyPlaceOn) {
  std::string text;
  {
    const auto journal = open_journal(0);
    for (int i = 0; i < 200; ++i) {
      const std::string block(static_cast<std::size_t>(1 + i * 7 % 300), static_cast<char>('a' + i % 26));
      ASSERT_TRUE(journal->append(block).has_value());
      text += block;
    }
    EXPECT_TRUE(journal->sync()().has_value());
    EXPECT_FALSE(journal->sync()) << "nothing new";
  }
  for (std::size_t from = 0; from <= text.size(); from += 977) {
    std::string code;
    const auto journal = open_journal(static_cast<std::int64_t>(from));
    EXPECT_EQ(read_rest(*journal, code), text.substr(from));
    EXPECT_EQ(code, "");
    EXPECT_TRUE(journal->is_of_this_process());
  }
}

TEST_F(PartitionJournalTest, SegmentsThatNobodyNeedsAreRemoved) {
  const auto journal = open_journal(0);
  const std::string block(3 << 20, 'x');
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(journal->append(block).has_value());
  ASSERT_EQ(segments().size(), 3u);
  journal->release((9 << 20) - 1);
  EXPECT_EQ(segments().size(), 3u);
  journal->release(9 << 20);
  EXPECT_EQ(segments().size(), 2u);
  std::string code;
  EXPECT_EQ(read_rest(*open_journal(10 << 20), code).size(), 17u << 20);
  EXPECT_EQ(open_journal(0, &code), nullptr);
  EXPECT_EQ(code, "journal_damaged") << "it begins behind that place";
  std::filesystem::remove(segments()[0]);
  PartitionJournal::remove(directory, "in", "p");
  EXPECT_TRUE(segments().empty());
}

/// A writer that is killed leaves any beginning of its last write.
TEST_F(PartitionJournalTest, ABlockThatWasCutShortWasNeverUsedAndIsLeftOut) {
  {
    const auto journal = open_journal(0);
    ASSERT_TRUE(journal->append("first").has_value() && journal->append("second").has_value());
  }
  const std::string path = segments().at(0);
  const auto whole = std::filesystem::file_size(path);
  for (auto size = whole; size-- > 0;) {
    std::filesystem::resize_file(path, size);
    std::string code, more;
    {
      const auto journal = open_journal(0);
      more = read_rest(*journal, code);
      EXPECT_EQ(code, "") << size;
      EXPECT_TRUE(more == "first" || more == "") << more;
      if (size % 8 != 0) continue;
      ASSERT_TRUE(journal->append("third").has_value());
    }
    EXPECT_EQ(read_rest(*open_journal(0), code), more + "third") << size;
    for (const auto& segment : segments())
      if (segment != path) std::filesystem::remove(segment);
  }
}

TEST_F(PartitionJournalTest, ASegmentThatCannotBeReadIsLoudAndNotTakenForAnEmptyOne) {
  { ASSERT_TRUE(open_journal(0)->append("first").has_value()); }
  const std::string path = segments().at(0);
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);  // Reading it fails, as on a broken disk.
  std::string code;
  EXPECT_EQ(open_journal(0, &code), nullptr);
  EXPECT_EQ(code, "journal_unreadable");
}

TEST_F(PartitionJournalTest, AFlippedBitIsLoudOrHarmless) {
  const std::string text = "some bytes that arrived";
  {
    const auto journal = open_journal(0);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(journal->append(text).has_value());
    ASSERT_TRUE(journal->append_end().has_value());
  }
  const std::string path = segments().at(0);
  std::ostringstream held;
  held << std::ifstream(path, std::ios::binary).rdbuf();
  int loud = 0, shorter = 0;
  for (std::size_t bit = 0; bit < held.str().size() * 8; ++bit) {
    std::string bytes = held.str();
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    std::ofstream(path, std::ios::binary) << bytes;
    std::string code, read_code;
    const auto journal = open_journal(0, &code);
    const std::string got = journal == nullptr ? "" : read_rest(*journal, read_code);
    const bool is_loud = code == "journal_damaged" || read_code == "journal_damaged";
    loud += is_loud;
    shorter += !is_loud;
    EXPECT_TRUE((text + text + text).starts_with(got)) << "never anything else";
  }
  EXPECT_GT(loud, 600);
  EXPECT_EQ(shorter, 0);
}

/// The end stands alone in a segment behind those that hold the bytes.
TEST_F(PartitionJournalTest, KnowsThatAnEndWillComeBeforeItIsRead) {
  for (const bool closed : {false, true}) {
    const std::string block(3 << 20, 'x');
    {
      const auto journal = open_journal(0);
      for (int i = 0; i < 3; ++i) ASSERT_TRUE(journal->append(block).has_value());
      if (closed) {
        ASSERT_TRUE(journal->append_end().has_value());
      }
    }
    EXPECT_EQ(segments().size(), closed ? 2u : 1u);
    for (const std::int64_t from : {0, 9 << 20}) {
      std::string code;
      const auto journal = open_journal(from);
      EXPECT_EQ(journal->will_have_end().value(), closed) << from;
      EXPECT_EQ(read_rest(*journal, code).size(), static_cast<std::size_t>((9 << 20) - from));
      EXPECT_EQ(journal->will_have_end().value(), closed) << from;
      EXPECT_EQ(journal->has_end(), closed);
    }
    PartitionJournal::remove(directory, "in", "p");
  }
}

class StdinJournalTest : public JournalTest {
 protected:
  StdinJournalTest() { EXPECT_EQ(pipe2(pipe_, O_NONBLOCK), 0); }
  ~StdinJournalTest() override {
    close(pipe_[0]);
    if (pipe_[1] >= 0) close(pipe_[1]);
  }
  void send(const std::string& text) {
    ASSERT_EQ(write(pipe_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void close_writer() { close(std::exchange(pipe_[1], -1)); }
  /// One attempt; `before` the positions to go on from.
  std::unique_ptr<StdinSource> attempt(support::FakeContext& in) {
    in.world.journals = directory + "/journals";
    auto source = std::make_unique<StdinSource>(api::NodeSpec{node, {}, {}}, pipe_[0]);
    const auto opened = source->open(in);
    EXPECT_TRUE(opened.has_value()) << opened.error().text;
    return source;
  }
  static void save(api::Source& source, const support::FakeContext& in, support::FakeContext& next,
                   std::uint64_t epoch = 1) {
    source.on_barrier(epoch);
    for (api::PartitionId id = 0; id < in.record.partitions.size(); ++id)
      next.world.positions[in.record.partitions[id].first] = source.position(id);
  }
  /// As if the process that wrote it were another one.
  void forget_process() {
    for (const std::string& path : segments("/journals")) {
      std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
      std::string head(32, '\0');
      file.read(head.data(), 32);
      head[20] = static_cast<char>(head[20] & ~1);  // That of a process is odd.
      const std::uint32_t crc = base::crc32c(head.data(), 28);
      for (int i = 0; i < 4; ++i) head[28 + static_cast<std::size_t>(i)] = static_cast<char>(crc >> (8 * i));
      file.seekp(0);
      file.write(head.data(), 32);
    }
  }
  int pipe_[2] = {-1, -1};
};

TEST_F(StdinJournalTest, WhatWasReadBehindTheCheckpointIsReadAgainAndTheStreamGoesOn) {
  support::FakeContext next;
  {
    support::FakeContext first;
    const auto source = attempt(first);
    send("one\ntwo\nthr");
    read_on(*source, first, 0, 1);
    EXPECT_THAT(first.rows(), ElementsAre("one", "two"));
  }
  next.world.positions["stdin"] = StreamPosition{4, false, ""}.text();
  send("ee\nfour\n");
  const auto source = attempt(next);
  EXPECT_EQ(read_on(*source, next, 0), api::Step::kIdle);
  EXPECT_THAT(next.rows(), ElementsAre("two", "three", "four"));
  EXPECT_EQ(next.record.partitions.size(), 1u);
  close_writer();
  EXPECT_EQ(read_on(*source, next, 0), api::Step::kDone);
}

TEST_F(StdinJournalTest, ANewProcessReadsTheJournalAndItsOwnInputApart) {
  support::FakeContext next;
  {
    support::FakeContext first;
    const auto source = attempt(first);
    send("one\ntwo\nthr");
    source->read(0, 1, first);
    source->read(0, 1, first);
    save(*source, first, next);
    read_on(*source, first, 0, 1);
  }
  forget_process();
  send("new\n");
  const auto source = attempt(next);
  ASSERT_EQ(next.record.partitions.size(), 2u);
  EXPECT_EQ(next.record.partitions[1].first, "stdin#2");
  EXPECT_EQ(read_on(*source, next, 0), api::Step::kDone);
  EXPECT_EQ(read_on(*source, next, 1), api::Step::kIdle);
  EXPECT_EQ(next.rows().back(), "new");
  EXPECT_THAT(next.rows(), ::testing::Not(::testing::Contains("thr"))) << "the rest of that line never came";
  EXPECT_THAT(next.rows(), ::testing::Contains("two"));
}

/// Nothing was complete yet, or the connection came after the checkpoint.
TEST_F(StdinJournalTest, WithoutAPositionTheJournalIsReadFromItsStart) {
  support::FakeContext next, third;
  {
    support::FakeContext first;
    const auto source = attempt(first);
    send("one\ntwo\n");
    read_on(*source, first, 0);
  }
  forget_process();
  api::SavedParts parts;
  {
    const auto source = attempt(next);
    EXPECT_EQ(read_on(*source, next, 0), api::Step::kDone);
    EXPECT_THAT(next.rows(), ElementsAre("one", "two"));
    send("three\n");
    read_on(*source, next, 1);
    save(*source, next, third);
    source->save(parts);
  }
  forget_process();
  third.world.positions.erase("stdin");  // An attempt further on does not list what has ended.
  const api::Restored restored{{parts}, 0, 1};
  third.world.restored = &restored;
  const auto source = attempt(third);
  for (api::PartitionId id = 0; id < third.record.partitions.size(); ++id) read_on(*source, third, id);
  EXPECT_THAT(third.rows(), IsEmpty()) << "read to its end before";
}

TEST_F(StdinJournalTest, AfterTheEndNothingIsWaitedFor) {
  support::FakeContext first, next;
  api::SavedParts parts;
  {
    const auto source = attempt(first);
    send("one\n");
    close_writer();
    EXPECT_EQ(read_on(*source, first, 0), api::Step::kDone);
    save(*source, first, next);
    source->save(parts);
  }
  const api::Restored restored{{parts}, 0, 1};
  next.world.restored = &restored;
  const auto source = attempt(next);
  EXPECT_THAT(next.record.partitions, IsEmpty());
  EXPECT_TRUE(next.record.partitions_complete);
}

/// The next process read its own input too, which is the same once more where the same command is given again.
TEST_F(StdinJournalTest, AfterAnEndThatOnlyTheJournalKnowsNothingIsWaitedForEither) {
  support::FakeContext next;
  {
    support::FakeContext first;
    const auto source = attempt(first);
    send("one\ntwo");
    close_writer();
    EXPECT_EQ(read_on(*source, first, 0), api::Step::kDone);
  }
  forget_process();
  const auto source = attempt(next);
  ASSERT_EQ(next.record.partitions.size(), 1u);
  EXPECT_EQ(read_on(*source, next, 0), api::Step::kDone);
  EXPECT_THAT(next.rows(), ElementsAre("one", "two"));
  api::SavedParts parts;
  source->save(parts);
  EXPECT_EQ(parts.count("ended"), 1u);
}

/// `stdin#10` stands before `stdin#2` in the order of texts: the live one was thought to be of another process, its
/// rest left out and the stream begun anew under another name.
TEST_F(StdinJournalTest, TheTenthProcessGoesOnWithItsOwnInput) {
  for (int process = 1; process <= 10; ++process) {
    support::FakeContext in;
    const auto source = attempt(in);
    const auto live = static_cast<api::PartitionId>(in.record.partitions.size() - 1);
    send("from " + std::to_string(process) + "\n");
    EXPECT_EQ(read_on(*source, in, live), api::Step::kIdle);
    if (process < 10) forget_process();
  }
  const auto names = PartitionJournal::partitions(directory + "/journals", node.name);
  ASSERT_EQ(names.size(), 10u);
  EXPECT_EQ(names[1], "stdin#2");
  EXPECT_EQ(names[9], "stdin#10");
  support::FakeContext next;
  const auto source = attempt(next);
  ASSERT_EQ(next.record.partitions.size(), 10u);
  EXPECT_EQ(read_on(*source, next, 8), api::Step::kDone);
  send("more\n");
  EXPECT_EQ(read_on(*source, next, 9), api::Step::kIdle);
  EXPECT_THAT(next.rows(), ElementsAre("from 9", "from 10", "more"));
}

TEST_F(StdinJournalTest, WithoutAStateDirectoryItSaysSo) {
  context.world.journals.clear();
  StdinSource source(api::NodeSpec{node, {}, {}}, pipe_[0]);
  EXPECT_EQ(source.open(context).error().code, "no_state_directory");
}

TEST_F(StdinJournalTest, IsSyncedAtBarriersAndKeptAsFarBackAsTheOldestCheckpoint) {
  node.params.set("journal_keep", std::int64_t{2});
  const auto source = attempt(context);
  const std::string line(60'000, 'x');
  for (std::uint64_t epoch = 1; epoch <= 400; ++epoch) {
    send(line + "\n");
    EXPECT_EQ(read_on(*source, context, 0), api::Step::kIdle);
    if (epoch % 20 != 0) continue;
    source->on_barrier(epoch);
    source->poll(context);
    EXPECT_TRUE(context.run_blocking_jobs()) << "the sync";
    source->on_published(epoch, context);
  }
  EXPECT_LE(segments("/journals").size(), 2u) << "of 24 MB";
  EXPECT_EQ(context.record.emitted.size(), 400u);
}

}  // namespace
}  // namespace penstock::operators
