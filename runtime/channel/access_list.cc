#include "runtime/channel/access_list.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "runtime/channel/trusted_file.h"
#include "runtime/channel/word_lines.h"

namespace penstock::channel {
namespace {

constexpr std::size_t kMostNameCharacters = 63;
constexpr std::size_t kMostFaults = 20;

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= kMostNameCharacters && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || c == '-' || c == '_' || c == '.'; });
}

/// What is wrong with a line by itself; empty: nothing. Never shows a key: it might be a secret one.
std::string fault_of(const WordLine& line) {
  const auto& words = line.words;
  if (words.size() < 3 || (words.size() > 3 && words[3][0] != '#'))
    return fmt::format("{} words, where a line is `name public-key role`", words.size());
  if (!is_name(words[0]))
    return fmt::format(
        "a name has up to {} letters, digits, dots, dashes and underscores, and begins with a letter or "
        "digit",
        kMostNameCharacters);
  if (!looks_like_key(words[1])) return fmt::format("the key of '{}' is not 40 characters of Z85", words[0]);
  if (!role_of(words[2])) return fmt::format("the role of '{}' is none of worker, submit, read", words[0]);
  return {};
}

struct Reading {
  std::map<std::string, Access, std::less<>> by_key;
  std::map<std::string, std::size_t, std::less<>> line_of_name;
  std::vector<std::string> faults;

  void take(const WordLine& line, const std::string& file) {
    std::string fault = fault_of(line);
    if (fault.empty()) {
      const auto& words = line.words;
      const auto [name, fresh] = line_of_name.emplace(words[0], line.number);
      const auto same_key = by_key.find(words[1]);
      if (!fresh)
        fault = fmt::format("'{}' is on line {} already", words[0], name->second);
      else if (same_key != by_key.end())
        fault = fmt::format("'{}' has the key of '{}'", words[0], same_key->second.name);
      else
        by_key.emplace(words[1], Access{words[0], *role_of(words[2]), words[1]});
    }
    if (!fault.empty()) faults.push_back(fmt::format("{}:{}: {}", file, line.number, fault));
  }
};

base::Error all_of(const std::vector<std::string>& faults, const std::string& file) {
  std::string text = fmt::format("the access file has {} fault{}", faults.size(), faults.size() == 1 ? "" : "s");
  for (std::size_t i = 0; i < std::min(faults.size(), kMostFaults); ++i) text += "\n  " + faults[i];
  if (faults.size() > kMostFaults) text += fmt::format("\n  and {} more", faults.size() - kMostFaults);
  return {"access_file_bad", text, base::Origin::kUser, false, file};
}

}  // namespace

base::Result<AccessList> AccessList::load(const std::string& path) {
  const auto text = read_trusted_file(path, Keep::kUnchanged);
  if (!text) return tl::unexpected(text.error());
  return parse(*text, path);
}

base::Result<AccessList> AccessList::parse(std::string_view text, const std::string& name) {
  Reading reading;
  for (const WordLine& line : word_lines(text)) reading.take(line, name);
  if (!reading.faults.empty()) return tl::unexpected(all_of(reading.faults, name));
  AccessList list;
  list.by_key_ = std::move(reading.by_key);
  return list;
}

const Access* AccessList::find(std::string_view public_key) const {
  const auto at = by_key_.find(public_key);
  return at == by_key_.end() ? nullptr : &at->second;
}

}  // namespace penstock::channel
