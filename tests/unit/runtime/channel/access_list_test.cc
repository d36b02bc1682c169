#include "runtime/channel/access_list.h"

#include "runtime/channel/admission.h"
#include "runtime/channel/peer_keys.h"
#include "tests/unit/runtime/channel/private_directory.h"

namespace penstock::channel {
namespace {

const std::string kKeyA = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
const std::string kKeyB = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
const std::string kKeyC = "J#KVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";  // Holds what also begins a comment.

TEST(AccessList, HoldsNameAndRoleOfEachKey) {
  const auto list = AccessList::parse(
      "# who\n\n  w1\t" + kKeyA + "  worker # rack 3\r\n   # aside\nops " + kKeyB + " submit\nwall " + kKeyC + " read",
      "access");
  ASSERT_TRUE(list) << list.error().text;
  EXPECT_EQ(list->size(), 3u);
  ASSERT_NE(list->find(kKeyA), nullptr);
  EXPECT_EQ(list->find(kKeyA)->name, "w1");
  EXPECT_EQ(list->find(kKeyA)->role, Role::kWorker);
  EXPECT_EQ(list->find(kKeyB)->role, Role::kSubmit);
  EXPECT_EQ(list->find(kKeyC)->role, Role::kRead);
  EXPECT_EQ(list->find(""), nullptr);
  EXPECT_EQ(list->find(kKeyA.substr(1)), nullptr);
  EXPECT_EQ(AccessList::parse("", "access")->size(), 0u);
}

TEST(AccessList, SaysAllFaultsAtOnceWithTheirLines) {
  const auto list =
      AccessList::parse("w1 " + kKeyA + " worker\nw1 " + kKeyB + " worker\nw3 " + kKeyA + " read\nw4 short read\nw5 " +
                            kKeyB + " admin\n-w6 " + kKeyB + " read\nonlyaname\n" + kKeyB + " read\nw7 " + kKeyB +
                            " read extra\nw8 " + kKeyB + " Worker\n" + std::string(64, 'n') + " " + kKeyB + " read\n",
                        "access");
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code, "access_file_bad");
  EXPECT_EQ(list.error().text,
            "the access file has 10 faults\n"
            "  access:2: 'w1' is on line 1 already\n"
            "  access:3: 'w3' has the key of 'w1'\n"
            "  access:4: the key of 'w4' is not 40 characters of Z85\n"
            "  access:5: the role of 'w5' is none of worker, submit, read\n"
            "  access:6: a name has up to 63 letters, digits, dots, dashes and underscores, and begins with a letter "
            "or digit\n"
            "  access:7: 1 words, where a line is `name public-key role`\n"
            "  access:8: 2 words, where a line is `name public-key role`\n"
            "  access:9: 4 words, where a line is `name public-key role`\n"
            "  access:10: the role of 'w8' is none of worker, submit, read\n"
            "  access:11: a name has up to 63 letters, digits, dots, dashes and underscores, and begins with a letter "
            "or digit");
}

/// Somebody puts a secret key into the wrong file; the error goes to the log.
TEST(AccessList, NeverShowsAKeyInAnError) {
  const KeyPair keys = *generate_keys();
  for (const std::string& line :
       {"w1 " + keys.secret_key, keys.secret_key + " w1 worker", "w1 worker " + keys.secret_key,
        "w1 x" + keys.secret_key + " worker", "w1 " + keys.public_key + " " + keys.secret_key, keys.secret_key}) {
    const auto list = AccessList::parse(line, "access");
    ASSERT_FALSE(list);
    EXPECT_EQ(list.error().text.find(keys.secret_key.substr(2, 30)), std::string::npos) << list.error().text;
  }
}

TEST(AccessList, ShowsOnlyTheFirstOfVeryManyFaults) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "x\n";
  const auto list = AccessList::parse(text, "access");
  ASSERT_FALSE(list);
  EXPECT_LT(list.error().text.size(), 4'000u);
  EXPECT_NE(list.error().text.find("and 9980 more"), std::string::npos);
}

TEST(Admission, KeepsTheOldListWhenTheNewOneIsBad) {
  const PrivateDirectory directory;
  Admission admission;
  EXPECT_FALSE(admission.at_control(kKeyA));
  const std::string path = directory.write("access", "w1 " + kKeyA + " worker\n");
  EXPECT_EQ(admission.load(path).value(), 1u);
  EXPECT_EQ(admission.at_control(kKeyA)->name, "w1");
  directory.write("access", "w1 " + kKeyA + " worker\nw2 oops worker\n");
  EXPECT_EQ(admission.load(path).error().code, "access_file_bad");
  EXPECT_TRUE(admission.at_control(kKeyA));
  directory.write("access", "w2 " + kKeyB + " worker\n", 0622);
  EXPECT_EQ(admission.load(path).error().code, "file_unsafe");
  EXPECT_TRUE(admission.at_control(kKeyA));
  directory.write("access", "w2 " + kKeyB + " worker\n", 0644);
  EXPECT_EQ(admission.load(path).value(), 1u);
  EXPECT_FALSE(admission.at_control(kKeyA));
  EXPECT_TRUE(admission.at_control(kKeyB));
}

TEST(Admission, LetsTheWorkersOfAJobIntoItsInboxesOnly) {
  Admission admission;
  admission.admit(7, {kKeyA});
  admission.admit(8, {kKeyB});
  EXPECT_TRUE(admission.name_in(data_domain(7), kKeyA));
  EXPECT_FALSE(admission.name_in(data_domain(7), kKeyB));
  EXPECT_FALSE(admission.name_in(data_domain(70), kKeyA));
  EXPECT_FALSE(admission.name_in(kControlDomain, kKeyA));
  EXPECT_FALSE(admission.name_in("", kKeyA));
  admission.forget(7);
  EXPECT_FALSE(admission.name_in(data_domain(7), kKeyA));
  EXPECT_TRUE(admission.name_in(data_domain(8), kKeyB));
}

TEST(PeerKeys, BindANameToTheKeyItFirstCameWith) {
  PeerKeys keys(2);
  EXPECT_TRUE(keys.belongs("p", "A"));
  EXPECT_TRUE(keys.belongs("p", "A"));
  EXPECT_FALSE(keys.belongs("p", "B"));
  EXPECT_EQ(keys.key_of("p"), "A");
  EXPECT_EQ(keys.key_of("q"), "");
  EXPECT_TRUE(keys.belongs("q", "B"));
  EXPECT_TRUE(keys.belongs("r", "B"));  // Now p is forgotten: names are kept for a bounded number.
  EXPECT_EQ(keys.key_of("p"), "");
  EXPECT_EQ(keys.key_of("q"), "B");
}

}  // namespace
}  // namespace penstock::channel
