#include "runtime/worker/hosted_job.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "operators/builtin.h"
#include "runtime/channel/zap_guard.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "topology/loader.h"
#include "topology/plan_checksum.h"

namespace penstock::worker {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCounts = R"yaml(penstock: 1
name: counts
parallelism: 2
sources:
  events:
    generate: {count: "${COUNT}"}
    fields: {id: i, key: "i % 97", time: "micros(i * 1000)"}
    event_time: {field: time}
operators:
  counts:
    from: events
    key_by: [key]
    window: {tumbling: 10s}
    aggregate: {begins: window_start, n: count(*), sum: sum(id)}
sinks:
  out: {from: counts, file: {path: "${OUT}/"}, format: json}
)yaml";

/// A few workers of one process, each with sockets of its own, told by the test what a coordinator would tell them.
class Cluster {
 public:
  Cluster(const std::string& text, int workers, const std::string& data_address, const std::string& out,
          const std::string& count = "20000", bool with_keys = false)
      : out_(out) {
    assignment_.set_topology(text);
    set("COUNT", count);
    set("OUT", out);
    auto loaded = topology::load(
        text,
        {[&](const std::string& name) -> std::optional<std::string> { return name == "COUNT" ? count : out; }, {}});
    plan_ = std::get<topology::Plan>(std::move(loaded));
    assignment_.set_plan_checksum(topology::plan_checksum(plan_));
    for (int w = 0; w < workers; ++w) {
      auto& place = *assignment_.add_workers();
      place.set_worker("w" + std::to_string(w));
      place.set_executors(1);
      transports_.push_back(std::make_unique<channel::TransportContext>(1));
      JobHost host{transports_.back().get(), &operators::builtin_registry(), data_address, {}, {}};
      if (with_keys) give_keys(host, place);
      jobs_.push_back(std::make_unique<HostedJob>(host, 7, 1));
    }
    for (std::size_t chain = 0; chain < plan_.chains.size(); ++chain)
      for (int i = 0; i < plan_.chains[chain].parallelism; ++i) {
        auto& task = *assignment_.add_tasks();
        task.set_chain(static_cast<std::uint32_t>(chain));
        task.set_instance(static_cast<std::uint32_t>(i));
        task.set_worker(static_cast<std::uint32_t>(i % workers));
      }
  }

  proto::Assignment& assignment() { return assignment_; }
  HostedJob& job(std::size_t worker) { return *jobs_[worker]; }
  void kill(std::size_t worker) { jobs_[worker].reset(); }

  /// Assign, connect, start: false as soon as a worker has failed.
  bool deploy() {
    for (std::size_t w = 0; w < jobs_.size(); ++w) {
      assignment_.set_self(static_cast<std::uint32_t>(w));
      jobs_[w]->assign(assignment_);
    }
    if (!all_reach(proto::ASSIGNED)) return false;
    std::vector<proto::Endpoint> endpoints;
    for (auto& job : jobs_) {
      const proto::JobReport report = job->report();
      endpoints.insert(endpoints.end(), report.endpoints().begin(), report.endpoints().end());
    }
    for (auto& job : jobs_) job->connect(endpoints);
    if (!all_reach(proto::CONNECTED)) return false;
    for (auto& job : jobs_) job->start();
    return true;
  }
  /// What a coordinator does once all input is drained: the last checkpoint, its publishing, the end.
  bool all_end() {
    const auto all = [this](auto&& fits) {
      return std::all_of(jobs_.begin(), jobs_.end(), [&](auto& job) { return !job || becomes(*job, fits); });
    };
    if (!all([](const proto::JobReport& report) { return report.drained(); })) return false;
    for (auto& job : jobs_) job->begin_checkpoint(1);
    for (auto& job : jobs_)
      if (!becomes(*job, [&](const proto::JobReport& report) { return report.snapshots_size() == tasks_of(*job); }))
        return false;
    for (auto& job : jobs_) job->publish(1);
    if (!all([](const proto::JobReport& report) { return report.published() >= 1; })) return false;
    for (auto& job : jobs_) job->finish();
    return all_reach(proto::ENDED);
  }
  template <class Fits>
  static bool becomes(HostedJob& job, Fits&& fits) {
    for (;;) {
      job.clear_changed();
      const auto now = job.report();
      if (fits(now)) return true;
      if (now.phase() == proto::FAILED || now.phase() == proto::RELEASED) return false;
      pollfd changed{job.descriptor(), POLLIN, 0};
      if (poll(&changed, 1, 30'000) <= 0) return false;
    }
  }
  int tasks_of(const HostedJob& job) const {
    const auto at = std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& own) { return own.get() == &job; });
    return static_cast<int>(std::count_if(
        assignment_.tasks().begin(), assignment_.tasks().end(),
        [&](const auto& task) { return task.worker() == static_cast<std::uint32_t>(at - jobs_.begin()); }));
  }
  bool all_reach(proto::Phase phase) {
    for (auto& job : jobs_)
      if (job && !reaches(*job, phase)) return false;
    return true;
  }
  static bool reaches(HostedJob& job, proto::Phase phase) {
    return becomes(job, [phase](const proto::JobReport& now) {
      return now.phase() == phase || (phase == proto::RUNNING && now.phase() == proto::ENDED);
    });
  }
  proto::NodeReport sums(std::uint32_t node) {
    proto::NodeReport sum;
    for (auto& job : jobs_) {
      const auto report = job->report();
      const auto& one = report.nodes(static_cast<int>(node));
      sum.set_rows_in(sum.rows_in() + one.rows_in());
      sum.set_rows_out(sum.rows_out() + one.rows_out());
    }
    return sum;
  }
  std::multiset<std::string> rows() const {
    std::multiset<std::string> lines;
    for (const auto& entry : fs::directory_iterator(out_)) {
      if (!entry.is_regular_file() || entry.path().filename().string().starts_with(".")) continue;
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) lines.insert(line);
    }
    return lines;
  }

 private:
  void give_keys(JobHost& host, proto::WorkerPlace& place) {
    host.keys = *channel::generate_keys();
    host.admission = admissions_.emplace_back(std::make_unique<channel::Admission>()).get();
    guards_.push_back(channel::ZapGuard::start(*host.transport, *host.admission).value());
    place.set_public_key(host.keys->public_key);
  }
  void set(const std::string& name, const std::string& value) {
    auto& variable = *assignment_.add_variables();
    variable.set_name(name);
    variable.set_value(value);
  }
  std::string out_;
  topology::Plan plan_;
  proto::Assignment assignment_;
  std::vector<std::unique_ptr<channel::TransportContext>> transports_;
  std::vector<std::unique_ptr<channel::Admission>> admissions_;
  std::vector<std::unique_ptr<channel::ZapGuard>> guards_;
  std::vector<std::unique_ptr<HostedJob>> jobs_;
};

