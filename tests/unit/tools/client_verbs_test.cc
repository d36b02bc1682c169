#include "tools/penstock/client_verbs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/unit/tools/canned_answers.h"
#include "tests/unit/tools/fake_coordinator.h"
#include "tools/penstock/exit_status.h"

namespace penstock::tools {
namespace {

using Answer = std::optional<proto::Answer>;

struct Shown {
  int status = 0;
  std::string out;
  std::string err;
};

template <class Verb, class Options>
Shown run(Verb verb, const Options& options) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Shown shown;
  shown.status = verb(options);
  shown.out = ::testing::internal::GetCapturedStdout();
  shown.err = ::testing::internal::GetCapturedStderr();
  return shown;
}

ClientOptions at(const FakeCoordinator& coordinator, bool json = false) {
  return {{coordinator.address(), "", ""}, json};
}

Answer done(const char* text) {
  proto::Answer answer;
  answer.mutable_done()->set_text(text);
  return answer;
}

Answer refusal(const char* code, const char* text) {
  proto::Answer answer;
  answer.mutable_error()->set_code(code);
  answer.mutable_error()->set_text(text);
  return answer;
}

Answer status_of(proto::JobState state) {
  proto::Answer answer;
  *answer.mutable_status() = canned::status(state);
  return answer;
}

Answer submitted() {
  proto::Answer answer;
  answer.mutable_submitted()->set_job(3);
  answer.mutable_submitted()->set_name("rides-per-hour");
  return answer;
}

/// A job that runs for as many questions as it is told, then is in its last state.
FakeCoordinator::Handler job_that_ends(proto::JobState end, int after = 2) {
  auto left = std::make_shared<int>(after);
  return [left, end](const proto::Request& request) {
    if (request.has_submit()) return submitted();
    if (request.has_stop() || request.has_cancel()) return done("job 3 'rides-per-hour' is ending");
    return status_of(--*left >= 0 ? proto::JOB_RUNNING : end);
  };
}

class SubmitVerb : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / ("penstock-submit-" + std::to_string(getpid()) + ".yaml");
    write("sources:\n  n: {generate: {count: 1}, fields: {i: i}}\nsinks:\n  out: {from: n, discard: {}}\n");
  }
  void TearDown() override { std::filesystem::remove(path_); }
  void write(const std::string& body) const { std::ofstream(path_) << "penstock: 1\nname: tiny\n" << body; }

  SubmitOptions options(const FakeCoordinator& coordinator) const {
    SubmitOptions options;
    options.topology.file = path_;
    options.client = at(coordinator);
    return options;
  }

  std::string path_;
};

TEST(ClientVerbs, List) {
  FakeCoordinator coordinator([](const proto::Request& request) {
    proto::Answer answer;
    if (request.has_list_jobs()) *answer.mutable_jobs() = canned::jobs();
    return answer;
  });
  const Shown text = run(verb_list, at(coordinator));
  EXPECT_EQ(text.status, kDone) << text.err;
  EXPECT_EQ(text.out.substr(0, text.out.find('\n')), "job  name            state      for  workers  tasks  cause");
  const Shown json = run(verb_list, at(coordinator, true));
  EXPECT_EQ(nlohmann::json::parse(json.out)["jobs"].size(), 2U);
}

TEST(ClientVerbs, ListAndWorkersOfAnEmptyCluster) {
  FakeCoordinator coordinator([](const proto::Request& request) {
    proto::Answer answer;
    if (request.has_list_jobs()) answer.mutable_jobs();
    if (request.has_list_workers()) answer.mutable_workers();
    return answer;
  });
  EXPECT_EQ(run(verb_list, at(coordinator)).out, "no jobs\n");
  EXPECT_EQ(run(verb_workers, WorkerChoice{at(coordinator), ""}).out, "no workers\n");
  EXPECT_EQ(run(verb_workers, WorkerChoice{at(coordinator, true), ""}).out, "{\"workers\":[]}\n");
}

TEST(ClientVerbs, AWorkerThatTakesTasksIsSuccess) {
  FakeCoordinator coordinator([](const proto::Request&) {
    proto::Answer answer;
    *answer.mutable_workers() = canned::workers();
    return answer;
  });
  const auto ask = [&coordinator](const char* worker) {
    return run(verb_workers, WorkerChoice{at(coordinator, true), worker});
  };
  EXPECT_EQ(ask("w1").status, kDone);
  EXPECT_EQ(nlohmann::json::parse(ask("w1").out)["workers"].size(), 1U);
  EXPECT_EQ(ask("w2").status, kFailed);  // Lost.
  EXPECT_EQ(nlohmann::json::parse(ask("w3").err)["error"]["code"], "unknown_worker");
}

