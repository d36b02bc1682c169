#include "tools/penstock/coordinator_link.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/unit/tools/canned_answers.h"
#include "tests/unit/tools/fake_coordinator.h"

namespace penstock::tools {
namespace {

constexpr Patience kShort{300'000, 300'000};

proto::Request list_jobs() {
  proto::Request request;
  request.mutable_list_jobs();
  return request;
}

std::optional<proto::Answer> jobs(const proto::Request&) {
  proto::Answer answer;
  *answer.mutable_jobs() = canned::jobs();
  return answer;
}

std::optional<proto::Answer> no_word(const proto::Request&) { return std::nullopt; }

base::Result<proto::Answer> ask(const FakeCoordinator& coordinator, Patience patience = {}) {
  auto link = CoordinatorLink::open({coordinator.address(), "", ""}, patience);
  if (!link) return tl::unexpected(link.error());
  return (*link)->ask(list_jobs(), proto::Answer::kJobs);
}

TEST(CoordinatorLink, BringsTheAnswer) {
  std::string software;
  FakeCoordinator coordinator([&software](const proto::Request& request) {
    software = request.software();
    return jobs(request);
  });
  const auto answer = ask(coordinator);
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->jobs().jobs_size(), 2);
  EXPECT_EQ(software, PENSTOCK_VERSION);
}

TEST(CoordinatorLink, AsksManyTimes) {
  FakeCoordinator coordinator(jobs);
  auto link = CoordinatorLink::open({coordinator.address(), "", ""});
  ASSERT_TRUE(link);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE((*link)->ask(list_jobs(), proto::Answer::kJobs));
  EXPECT_EQ(coordinator.asked(), 100);
}

TEST(CoordinatorLink, SaysThatNobodyIsThere) {
  auto link = CoordinatorLink::open({"127.0.0.1:9", "", ""}, kShort);
  ASSERT_TRUE(link);
  const auto answer = (*link)->ask(list_jobs(), proto::Answer::kJobs);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "no_coordinator");
  EXPECT_EQ(answer.error().text, "no coordinator answers at tcp://127.0.0.1:9");
}

TEST(CoordinatorLink, SaysThatOneIsThereAndDoesNotAnswer) {
  FakeCoordinator coordinator(no_word);
  const auto answer = ask(coordinator, {3'000'000, 1'000'000});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "coordinator_silent");
  EXPECT_EQ(answer.error().text,
            "the coordinator at " + coordinator.address() + " is there, and has not answered for 1 s");
}

TEST(CoordinatorLink, SaysThatOneHasGone) {
  FakeCoordinator coordinator(jobs);
  auto link = CoordinatorLink::open({coordinator.address(), "", ""}, kShort);
  ASSERT_TRUE((*link)->ask(list_jobs(), proto::Answer::kJobs));
  coordinator.stop();
  const auto answer = (*link)->ask(list_jobs(), proto::Answer::kJobs);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "coordinator_lost") << answer.error().text;
}

TEST(CoordinatorLink, WaitsForASlowAnswer) {
  FakeCoordinator coordinator([](const proto::Request& request) {
    usleep(500'000);
    return jobs(request);
  });
  EXPECT_TRUE(ask(coordinator));
}

TEST(CoordinatorLink, PassesOverTheAnswerToAQuestionThatWasGivenUp) {
  std::atomic<int> asked = 0;
  FakeCoordinator coordinator([&asked](const proto::Request&) {
    if (++asked == 1) usleep(600'000);
    proto::Answer answer;
    answer.mutable_jobs()->add_jobs()->set_job(static_cast<std::uint64_t>(asked));
    return answer;
  });
  auto link = CoordinatorLink::open({coordinator.address(), "", ""}, {3'000'000, 400'000});
  ASSERT_TRUE(link);
  EXPECT_EQ((*link)->ask(list_jobs(), proto::Answer::kJobs).error().code, "coordinator_silent");
  const auto answer = (*link)->ask(list_jobs(), proto::Answer::kJobs);
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->jobs().jobs(0).job(), 2U);
}

TEST(CoordinatorLink, RefusesAnotherVersionOfTheProtocol) {
  FakeCoordinator coordinator(jobs);
  coordinator.speak_version(proto::kControlVersion + 1);
  const auto answer = ask(coordinator);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "control_version");
  EXPECT_NE(answer.error().text.find("the other side is newer: it speaks version 2 "), std::string::npos)
      << answer.error().text;
  EXPECT_EQ(answer.error().where, coordinator.address());
}

TEST(CoordinatorLink, PassesOnWhatTheCoordinatorRefusesAndNamesItsRelease) {
  FakeCoordinator coordinator([](const proto::Request&) {
    proto::Answer answer;
    answer.set_software("9.9.9");
    answer.mutable_error()->set_code("cannot_place");
    answer.mutable_error()->set_text("there are no workers");
    return answer;
  });
  const auto answer = ask(coordinator);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "cannot_place");
  EXPECT_EQ(answer.error().text,
            std::string("there are no workers (the coordinator is penstock 9.9.9, this is ") + PENSTOCK_VERSION + ")");
}

TEST(CoordinatorLink, RefusesAnAnswerToAnotherQuestion) {
  FakeCoordinator coordinator([](const proto::Request&) {
    proto::Answer answer;
    answer.mutable_done();
    return answer;
  });
  EXPECT_EQ(ask(coordinator).error().code, "control_malformed");
}

TEST(CoordinatorLink, GivesUpWhenInterrupted) {
  FakeCoordinator coordinator(no_word);
  const int stop = eventfd(1, EFD_CLOEXEC);
  auto link = CoordinatorLink::open({coordinator.address(), "", ""});
  (*link)->interrupt_on(stop);
  EXPECT_EQ((*link)->ask(list_jobs(), proto::Answer::kJobs).error().code, "interrupted");
  close(stop);
}

TEST(CoordinatorLink, RefusesAnAddressThatIsNone) {
  const auto link = CoordinatorLink::open({"udp://127.0.0.1:1", "", ""});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, "bad_address");
}

}  // namespace
}  // namespace penstock::tools