class HostedJobTest : public testing::Test {
 protected:
  HostedJobTest() {
    std::string name = "/tmp/hosted-job-XXXXXX";
    directory_ = mkdtemp(name.data());
  }
  ~HostedJobTest() override { fs::remove_all(directory_); }
  std::string fresh(const std::string& name) {
    fs::create_directories(directory_ + "/" + name);
    return directory_ + "/" + name;
  }
  std::multiset<std::string> answer_of(int workers, const std::string& address, const std::string& name,
                                       bool with_keys = false) {
    Cluster cluster(kCounts, workers, address, fresh(name), "20000", with_keys);
    EXPECT_TRUE(cluster.deploy());
    EXPECT_TRUE(cluster.all_end()) << cluster.job(0).report().error().text();
    EXPECT_EQ(cluster.sums(0).rows_in(), 20'000u);
    for (int w = 0; w < workers; ++w) cluster.job(static_cast<std::size_t>(w)).release();
    EXPECT_TRUE(cluster.all_reach(proto::RELEASED));
    return cluster.rows();
  }
  std::string directory_;
};

TEST_F(HostedJobTest, GivesTheSameAnswerOnOneTwoAndThreeWorkersOverTcpAndIpc) {
  const auto one = answer_of(1, "tcp://127.0.0.1", "one");
  EXPECT_EQ(one.size(), 97u * 2);
  EXPECT_EQ(answer_of(2, "tcp://127.0.0.1", "two"), one);
  EXPECT_EQ(answer_of(3, "tcp://127.0.0.1", "three"), one);
  EXPECT_EQ(answer_of(2, "ipc://" + fresh("sockets"), "two-ipc"), one);
  EXPECT_TRUE(fs::is_empty(directory_ + "/sockets"));
}

TEST_F(HostedJobTest, GivesTheSameAnswerWithKeys) {
  const auto plain = answer_of(1, "tcp://127.0.0.1", "plain");
  EXPECT_EQ(answer_of(2, "tcp://127.0.0.1", "two", true), plain);
  EXPECT_EQ(answer_of(3, "ipc://" + fresh("sockets"), "three", true), plain);
}

TEST_F(HostedJobTest, DoesNotSendRowsToAWorkerWithAnotherKeyThanTheCoordinatorSaid) {
  Cluster cluster(kCounts, 2, "tcp://127.0.0.1", fresh("out"), "20000", true);
  cluster.assignment().mutable_workers(1)->set_public_key(channel::generate_keys()->public_key);
  EXPECT_FALSE(cluster.deploy());
  EXPECT_FALSE(Cluster::reaches(cluster.job(0), proto::CONNECTED));
  EXPECT_EQ(cluster.job(0).report().error().code(), "peer_lost");
  EXPECT_EQ(cluster.job(0).report().lost_peer(), "w1");
}

TEST_F(HostedJobTest, WorksWithWorkersThatAllHaveKeysOnly) {
  Cluster cluster(kCounts, 2, "tcp://127.0.0.1", fresh("out"), "20000", true);
  cluster.assignment().mutable_workers(1)->clear_public_key();
  EXPECT_FALSE(cluster.deploy());
  EXPECT_EQ(cluster.job(0).report().error().code(), "worker_without_key");
}

TEST_F(HostedJobTest, SaysWhichPeerItLostWhenAConnectionBreaks) {
  Cluster cluster(kCounts, 2, "tcp://127.0.0.1", fresh("out"), "2000000000");
  ASSERT_TRUE(cluster.deploy());
  ASSERT_TRUE(cluster.all_reach(proto::RUNNING));
  cluster.kill(1);
  EXPECT_FALSE(Cluster::reaches(cluster.job(0), proto::ENDED));
  const auto report = cluster.job(0).report();
  EXPECT_EQ(report.phase(), proto::FAILED);
  EXPECT_EQ(report.error().code(), "peer_lost");
  EXPECT_EQ(report.lost_peer(), "w1");
  EXPECT_TRUE(cluster.rows().empty());
}

/// The part had failed before it was known that no other attempt would follow, and left what it had staged for ever.
TEST_F(HostedJobTest, RemovesWhatAPartThatFailedHasStagedOnceItIsKnownThatNobodyNeedsIt) {
  const std::string out = fresh("out");
  Cluster cluster(kCounts, 2, "tcp://127.0.0.1", out, "2000000000");
  auto& checkpoints = *cluster.assignment().mutable_checkpoints();
  checkpoints.set_store(fresh("store"));
  checkpoints.set_job("counts-7");
  checkpoints.set_token(*(*checkpoint::open_store(checkpoints.store()))->begin_job("counts-7"));
  ASSERT_TRUE(cluster.deploy());
  ASSERT_TRUE(cluster.all_reach(proto::RUNNING));
  const auto staged = [&] {  // By the task on the first worker.
    const fs::directory_iterator files(out);
    return std::count_if(begin(files), end(files), [](const fs::directory_entry& file) {
      return file.path().filename().string().starts_with(".part.out.counts-7.0.");
    });
  };
  while (staged() < 2) usleep(1000);  // The marker, and a segment.
  cluster.kill(1);
  EXPECT_FALSE(Cluster::reaches(cluster.job(0), proto::ENDED));
  EXPECT_EQ(cluster.job(0).report().phase(), proto::FAILED);
  EXPECT_GE(staged(), 2) << "another attempt may follow";
  cluster.job(0).cancel(true);
  while (cluster.job(0).report().phase() != proto::RELEASED) usleep(1000);
  EXPECT_EQ(staged(), 0);
}

TEST_F(HostedJobTest, StopsInOrderAndPublishesWhatItHas) {
  Cluster cluster(kCounts, 2, "tcp://127.0.0.1", fresh("out"), "2000000000");
  ASSERT_TRUE(cluster.deploy());
  ASSERT_TRUE(cluster.all_reach(proto::RUNNING));
  cluster.job(0).stop();
  cluster.job(1).stop();
  EXPECT_TRUE(cluster.all_end());
  EXPECT_EQ(cluster.sums(1).rows_out(), cluster.rows().size());
}

TEST_F(HostedJobTest, RefusesAPlanThatIsNotTheCoordinators) {
  Cluster cluster(kCounts, 1, "tcp://127.0.0.1", fresh("out"));
  cluster.assignment().set_plan_checksum(1);
  EXPECT_FALSE(cluster.deploy());
  EXPECT_EQ(cluster.job(0).report().error().code(), "bad_assignment");
}

TEST_F(HostedJobTest, ReportsAMissingInputBeforeAnythingRuns) {
  Cluster cluster(R"yaml(penstock: 1
name: missing
sources: {lines: {file: {path: "${OUT}/not-there.txt"}, format: text}}
sinks: {out: {from: lines, file: {path: "${OUT}/${COUNT}/"}, format: json}}
)yaml",
                  1, "tcp://127.0.0.1", fresh("out"));
  EXPECT_FALSE(cluster.deploy());
  EXPECT_EQ(cluster.job(0).report().phase(), proto::FAILED);
  EXPECT_NE(cluster.job(0).report().error().text().find("not-there.txt"), std::string::npos);
}

TEST_F(HostedJobTest, TakesOrdersThatDoNotFitItsPhaseForRepeats) {
  Cluster cluster(kCounts, 1, "tcp://127.0.0.1", fresh("out"));
  cluster.job(0).start();
  cluster.job(0).stop();
  cluster.job(0).release();
  ASSERT_TRUE(cluster.deploy());
  cluster.job(0).assign(cluster.assignment());
  cluster.job(0).start();
  EXPECT_TRUE(cluster.all_end());
}

}  // namespace
}  // namespace penstock::worker
