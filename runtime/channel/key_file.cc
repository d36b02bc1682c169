#include "runtime/channel/key_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "runtime/channel/trusted_file.h"
#include "runtime/channel/word_lines.h"

namespace penstock::channel {
namespace {

constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;
constexpr mode_t kEverybodyReads = kOwnerOnly | S_IRGRP | S_IROTH;
constexpr std::string_view kSecretNote = "# A key of penstock. Whoever can read this file can act in its name.\n";
constexpr std::string_view kPublicNote = "# The public half of a key of penstock. It is no secret.\n";

bool write_whole(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return fsync(file) == 0;
}

base::Result<void> create(const std::string& path, mode_t mode, std::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (file < 0 && errno == EEXIST)
    return base::fail("file_exists", path + " is there already, and a key is never overwritten: choose another name",
                      path);
  const bool done = file >= 0 && fchmod(file, mode) == 0 && write_whole(file, text);
  const int error = errno;
  if (file >= 0) close(file);
  if (done) return {};
  if (file >= 0) unlink(path.c_str());
  return base::fail("file_unwritable", fmt::format("cannot write {}: {}", path, std::strerror(error)), path);
}

/// What a file of `word value` lines says; no text of an error shows a value.
base::Result<KeyPair> parse(const std::string& path, std::string_view text) {
  KeyPair keys;
  const auto bad = [&path](std::size_t line, std::string_view what) {
    return base::fail("key_file_bad", fmt::format("{}: {}; penstock keygen makes key files", path, what),
                      fmt::format("{}:{}", path, line));
  };
  for (const WordLine& line : word_lines(text)) {
    std::string* half = line.words[0] == "public"   ? &keys.public_key
                        : line.words[0] == "secret" ? &keys.secret_key
                                                    : nullptr;
    if (half == nullptr || line.words.size() != 2) return bad(line.number, "a line says `public KEY` or `secret KEY`");
    if (!half->empty()) return bad(line.number, "a key stands there twice");
    if (!looks_like_key(line.words[1])) return bad(line.number, "a key has 40 characters of Z85, this has not");
    *half = line.words[1];
  }
  return keys;
}

}  // namespace

base::Result<std::string> make_key_files(const std::string& prefix) {
  const auto keys = generate_keys();
  if (!keys) return tl::unexpected(keys.error());
  const std::string half = fmt::format("public {}\n", keys->public_key);
  const std::string secret_file = prefix + ".key", public_file = prefix + ".pub";
  const std::string whole = fmt::format("{}{}secret {}\n", kSecretNote, half, keys->secret_key);
  if (const auto made = create(secret_file, kOwnerOnly, whole); !made) return tl::unexpected(made.error());
  if (const auto made = create(public_file, kEverybodyReads, std::string(kPublicNote) + half); !made) {
    unlink(secret_file.c_str());
    return tl::unexpected(made.error());
  }
  return keys->public_key;
}

base::Result<KeyPair> load_key_file(const std::string& path) {
  const auto text = read_trusted_file(path, Keep::kSecret);
  if (!text) return tl::unexpected(text.error());
  auto keys = parse(path, *text);
  if (!keys) return keys;
  if (keys->secret_key.empty() || keys->public_key.empty())
    return base::fail("key_file_bad",
                      fmt::format("{} does not hold both halves of a key; PREFIX.key of penstock keygen does", path),
                      path);
  if (!are_a_pair(*keys))
    return base::fail("key_file_bad", fmt::format("the two keys in {} do not belong together", path), path);
  return keys;
}

base::Result<std::string> load_public_key(const std::string& key_or_path) {
  if (looks_like_key(key_or_path)) return key_or_path;
  const auto text = read_trusted_file(key_or_path, Keep::kUnchanged);
  if (!text) return tl::unexpected(text.error());
  const auto keys = parse(key_or_path, *text);
  if (!keys) return tl::unexpected(keys.error());
  if (keys->public_key.empty())
    return base::fail("key_file_bad", fmt::format("{} holds no public key", key_or_path), key_or_path);
  return keys->public_key;
}

}  // namespace penstock::channel
