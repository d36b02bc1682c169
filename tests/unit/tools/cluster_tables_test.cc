#include "tools/penstock/cluster_tables.h"

#include <gtest/gtest.h>

#include "tests/unit/tools/canned_answers.h"
#include "tools/penstock/cluster_words.h"
#include "tools/penstock/top_view.h"

namespace penstock::tools {
namespace {

TEST(ClusterTables, ListsJobsWithWhyTheyFailed) {
  EXPECT_EQ(joined(job_lines(canned::jobs())),
            "job  name            state      for  workers  tasks  cause\n"
            "  3  rides-per-hour  running  1m12s        2      4\n"
            "  2  rides-per-hour  failed    3.2s        2      4  worker 'w2' (host node-b, process 123) is gone: its "
            "lease of 600 ms has run out [worker_lost]\n");
}

TEST(ClusterTables, ListsWorkersWithWhatTheyUse) {
  EXPECT_EQ(joined(worker_lines(canned::workers())),
            "worker  state   host    process  tasks  slots    cpu    memory    budget  heard  labels\n"
            "w1      active  node-a     4711      2      4  123 %  45.0 MiB  1.00 GiB  120ms  zone=core\n"
            "w2      lost    node-a     4711      2      4  123 %  45.0 MiB  1.00 GiB  120ms  zone=core\n");
}

TEST(ClusterTables, ShowsRatesWaitsAndWindowsOfAJobThatRuns) {
  EXPECT_EQ(joined(status_lines(canned::status())),
            "job 3 'rides-per-hour'  running  1m12s\n"
            "4 tasks on 2 workers, attempt 1, submitted 2026-03-14T06:00:00Z\n"
            "keeps no checkpoints: a lost worker ends it\n"
            "\n"
            "node           tasks       in      out  in flight  credit waits   lag  late  errors  state    workers\n"
            "rides  file        2  12.3k/s  12.3k/s                    1.50k  2.5s             7  blocked  w1 w2\n"
            "out    stdout      1     40/s            2.00 KiB                   -                running  w1\n"
            "errors of rides: bad_json 7\n"
            "\n"
            "worker  state   host    process  tasks  slots    cpu    memory    budget  heard  labels\n"
            "w1      active  node-a     4711      2      4  123 %  45.0 MiB  1.00 GiB  120ms  zone=core\n"
            "\n"
            "channel from  to               rate  round trip    window   holds\n"
            "rides[1]@w2   out[0]@w1  3.12 MiB/s       340us  64.0 KiB  20.0ms\n");
}

TEST(ClusterTables, ShowsTheCauseAndTotalsOfAJobThatIsOver) {
  proto::JobStatus failed = canned::status(proto::JOB_FAILED);
  failed.clear_workers();
  failed.clear_channels();
  EXPECT_EQ(joined(status_lines(failed)),
            "job 3 'rides-per-hour'  failed  3.2s\n"
            "4 tasks on 2 workers, attempt 1, submitted 2026-03-14T06:00:00Z\n"
            "cause: worker 'w2' (host node-b, process 123) is gone: its lease of 600 ms has run out [worker_lost]\n"
            "\n"
            "node           tasks    rows in   rows out  in flight  credit waits  lag  late  errors  state  workers\n"
            "rides  file        2  1,234,567  1,234,560                    1.50k    -             7         w1 w2\n"
            "out    stdout      1         30                                        -                       w1\n"
            "errors of rides: bad_json 7\n");
}

TEST(ClusterTables, SaysNothingOfAChannelOnWhichNothingIsMeasured) {
  proto::JobStatus status = canned::status();
  status.mutable_channels(0)->set_bytes_a_second(0);
  status.mutable_channels(0)->set_round_trip_us(0);
  EXPECT_EQ(channel_lines(status)[1], "rides[1]@w2   out[0]@w1     -           -  64.0 KiB      -");
}

TEST(ClusterTables, ShowsSomeOfVeryManyChannels) {
  proto::JobStatus status = canned::status();
  while (status.channels_size() < 100) *status.add_channels() = canned::channel();
  const Lines lines = channel_lines(status);
  EXPECT_EQ(lines.size(), 42U);
  EXPECT_EQ(lines.back(), "... and 60 channels more, which --json shows");
}

TEST(ClusterTables, CountsOneOfAThingAsOne) {
  proto::JobStatus status = canned::status();
  status.mutable_job()->set_tasks(1);
  status.mutable_job()->set_workers(1);
  EXPECT_EQ(status_lines(status)[1], "1 task on 1 worker, attempt 1, submitted 2026-03-14T06:00:00Z");
}

TEST(ClusterTables, KeepsCausesWholeAndFromWritingToTheTerminal) {
  proto::JobStatus status = canned::status(proto::JOB_FAILED);
  status.mutable_job()->mutable_cause()->set_text("\x1b[2Jhidden " + std::string(100, 'x'));
  EXPECT_EQ(status_lines(status, 40)[2], "cause: ?[2Jhidden " + std::string(100, 'x') + " [worker_lost]");
}

TEST(ClusterTables, SaysHowAJobThatWasInterruptedStands) {
  proto::JobStatus status = canned::status(proto::RECOVERING);
  proto::JobSummary& job = *status.mutable_job();
  job.set_restarts(2);
  job.set_recoverable(true);
  job.set_waits_for("a worker");
  EXPECT_EQ(status_lines(status)[2], "2 restarts; no checkpoint yet");
  EXPECT_EQ(status_lines(status)[3], "waits for: a worker");
  job.mutable_newest()->set_epoch(17);
  job.mutable_newest()->set_state_bytes(2048);
  job.mutable_newest()->set_duration_us(21'000);
  EXPECT_EQ(status_lines(status)[2].substr(0, 32), "2 restarts; checkpoint 17 taken ");
}

TEST(ClusterTables, ListsCheckpointsOldestFirst) {
  proto::CheckpointList list;
  *list.mutable_job() = canned::status().job();
  EXPECT_EQ(checkpoint_lines(list)[0], "job 3 'rides-per-hour' keeps no checkpoints");
  list.set_store("file:///store");
  list.set_identity("rides_per_hour-1");
  proto::CheckpointSummary& one = *list.add_checkpoints();
  one.set_epoch(17);
  one.set_attempt(2);
  one.set_completed_us(1'773'468'000'250'000);
  one.set_state_bytes(2048);
  one.set_changed_bytes(1024);
  one.set_duration_us(21'000);
  const Lines lines = checkpoint_lines(list);
  EXPECT_EQ(lines[1], "file:///store/rides_per_hour-1");
  EXPECT_NE(lines[4].find("2026-03-14T06:00:00Z"), std::string::npos);
  EXPECT_NE(lines[4].find("2.00 KiB"), std::string::npos);
  EXPECT_NE(lines[4].find("not yet"), std::string::npos);
}

TEST(ClusterTables, CallEveryStateByItsName) {
  std::string words;
  for (int state = 0; state <= proto::RECOVERING; ++state)
    words += std::string(word_of(static_cast<proto::JobState>(state))) + " ";
  EXPECT_EQ(words,
            "unknown deploying running stopping cancelling failing finished stopped cancelled failed recovering ");
}

ClusterLook look() { return {"tcp://127.0.0.1:7461", canned::workers(), canned::jobs(), {canned::status()}}; }

TEST(TopView, ShowsWorkersRunningJobsAndWhatHasEnded) {
  EXPECT_EQ(joined(top_lines(look())),
            "tcp://127.0.0.1:7461: 2 workers, 1 of 2 jobs running\n"
            "\n"
            "worker  state   host    process  tasks  slots    cpu    memory    budget  heard  labels\n"
            "w1      active  node-a     4711      2      4  123 %  45.0 MiB  1.00 GiB  120ms  zone=core\n"
            "w2      lost    node-a     4711      2      4  123 %  45.0 MiB  1.00 GiB  120ms  zone=core\n"
            "\n"
            "job 3 'rides-per-hour'  running  1m12s\n"
            "node           tasks       in      out  in flight  credit waits   lag  late  errors  state    workers\n"
            "rides  file        2  12.3k/s  12.3k/s                    1.50k  2.5s             7  blocked  w1 w2\n"
            "out    stdout      1     40/s            2.00 KiB                   -                running  w1\n"
            "\n"
            "job  name            state    for  workers  tasks  cause\n"
            "  2  rides-per-hour  failed  3.2s        2      4  worker 'w2' (host node-b, process 123) is gone: its "
            "lease of 600 ms has run out [worker_lost]\n");
}

TEST(TopView, NamesOnlyTheNewestOfManyThatHaveEnded) {
  ClusterLook many = look();
  for (std::uint64_t number = 10; number < 30; ++number) *many.jobs.add_jobs() = canned::job(number, proto::FINISHED);
  const Lines lines = top_lines(many);
  EXPECT_EQ(lines[lines.size() - 5].substr(0, 3), " 29");
  EXPECT_EQ(lines.back().substr(0, 3), " 25");
}

TEST(TopView, SaysHowLittleThereIs) {
  EXPECT_EQ(joined(top_lines({"ipc:///run/penstock", {}, {}, {}})),
            "ipc:///run/penstock: 0 workers, 0 of 0 jobs running\n");
}

TEST(TopView, FitsAnyTerminal) {
  for (std::size_t width = 1; width < 120; width += 3) {
    for (std::size_t height = 1; height < 20; ++height) {
      for (const Lines& lines : {top_lines(look(), width, height), attached_lines(canned::status(), width, height)}) {
        EXPECT_LE(lines.size(), height);
        for (const std::string& line : lines) EXPECT_LE(text_width(line), width);
      }
    }
  }
}

TEST(TopView, SaysWhatDidNotFit) {
  EXPECT_EQ(joined(attached_lines(canned::status(), 60, 3)),
            "job 3 'rides-per-hour'  running  1m12s\n"
            "node           tasks       in      out  in flight  credit w…\n"
            "... and 2 lines more\n");
}

}  // namespace
}  // namespace penstock::tools
