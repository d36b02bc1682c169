#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/unit/tools/canned_answers.h"
#include "tools/penstock/client_verb.h"
#include "tools/penstock/log_text.h"

namespace penstock::tools {
namespace {

TEST(CoordinatorOptions, MakesAnAddressOfWhatPeopleType) {
  EXPECT_EQ(full_address("node-a"), "tcp://node-a:7461");
  EXPECT_EQ(full_address("node-a:9000"), "tcp://node-a:9000");
  EXPECT_EQ(full_address("10.0.0.1"), "tcp://10.0.0.1:7461");
  EXPECT_EQ(full_address("[::1]"), "tcp://[::1]:7461");
  EXPECT_EQ(full_address("[::1]:9000"), "tcp://[::1]:9000");
  EXPECT_EQ(full_address("tcp://node-a:1"), "tcp://node-a:1");
  EXPECT_EQ(full_address("ipc:///run/penstock"), "ipc:///run/penstock");
}

TEST(CoordinatorOptions, AreRepeatedInWhatIsToBeTypedNextUnlessTheEnvironmentSaysThem) {
  CoordinatorOptions options;
  EXPECT_EQ(client_command("status", "3", options), "penstock status 3");
  options = {"node-a", "my keys/me.key", ""};
  EXPECT_EQ(client_command("status", "3", options), "penstock status 3 --coordinator node-a --key 'my keys/me.key'");
  setenv("PENSTOCK_COORDINATOR", "node-a", 1);
  EXPECT_EQ(client_command("list", "", options), "penstock list --key 'my keys/me.key'");
  unsetenv("PENSTOCK_COORDINATOR");
}

TEST(ClientFailure, SaysWhatHappenedAndWhatToDoNext) {
  EXPECT_EQ(client_failure_message("submit", {"cannot_place", "no worker", base::Origin::kUser, false, ""}, {}),
            "penstock submit: no worker [cannot_place]\n  next: penstock workers\n");
  EXPECT_EQ(
      client_failure_message("list", {"forbidden", "reader 'eve' may not", base::Origin::kUser, false, "keys:3"}, {}),
      "penstock list: reader 'eve' may not [forbidden]\n  where: keys:3\n");
}

TEST(ClientFailure, AdvisesKeysOnlyToWhoHasNone) {
  const base::Error mismatch{"keys_mismatch", "refused", base::Origin::kUser, false, ""};
  EXPECT_NE(client_failure_message("list", mismatch, {}).find("penstock keygen"), std::string::npos);
  EXPECT_EQ(client_failure_message("list", mismatch, {"node-a", "me.key", "x"}).find("penstock keygen"),
            std::string::npos);
}

TEST(LogText, ShowsTimeLevelAndText) {
  proto::LogLine line;
  line.set_time_us(1'773'468'000'050'000);
  line.set_level("info");
  line.set_text("job 3 is running\x1b[0m");
  EXPECT_EQ(log_text(line), "2026-03-14T06:00:00.050Z info  job 3 is running?[0m");
}

}  // namespace
}  // namespace penstock::tools
