#include "runtime/coordinator/answers.h"

#include "tests/unit/runtime/coordinator/played_cluster.h"

namespace penstock::coordinator {
namespace {

using Answers = PlayedCluster;

proto::NodeReport node_report(std::uint32_t node, std::uint64_t in, std::uint64_t out) {
  proto::NodeReport report;
  report.set_node(node);
  report.set_rows_in(in);
  report.set_rows_out(out);
  return report;
}

TEST_F(Answers, SumNodesOverWorkersAndMeasureRates) {
  run_on_two();
  for (std::uint64_t i = 1; i <= 10; ++i) {
    now_ += 200'000;
    for (const char* name : {"w1", "w2"}) {
      proto::JobReport report = in(proto::RUNNING);
      *report.add_nodes() = node_report(1, 1'000 * i, 10 * i);
      report.mutable_nodes(0)->set_watermark(std::string(name) == "w1" ? 5'000 : 6'000);
      auto& errors = *report.mutable_nodes(0)->add_errors_by_code();
      errors.set_code("bad_row");
      errors.set_rows(2);
      beats(name, 1, {report});
    }
  }
  const proto::JobStatus status = status_of(state_, job(), now_, 1'000'000);
  ASSERT_EQ(status.nodes_size(), 3);
  const proto::NodeStatus& node = status.nodes(1);
  EXPECT_EQ(node.name(), "n");
  EXPECT_EQ(node.verb(), "aggregate");
  EXPECT_EQ(node.kind(), "operator");
  EXPECT_EQ(node.tasks(), 2U);
  EXPECT_EQ(node.workers_size(), 2);
  EXPECT_EQ(node.totals().rows_in(), 20'000U);
  EXPECT_EQ(node.totals().rows_out(), 200U);
  EXPECT_EQ(node.totals().watermark(), 5'000);
  EXPECT_EQ(node.watermark_lag_us(), 1'000'000 - 5'000);
  ASSERT_EQ(node.totals().errors_by_code_size(), 1);
  EXPECT_EQ(node.totals().errors_by_code(0).rows(), 4U);
  EXPECT_NEAR(node.rows_in_rate(), 10'000, 1);
  EXPECT_NEAR(node.rows_out_rate(), 100, 1);
  EXPECT_EQ(status.nodes(2).workers_size(), 1);
  ASSERT_EQ(status.channels_size(), 3);
  EXPECT_EQ(status.channels(0).from(), "rides[0]@w1");
  EXPECT_EQ(status.channels(0).to(), "n[1]@w2");
  EXPECT_EQ(status.workers_size(), 2);
  EXPECT_EQ(status.workers(0).tasks(), 3U);
  EXPECT_EQ(status.job().state(), proto::JOB_RUNNING);
}

TEST_F(Answers, MeasureWhatAWorkerUses) {
  registers("w1", 1);
  const auto beat = [&](double cpu) {
    proto::Envelope envelope;
    proto::Heartbeat& body = *envelope.mutable_heartbeat();
    body.set_worker("w1");
    body.set_incarnation(1);
    body.set_sequence(++sequence_);
    body.set_cpu_seconds(cpu);
    body.set_resident_bytes(5 << 20);
    happens(MessageCame{{"w1#1", ""}, envelope});
  };
  beat(3.0);
  now_ += 200'000;
  beat(3.1);
  const proto::WorkerSummary summary = worker_list(state_, now_).workers(0);
  EXPECT_NEAR(summary.cpu_percent(), 50, 0.01);
  EXPECT_EQ(summary.resident_bytes(), 5U << 20);
  EXPECT_EQ(summary.memory_bytes(), 1U << 30);
}

TEST_F(Answers, FindAJobByNumberOrTheNewestOfAName) {
  join({"w1"});
  submits(1);
  submits(1);
  EXPECT_EQ(find_job(state_, "1"), 1U);
  EXPECT_EQ(find_job(state_, "test"), 2U);
  EXPECT_EQ(find_job(state_, "3"), std::nullopt);
  EXPECT_EQ(find_job(state_, ""), std::nullopt);
  EXPECT_EQ(find_job(state_, "-1"), std::nullopt);
  EXPECT_EQ(stops("nothing").error().code(), "unknown_job");
  EXPECT_EQ(stops("nothing").error().text(), "there is no job 'nothing'; `penstock list` shows all");
}

TEST_F(Answers, PageThroughTheLog) {
  run_on_two();
  const proto::LogPage first = log_page(job(), 0);
  EXPECT_EQ(first.lines_size(), 5);
  EXPECT_EQ(first.next(), 5U);
  EXPECT_FALSE(first.ended());
  EXPECT_EQ(log_page(job(), first.next()).lines_size(), 0);
  EXPECT_EQ(log_page(job(), 4).lines(0).text().substr(0, 4), "runs");
  EXPECT_EQ(log_page(job(), 1'000).lines_size(), 0);
  cancels("1");
  beats("w1", 1, {in(proto::RELEASED)});
  beats("w2", 1, {in(proto::RELEASED)});
  const proto::LogPage last = log_page(job(), first.next());
  EXPECT_EQ(last.lines_size(), 2);
  EXPECT_TRUE(last.ended());
}

TEST_F(Answers, TellOfJobsOfEarlierLives) {
  PastJob past;
  past.summary.set_job(3);
  past.summary.set_name("old");
  past.summary.set_state(proto::FINISHED);
  past.log.emplace_back().set_text("finished");
  state_.past[3] = past;
  state_.next_job = 4;
  join({"w1"});
  submits(1);
  const proto::JobList list = job_list(state_, now_);
  ASSERT_EQ(list.jobs_size(), 2);
  EXPECT_EQ(list.jobs(0).name(), "old");
  EXPECT_EQ(list.jobs(1).job(), 4U);
  EXPECT_EQ(stops("old").done().text(), "job 3 'old' has finished already");
  proto::Request request;
  request.mutable_logs()->set_job("old");
  EXPECT_EQ(asks(request).logs().lines_size(), 1);
  EXPECT_TRUE(asks(request).logs().ended());
  request.mutable_status()->set_job("3");
  EXPECT_EQ(asks(request).status().job().state(), proto::FINISHED);
}

TEST_F(Answers, ForgetTheOldestJobsBitByBit) {
  join({"w1"});
  for (std::uint64_t i = 1; i <= kMostEndedJobs + 5; ++i) {
    submits(1);
    cancels(std::to_string(i));
    beats("w1", 1, {in(proto::RELEASED, i)});
  }
  happens(TimePassed{});
  EXPECT_EQ(state_.jobs.size(), kMostEndedJobs);
  EXPECT_EQ(state_.past.size(), 5U);
  EXPECT_EQ(job_list(state_, now_).jobs_size(), static_cast<int>(kMostEndedJobs) + 5);
}

}  // namespace
}  // namespace penstock::coordinator