TEST(ClientVerbs, StatusOfAJobByName) {
  std::string asked;
  FakeCoordinator coordinator([&asked](const proto::Request& request) {
    asked = request.status().job();
    return status_of(proto::JOB_RUNNING);
  });
  const Shown shown = run(verb_status, JobOptions{at(coordinator), "rides-per-hour"});
  EXPECT_EQ(shown.status, kDone);
  EXPECT_EQ(asked, "rides-per-hour");
  EXPECT_EQ(shown.out.substr(0, shown.out.find('\n')), "job 3 'rides-per-hour'  running  1m12s");
}

TEST(ClientVerbs, WhatTheCoordinatorRefusesFailsWithItsCode) {
  FakeCoordinator coordinator([](const proto::Request&) { return refusal("unknown_job", "there is no job 9"); });
  const Shown text = run(verb_status, JobOptions{at(coordinator), "9"});
  EXPECT_EQ(text.status, kFailed);
  EXPECT_EQ(text.out, "");
  EXPECT_EQ(text.err, "penstock status: there is no job 9 [unknown_job]\n");
  const Shown json = run(verb_status, JobOptions{at(coordinator, true), "9"});
  EXPECT_EQ(json.out, "");
  EXPECT_EQ(nlohmann::json::parse(json.err)["error"]["code"], "unknown_job");
}

TEST(ClientVerbs, StopAndCancelSayWhatWasDone) {
  std::string asked;
  FakeCoordinator coordinator([&asked](const proto::Request& request) {
    asked += request.has_stop() ? "stop " + request.stop().job() + " " : "";
    asked += request.has_cancel() ? "cancel " + request.cancel().job() + " " : "";
    asked += request.has_drain() ? "drain " + request.drain().worker() + " " : "";
    return done("it is on its way");
  });
  EXPECT_EQ(run(verb_stop, JobOptions{at(coordinator), "3"}).out, "it is on its way\n");
  EXPECT_EQ(run(verb_cancel, JobOptions{at(coordinator), "3"}).out, "it is on its way\n");
  EXPECT_EQ(run(verb_drain, WorkerChoice{at(coordinator), "w1"}).out, "it is on its way\n");
  EXPECT_EQ(run(verb_drain, WorkerChoice{at(coordinator, true), "w1"}).out, "{\"done\":\"it is on its way\"}\n");
  EXPECT_EQ(asked, "stop 3 cancel 3 drain w1 drain w1 ");
}

TEST(ClientVerbs, StopMayWaitForTheEnd) {
  FakeCoordinator coordinator(job_that_ends(proto::STOPPED, 3));
  const Shown shown = run(verb_stop, JobOptions{.client = at(coordinator), .job = "rides-per-hour", .wait = true});
  EXPECT_EQ(shown.status, kDone) << shown.err;
  EXPECT_EQ(shown.err.substr(0, shown.err.find('\n')), "job 3 'rides-per-hour'  stopped  1m12s");
}

TEST(ClientVerbs, CancelWaitsForItsOwnKindOfEnd) {
  FakeCoordinator cancelled(job_that_ends(proto::CANCELLED));
  EXPECT_EQ(run(verb_cancel, JobOptions{.client = at(cancelled), .job = "3", .wait = true}).status, kDone);
  FakeCoordinator by_others(job_that_ends(proto::CANCELLED));
  EXPECT_EQ(run(verb_stop, JobOptions{.client = at(by_others), .job = "3", .wait = true}).status, kFailed);
}

