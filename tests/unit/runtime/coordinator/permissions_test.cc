#include "runtime/coordinator/permissions.h"

#include <gtest/gtest.h>

namespace penstock::coordinator {
namespace {

using channel::Access;
using channel::Role;

proto::Envelope of_worker(const std::string& kind, const std::string& name = "w1") {
  proto::Envelope envelope;
  if (kind == "register") {
    envelope.mutable_register_worker()->set_worker(name);
    envelope.mutable_register_worker()->set_public_key("key");
  }
  if (kind == "heartbeat") envelope.mutable_heartbeat()->set_worker(name);
  if (kind == "leave") envelope.mutable_leave()->set_worker(name);
  return envelope;
}

proto::Envelope request(const std::string& kind) {
  proto::Envelope envelope;
  proto::Request& out = *envelope.mutable_request();
  if (kind == "submit") out.mutable_submit();
  if (kind == "list") out.mutable_list_jobs();
  if (kind == "workers") out.mutable_list_workers();
  if (kind == "status") out.mutable_status();
  if (kind == "stop") out.mutable_stop();
  if (kind == "cancel") out.mutable_cancel();
  if (kind == "logs") out.mutable_logs();
  if (kind == "drain") out.mutable_drain();
  return envelope;
}

bool may(Role role, const proto::Envelope& message) { return !why_not(Access{"w1", role, "key"}, message); }

TEST(Permissions, LetEachRoleDoItsOwn) {
  for (const char* kind : {"register", "heartbeat", "leave"}) {
    EXPECT_TRUE(may(Role::kWorker, of_worker(kind))) << kind;
    EXPECT_FALSE(may(Role::kSubmit, of_worker(kind))) << kind;
    EXPECT_FALSE(may(Role::kRead, of_worker(kind))) << kind;
  }
  for (const char* kind : {"list", "workers", "status", "logs"}) {
    EXPECT_FALSE(may(Role::kWorker, request(kind))) << kind;
    EXPECT_TRUE(may(Role::kSubmit, request(kind))) << kind;
    EXPECT_TRUE(may(Role::kRead, request(kind))) << kind;
  }
  for (const char* kind : {"submit", "stop", "cancel", "drain", "nothing"}) {
    EXPECT_FALSE(may(Role::kWorker, request(kind))) << kind;
    EXPECT_TRUE(may(Role::kSubmit, request(kind))) << kind;
    EXPECT_FALSE(may(Role::kRead, request(kind))) << kind;
  }
}

TEST(Permissions, HoldAWorkerToTheNameOfItsKey) {
  for (const char* kind : {"register", "heartbeat", "leave"})
    EXPECT_FALSE(may(Role::kWorker, of_worker(kind, "w2"))) << kind;
  const auto denied = why_not(Access{"w1", Role::kWorker, ""}, of_worker("register", "w2"));
  ASSERT_TRUE(denied);
  EXPECT_EQ(denied->code, "not_allowed");
  EXPECT_NE(denied->text.find("--name w1"), std::string::npos);
}

TEST(Permissions, HoldAWorkerToItsKey) {
  const auto denied = why_not(Access{"w1", Role::kWorker, "another key"}, of_worker("register"));
  ASSERT_TRUE(denied);
  EXPECT_EQ(denied->code, "not_allowed");
}

TEST(Permissions, AreNotAskedForWithoutKeys) {
  EXPECT_FALSE(why_not(std::nullopt, request("submit")));
  EXPECT_FALSE(why_not(std::nullopt, of_worker("register")));
}

}  // namespace
}  // namespace penstock::coordinator
