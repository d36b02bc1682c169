#include "tools/penstock/cluster_json.h"

#include <gtest/gtest.h>

#include "tests/unit/tools/canned_answers.h"

namespace penstock::tools {
namespace {

TEST(ClusterJson, ListsJobs) {
  proto::JobList jobs;
  *jobs.add_jobs() = canned::failed_job();
  EXPECT_EQ(
      document(as_json(jobs)),
      R"({"jobs":[{"job":2,"name":"rides-per-hour","state":"failed","attempt":1,"submitted_us":1773468000250000,)"
      R"("running_us":3200000,"workers":2,"tasks":4,"restarts":0,"recoverable":false,"cause":{"code":"worker_lost","message":"worker 'w2' (host )"
      R"(node-b, process 123) is gone: its lease of 600 ms has run out","where":"","origin":"environment",)"
      R"("restart_helps":true}}]})"
      "\n");
  EXPECT_EQ(document(as_json(proto::JobList())), "{\"jobs\":[]}\n");
}

TEST(ClusterJson, ListsWorkers) {
  proto::WorkerList workers;
  *workers.add_workers() = canned::worker("w1", proto::WorkerSummary::DRAINING);
  EXPECT_EQ(document(as_json(workers)),
            R"({"workers":[{"worker":"w1","host":"node-a","process":4711,"labels":{"zone":"core"},"slots":4,"tasks":2,)"
            R"("state":"draining","cpu_percent":123.4,"resident_bytes":47185920,"memory_bytes":1073741824,)"
            R"("last_heard_us":120000,"software":"0.1.0"}]})"
            "\n");
}

TEST(ClusterJson, ShowsAllOfAStatus) {
  const Json status = as_json(canned::status());
  EXPECT_EQ(status["job"]["state"], "running");
  EXPECT_EQ(status["nodes"][1].dump(),
            R"({"name":"out","verb":"stdout","kind":"sink","tasks":1,"workers":["w1"],"rows_in_rate":40.0,)"
            R"("rows_out_rate":0.0,"in_flight_bytes":2048,"totals":{"rows_in":30,"rows_out":0,"passed":0,"filtered":0,)"
            R"("absorbed":0,"late":0,"errors":0,"dropped":0,"queued_bytes":0,"blocked":false,"ended":false,)"
            R"("credit_waits":0,"errors_by_code":{}}})");
  EXPECT_EQ(status["nodes"][0]["watermark_lag_us"], 2'500'000);
  EXPECT_EQ(status["nodes"][0]["totals"]["errors_by_code"].dump(), R"({"bad_json":7})");
  EXPECT_EQ(status["workers"][0]["worker"], "w1");
  EXPECT_EQ(status["channels"].dump(),
            R"([{"channel":7,"from":"rides[1]@w2","to":"out[0]@w1","window_bytes":65536,"bytes_a_second":3276800,)"
            R"("round_trip_us":340}])");
}

TEST(ClusterJson, ShowsALogPage) {
  proto::LogPage page;
  proto::LogLine& line = *page.add_lines();
  line.set_time_us(1'773'468'000'250'000);
  line.set_level("info");
  line.set_text("job 3 is running");
  page.set_next(1);
  EXPECT_EQ(
      document(as_json(page)),
      R"({"lines":[{"time_us":1773468000250000,"level":"info","text":"job 3 is running"}],"next":1,"ended":false})"
      "\n");
}

TEST(ClusterJson, ShowsAnErrorWithItsCode) {
  EXPECT_EQ(document(as_json(base::Error{"unknown_job", "there is no job 9", base::Origin::kUser, false, ""})),
            R"({"error":{"code":"unknown_job","message":"there is no job 9","where":"","origin":"user",)"
            R"("restart_helps":false}})"
            "\n");
}

TEST(ClusterJson, ReplacesWhatIsNotText) {
  EXPECT_EQ(document(as_json(base::Error{"c", "\xff", base::Origin::kUser, false, ""})),
            "{\"error\":{\"code\":\"c\",\"message\":\"\xEF\xBF\xBD\",\"where\":\"\",\"origin\":\"user\","
            "\"restart_helps\":false}}\n");
}

}  // namespace
}  // namespace penstock::tools
