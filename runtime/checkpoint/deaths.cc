#include "runtime/checkpoint/deaths.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "runtime/base/number_text.h"

namespace penstock::checkpoint {

using base::WorkMark;

namespace {

constexpr std::size_t kNumbers = 9;  // Of a line, in front of the two texts.
constexpr std::size_t kOfInput = 5;  // Fields of each input, behind them.

bool is_same_place(const WorkedOn& a, const WorkedOn& b) {
  return a.chain == b.chain && a.node == b.node && a.partition == b.partition &&
         (a.what == WorkMark::kTime) == (b.what == WorkMark::kTime);
}

bool is_same_record(const WorkedOn& a, const WorkedOn& b) {
  return a.what == b.what && a.first == b.first && a.row == b.row;
}

/// Between two deaths other sources get to other records, the one that counts does not. Where no record was on its way
/// both times, all that is known is how far sources had been read.
std::vector<InputAt> in_both(const std::vector<InputAt>& before, std::vector<InputAt> now) {
  std::vector<InputAt> both;
  std::copy_if(now.begin(), now.end(), std::back_inserter(both), [&](const InputAt& one) {
    return one.on_its_way && std::find(before.begin(), before.end(), one) != before.end();
  });
  if (!both.empty()) return both;
  for (InputAt& one : now) one.on_its_way = false;
  return now;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t tab = line.find('\t');
    fields.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return fields;
    line.remove_prefix(tab + 1);
  }
}

std::optional<InputAt> input_from(const std::string_view* fields) {
  const auto chain = base::parse_int64(fields[0]), instance = base::parse_int64(fields[1]),
             offset = base::parse_int64(fields[2]), on_its_way = base::parse_int64(fields[3]);
  if (!chain || !instance || !offset || !on_its_way) return std::nullopt;
  return InputAt{static_cast<std::uint32_t>(*chain), static_cast<std::uint32_t>(*instance), std::string(fields[4]),
                 *offset, *on_its_way != 0};
}

}  // namespace

const Deaths::AtWork& Deaths::add(WorkedOn work, bool one_at_a_time, std::vector<InputAt> inputs) {
  auto at = std::find_if(all_.begin(), all_.end(), [&](const AtWork& one) { return is_same_place(one.work, work); });
  if (at == all_.end()) at = all_.insert(all_.end(), AtWork{});
  // The row is there where runs have one; what is read next is one record too.
  const bool is_one = one_at_a_time && (work.what == WorkMark::kReading || !work.row.empty());
  at->in_a_row = !is_one ? 0 : is_same_record(at->work, work) ? at->in_a_row + 1 : 1;
  at->inputs = at->in_a_row > 1 ? in_both(at->inputs, std::move(inputs)) : std::move(inputs);
  at->work = std::move(work);
  ++at->times;
  return *at;
}

bool Deaths::need_a_closer_look() const { return most_suspect() != nullptr; }

const Deaths::AtWork* Deaths::most_suspect() const {
  const auto less = [](const AtWork& a, const AtWork& b) {
    return std::pair(a.in_a_row, a.times) < std::pair(b.in_a_row, b.times);
  };
  const auto most = std::max_element(all_.begin(), all_.end(), less);
  return most == all_.end() || most->times < kOfOneNode ? nullptr : &*most;
}

/// A line each; the texts have neither tabs nor line ends (read_work_file).
std::string Deaths::to_text() const {
  std::string text;
  for (const AtWork& one : all_) {
    const WorkedOn& work = one.work;
    text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}", one.times, one.in_a_row, work.chain,
                        work.instance, work.node, static_cast<std::uint32_t>(work.what), work.first, work.last,
                        work.count, work.partition, work.row);
    for (const InputAt& input : one.inputs)
      text += fmt::format("\t{}\t{}\t{}\t{:d}\t{}", input.chain, input.instance, input.offset, input.on_its_way,
                          input.partition);
    text += '\n';
  }
  return text;
}

Deaths Deaths::from_text(std::string_view text) {
  Deaths deaths;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const auto fields = fields_of(text.substr(0, end));
    text.remove_prefix(end + 1);
    std::int64_t numbers[kNumbers] = {};
    bool fine = fields.size() >= kNumbers + 2;
    for (std::size_t i = 0; fine && i < kNumbers; ++i) {
      const auto number = base::parse_int64(fields[i]);
      fine = number.has_value();
      if (fine) numbers[i] = *number;
    }
    if (!fine) continue;
    const auto small = [&](std::size_t i) { return static_cast<std::uint32_t>(numbers[i]); };
    deaths.all_.push_back(
        {{small(2), small(3), small(4),
          small(5) <= WorkMark::kTime ? static_cast<WorkMark::What>(small(5)) : WorkMark::kNothing,
          std::string(fields[kNumbers]), numbers[6], numbers[7], small(8), std::string(fields[kNumbers + 1])},
         small(0),
         small(1)});
    for (std::size_t at = kNumbers + 2; at + kOfInput <= fields.size(); at += kOfInput)
      if (auto input = input_from(&fields[at])) deaths.all_.back().inputs.push_back(std::move(*input));
  }
  return deaths;
}

}  // namespace penstock::checkpoint
