#include <algorithm>

#include "runtime/base/civil_time.h"
#include "runtime/base/time_text.h"
#include "runtime/expression/calendar.h"
#include "runtime/expression/kernels.h"
#include "runtime/expression/rowwise.h"
#include "runtime/expression/time_format.h"

namespace penstock::expression {
namespace {

using record::Text;
using topology::TimeUnit;
using Int = std::int64_t;

void now(const Instruction& instruction, Machine& machine) {
  instruction.out->column.state = nullptr;
  std::fill_n(machine.out<Int>(*instruction.out), machine.count, machine.now);
}
void choose_now(Instruction& instruction) {
  instruction.kernel = now;
  instruction.per_run = true;
}

struct UnitPrepared final : Prepared {
  TimeUnit unit = TimeUnit::kSecond;
};

/// Units that are a length divide by it; the others go through the calendar.
template <Instruction::Kernel K>
void choose_by_unit(Instruction& instruction) {
  auto prepared = std::make_unique<UnitPrepared>();
  const Register& name = *instruction.args[0];
  if (!name.constant) return;
  if (!name.column.is_null(0)) {
    const auto unit = topology::time_unit(name.in<Text>()[0]);
    if (!unit) return;
    prepared->unit = *unit;
  }
  instruction.prepared = std::move(prepared);
  instruction.kernel = K;
}

std::uint8_t truncate(Call& call, Int& out, const Text&, Int time) {
  out = truncate_to(call.instruction.as<UnitPrepared>().unit, time);
  return kValid;
}
std::uint8_t extract(Call& call, Int& out, const Text&, Int time) {
  out = extract_from(call.instruction.as<UnitPrepared>().unit, time);
  return kValid;
}

std::uint8_t time_bucket(Call&, Int& out, Int width, Int time) {
  if (width <= 0) return kBadArgument;
  const Int rest = time % width;
  out = time - (rest < 0 ? rest + width : rest);
  return out < base::kMinTimestamp ? kOutOfRange : kValid;
}

struct ScratchPrepared final : Prepared {
  std::string text;  ///< Keeps its memory.
};

std::uint8_t format_time(Call& call, Text& out, Int time, const Text& format) {
  auto& scratch = static_cast<ScratchPrepared&>(*call.instruction.prepared).text;
  scratch.clear();
  append_time(scratch, time, format);
  out = call.arena().copy(scratch);
  return kValid;
}
void choose_format_time(Instruction& instruction) {
  instruction.prepared = std::make_unique<ScratchPrepared>();
  instruction.kernel = Rowwise<format_time>::run;
}

std::uint8_t parse_time_cell(Call&, Int& out, const Text& text, const Text& format) {
  const auto time = parse_time(text, format);
  if (!time) return kParseFailed;
  out = *time;
  return kValid;
}

/// A count of units to a timestamp: one comparison tells that all of a run lie within 1900 to 2200.
template <Int kUnit>
void to_timestamp(const Instruction& instruction, Machine& machine) {
  constexpr Int kLow = (base::kMinTimestamp - (kUnit - 1)) / kUnit, kHigh = base::kMaxTimestamp / kUnit;
  constexpr Int kLeast = kLow * kUnit < base::kMinTimestamp ? kLow + 1 : kLow;
  combine_states(instruction, machine);
  const Int* __restrict in = instruction.args[0]->in<Int>();
  Int* __restrict out = machine.out<Int>(*instruction.out);
  std::uint64_t outside = 0;
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    const auto value = static_cast<std::uint64_t>(in[k]);
    outside |= (value - static_cast<std::uint64_t>(kLeast)) | (static_cast<std::uint64_t>(kHigh) - value);
    out[k] = static_cast<Int>(value * static_cast<std::uint64_t>(kUnit));
  }
  if (outside >> 63 == 0) return;
  std::uint8_t* state = machine.writable_state(*instruction.out);
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    if (state[k] == kValid && (in[k] < kLeast || in[k] > kHigh)) state[k] = kOutOfRange;
  }
}

template <Int kUnit>
void from_timestamp(const Instruction& instruction, Machine& machine) {
  combine_states(instruction, machine);
  const Int* in = instruction.args[0]->in<Int>();
  Int* out = machine.out<Int>(*instruction.out);
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    const Int quotient = in[k] / kUnit;
    out[k] = quotient - (in[k] % kUnit < 0 ? 1 : 0);
  }
}

constexpr std::string_view kTo = "int64 -> timestamp or error";
constexpr std::string_view kFrom = "timestamp -> int64";
constexpr std::string_view kFromDuration = "duration -> int64";

constexpr KernelEntry kTable[] = {
    {"now", "-> timestamp", choose_now},
    {"date_trunc", "string, timestamp -> timestamp", choose_by_unit<Rowwise<truncate>::run>},
    {"extract", "string, timestamp -> int64", choose_by_unit<Rowwise<extract>::run>},
    {"time_bucket", "duration, timestamp -> timestamp or error", use<Rowwise<time_bucket>::run>},
    {"format_time", "timestamp, string -> string", choose_format_time},
    {"parse_time", "string, string -> timestamp or error", use<Rowwise<parse_time_cell>::run>},
    {"micros", kTo, use<to_timestamp<1>>},
    {"millis", kTo, use<to_timestamp<1000>>},
    {"seconds", kTo, use<to_timestamp<1'000'000>>},
    {"micros", kFrom, use<from_timestamp<1>>},
    {"millis", kFrom, use<from_timestamp<1000>>},
    {"seconds", kFrom, use<from_timestamp<1'000'000>>},
    {"micros", kFromDuration, use<from_timestamp<1>>},
    {"millis", kFromDuration, use<from_timestamp<1000>>},
    {"seconds", kFromDuration, use<from_timestamp<1'000'000>>},
};

}  // namespace

std::span<const KernelEntry> time_kernels() { return kTable; }

}  // namespace penstock::expression
