#include "runtime/channel/key_file.h"

#include <unistd.h>

#include "tests/unit/runtime/channel/private_directory.h"

namespace penstock::channel {
namespace {

std::string code_of(const base::Result<KeyPair>& result) { return result ? "loaded" : result.error().code; }

TEST(KeyFile, IsMadeForItsOwnerAloneAndReadBack) {
  const PrivateDirectory directory;
  const auto made = make_key_files(directory.file("w1"));
  ASSERT_TRUE(made);
  struct stat key {
  }, pub{};
  ASSERT_EQ(stat(directory.file("w1.key").c_str(), &key), 0);
  ASSERT_EQ(stat(directory.file("w1.pub").c_str(), &pub), 0);
  EXPECT_EQ(key.st_mode & 07777u, 0600u);
  EXPECT_EQ(pub.st_mode & 07777u, 0644u);
  const auto keys = load_key_file(directory.file("w1.key"));
  ASSERT_TRUE(keys) << keys.error().text;
  EXPECT_EQ(keys->public_key, *made);
  EXPECT_TRUE(are_a_pair(*keys));
  EXPECT_EQ(PrivateDirectory::read(directory.file("w1.pub")).find(keys->secret_key), std::string::npos);
}

TEST(KeyFile, IsNeverOverwritten) {
  const PrivateDirectory directory;
  for (const char* there : {"w1.key", "w1.pub"}) {
    directory.write(there, "precious");
    const auto made = make_key_files(directory.file("w1"));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, "file_exists");
    EXPECT_EQ(PrivateDirectory::read(directory.file(there)), "precious");
    std::filesystem::remove(directory.file(there));
  }
  EXPECT_TRUE(std::filesystem::is_empty(std::filesystem::path(directory.file("")))) << "half a pair was left";
  ASSERT_EQ(symlink(directory.file("elsewhere").c_str(), directory.file("w1.key").c_str()), 0);
  EXPECT_EQ(make_key_files(directory.file("w1")).error().code, "file_exists");
  EXPECT_FALSE(std::filesystem::exists(directory.file("elsewhere")));
  EXPECT_EQ(make_key_files(directory.file("no/such/directory")).error().code, "file_unwritable");
}

TEST(KeyFile, IsNotTakenWhenOthersMayHaveReadIt) {
  const PrivateDirectory directory;
  ASSERT_TRUE(make_key_files(directory.file("w1")));
  const std::string path = directory.file("w1.key");
  for (const mode_t mode : {0644, 0640, 0604, 0660, 0602, 0666}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    EXPECT_EQ(code_of(load_key_file(path)), "file_unsafe") << std::oct << mode;
  }
  for (const mode_t mode : {0600, 0400}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    EXPECT_EQ(code_of(load_key_file(path)), "loaded") << std::oct << mode;
  }
  if (geteuid() == 0) {
    ASSERT_EQ(chown(path.c_str(), 12345, 0), 0);
    EXPECT_EQ(code_of(load_key_file(path)), "file_unsafe");
  }
}

/// The texts of errors end up in logs and bug reports.
TEST(KeyFile, SaysWhatIsWrongWithoutShowingAKey) {
  const PrivateDirectory directory;
  const KeyPair keys = *generate_keys(), other = *generate_keys();
  const std::string pub = "public " + keys.public_key + "\n", secret = "secret " + keys.secret_key + "\n";
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"", "key_file_bad"},
      {pub, "key_file_bad"},
      {secret, "key_file_bad"},
      {secret + secret + pub, "key_file_bad"},
      {pub + "secret " + keys.secret_key.substr(1) + "\n", "key_file_bad"},
      {pub + "secret " + keys.secret_key + " x\n", "key_file_bad"},
      {pub + keys.secret_key + "\n", "key_file_bad"},
      {pub + keys.secret_key + " secret\n", "key_file_bad"},
      {pub + "secret " + other.secret_key + "\n", "key_file_bad"},
      {std::string((1 << 20) + 1, '#'), "file_too_large"},
      {std::string(40, '#') + "\n" + std::string("\0\xff\n", 3), "key_file_bad"},
  };
  for (const auto& [text, code] : bad) {
    const auto loaded = load_key_file(directory.write("bad.key", text));
    ASSERT_FALSE(loaded) << text;
    EXPECT_EQ(loaded.error().code, code);
    for (const std::string& said : {loaded.error().text, loaded.error().where})
      for (const std::string& never : {keys.secret_key.substr(1, 20), other.secret_key})
        EXPECT_EQ(said.find(never), std::string::npos) << said;
  }
  EXPECT_EQ(code_of(load_key_file(directory.file("none"))), "file_not_found");
  EXPECT_EQ(code_of(load_key_file(directory.file(""))), "file_unreadable");
  ASSERT_EQ(mkfifo(directory.file("pipe").c_str(), 0600), 0);
  EXPECT_EQ(code_of(load_key_file(directory.file("pipe"))), "file_unreadable") << "must not wait for a writer";
}

TEST(KeyFile, GivesAPublicKeyFromTheKeyItselfOrFromAFile) {
  const PrivateDirectory directory;
  const std::string key = *make_key_files(directory.file("c"));
  EXPECT_EQ(load_public_key(key).value(), key);
  EXPECT_EQ(load_public_key(directory.file("c.pub")).value(), key);
  EXPECT_EQ(load_public_key(directory.file("none")).error().code, "file_not_found");
  EXPECT_EQ(load_public_key(directory.write("empty", "# nothing\n")).error().code, "key_file_bad");
  EXPECT_EQ(load_public_key(directory.write("open", "public " + key + "\n", 0666)).error().code, "file_unsafe")
      << "who can write it can put themselves in the coordinator's place";
}

TEST(Keys, AreRecognised) {
  const KeyPair keys = *generate_keys();
  EXPECT_TRUE(looks_like_key(keys.public_key));
  EXPECT_FALSE(looks_like_key(""));
  EXPECT_FALSE(looks_like_key(keys.public_key + "0"));
  EXPECT_FALSE(looks_like_key(keys.public_key.substr(1) + "~"));
  EXPECT_FALSE(looks_like_key(keys.public_key.substr(1) + std::string(1, '\0')));
  EXPECT_FALSE(looks_like_key(std::string(40, '#'))) << "five of them are more than 32 bits";
  EXPECT_FALSE(are_a_pair({keys.public_key, generate_keys()->secret_key}));
}

}  // namespace
}  // namespace penstock::channel