TEST(ClientVerbs, LogsComePageByPage) {
  FakeCoordinator coordinator([](const proto::Request& request) {
    proto::Answer answer;
    proto::LogPage& page = *answer.mutable_logs();
    const std::uint64_t from = request.logs().from();
    if (from < 3) {
      proto::LogLine& line = *page.add_lines();
      line.set_time_us(1'773'468'000'000'000);
      line.set_level("info");
      line.set_text("line " + std::to_string(from));
    }
    page.set_next(std::min<std::uint64_t>(from + 1, 3));
    page.set_ended(true);
    return answer;
  });
  const std::string all =
      "2026-03-14T06:00:00.000Z info  line 0\n2026-03-14T06:00:00.000Z info  line 1\n"
      "2026-03-14T06:00:00.000Z info  line 2\n";
  EXPECT_EQ(run(verb_logs, LogsOptions{at(coordinator), "3", false}).out, all);
  EXPECT_EQ(run(verb_logs, LogsOptions{at(coordinator), "3", true}).out, all);
  const auto json = nlohmann::json::parse(run(verb_logs, LogsOptions{at(coordinator, true), "3", false}).out);
  EXPECT_EQ(json["lines"].size(), 3U);
  EXPECT_EQ(json["ended"], true);
}

TEST(ClientVerbs, TopLooksOnceWhereThereIsNoTerminal) {
  FakeCoordinator coordinator([](const proto::Request& request) {
    proto::Answer answer;
    if (request.has_list_jobs()) *answer.mutable_jobs() = canned::jobs();
    if (request.has_list_workers()) *answer.mutable_workers() = canned::workers();
    if (request.has_status()) return status_of(proto::JOB_RUNNING);
    return Answer(answer);
  });
  const Shown text = run(verb_top, TopOptions{at(coordinator), false});
  EXPECT_EQ(text.status, kDone);
  EXPECT_NE(text.out.find("2 workers, 1 of 2 jobs running"), std::string::npos) << text.out;
  const auto json = nlohmann::json::parse(run(verb_top, TopOptions{at(coordinator, true), true}).out);
  EXPECT_EQ(json["running"].size(), 1U);
  EXPECT_EQ(json["workers"].size(), 2U);
}

TEST_F(SubmitVerb, PrintsTheJobsNumber) {
  std::string topology;
  FakeCoordinator coordinator([&topology](const proto::Request& request) {
    topology = request.submit().topology();
    return submitted();
  });
  const Shown text = run(verb_submit, options(coordinator));
  EXPECT_EQ(text.status, kDone) << text.err;
  EXPECT_EQ(text.out, "job 3 'rides-per-hour' is submitted\n");
  EXPECT_NE(topology.find("name: tiny"), std::string::npos);
  SubmitOptions json = options(coordinator);
  json.client.json = true;
  EXPECT_EQ(run(verb_submit, json).out, "{\"job\":3,\"name\":\"rides-per-hour\"}\n");
}

TEST_F(SubmitVerb, ShowsFaultsOfTheFileBeforeAnyoneIsAsked) {
  write("sources:\n  n: {generat: {count: 1}}\nsinks:\n  out: {from: n, discard: {}}\n");
  FakeCoordinator coordinator([](const proto::Request&) { return submitted(); });
  const Shown shown = run(verb_submit, options(coordinator));
  EXPECT_EQ(shown.status, kBadTopology);
  EXPECT_NE(shown.err.find("^~~~"), std::string::npos) << shown.err;
  EXPECT_EQ(coordinator.asked(), 0);
}

TEST_F(SubmitVerb, WaitsUntilTheJobHasFinished) {
  FakeCoordinator coordinator(job_that_ends(proto::FINISHED));
  SubmitOptions waiting = options(coordinator);
  waiting.wait = true;
  const Shown shown = run(verb_submit, waiting);
  EXPECT_EQ(shown.status, kDone) << shown.err;
  EXPECT_EQ(shown.out, "job 3 'rides-per-hour' is submitted\n");
  EXPECT_EQ(shown.err,
            "job 3 'rides-per-hour'  finished  1m12s\n"
            "  node           tasks    rows in   rows out  in flight  credit waits  lag  late  errors  state  workers\n"
            "  rides  file        2  1,234,567  1,234,560                    1.50k    -             7         w1 w2\n"
            "  out    stdout      1         30                                        -                       w1\n");
}

TEST_F(SubmitVerb, WaitsAndFailsWithTheJobsCause) {
  FakeCoordinator coordinator(job_that_ends(proto::JOB_FAILED));
  SubmitOptions waiting = options(coordinator);
  waiting.attach = true;
  const Shown shown = run(verb_submit, waiting);
  EXPECT_EQ(shown.status, kFailed);
  EXPECT_NE(shown.err.find("penstock: job 'rides-per-hour' failed: worker 'w2' (host node-b, process 123) is gone: its "
                           "lease of 600 ms has run out [worker_lost]\n  its log: penstock logs 3"),
            std::string::npos)
      << shown.err;
  waiting.client.json = true;
  FakeCoordinator again(job_that_ends(proto::JOB_FAILED));
  waiting.client.coordinator.address = again.address();
  const Shown json = run(verb_submit, waiting);
  EXPECT_EQ(json.status, kFailed);
  EXPECT_EQ(nlohmann::json::parse(json.out)["job"]["cause"]["code"], "worker_lost");
}

TEST_F(SubmitVerb, SaysWhenTheCoordinatorDiesMeanwhile) {
  FakeCoordinator coordinator(job_that_ends(proto::FINISHED, 1'000'000));
  std::thread death([&coordinator] {
    while (coordinator.asked() < 3) usleep(1000);
    coordinator.stop();
  });
  SubmitOptions waiting = options(coordinator);
  waiting.wait = true;
  const Shown shown = run(verb_submit, waiting);
  death.join();
  EXPECT_EQ(shown.status, kFailed);
  EXPECT_NE(shown.err.find("was there and is gone [coordinator_lost]"), std::string::npos) << shown.err;
  EXPECT_NE(shown.err.find("job 3 may still be running; ask again with penstock status 3"), std::string::npos)
      << shown.err;
}

TEST_F(SubmitVerb, IsABadTopologyAlsoWhereOnlyTheCoordinatorSaysSo) {
  FakeCoordinator coordinator([](const proto::Request&) { return refusal("bad_topology", "tiny.yaml:3:1: ..."); });
  EXPECT_EQ(run(verb_submit, options(coordinator)).status, kBadTopology);
}

}  // namespace
}  // namespace penstock::tools
