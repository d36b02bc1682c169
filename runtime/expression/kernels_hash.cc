#include <array>
#include <bit>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "runtime/base/target_clones.h"
#include "runtime/expression/kernels.h"
#include "runtime/expression/rowwise.h"

namespace penstock::expression {
namespace {

using record::Kind;
using record::Text;

/// Source: S. Vigna, splitmix64.c (public domain): the first output of a generator started at `value`.
inline std::int64_t split_mix(std::int64_t value) {
  std::uint64_t z = static_cast<std::uint64_t>(value) + 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return static_cast<std::int64_t>((z ^ (z >> 31)) & INT64_MAX);
}

PENSTOCK_TARGET_CLONES void split_mix_run(const std::int64_t* __restrict in, std::int64_t* __restrict out,
                                          std::uint32_t count) {
  for (std::uint32_t k = 0; k < count; ++k) out[k] = split_mix(in[k]);
}

void hash_integers(const Instruction& instruction, Machine& machine) {
  combine_states(instruction, machine);
  split_mix_run(instruction.args[0]->in<std::int64_t>(), machine.out<std::int64_t>(*instruction.out), machine.count);
}

std::uint8_t hash_bool(Call&, std::int64_t& out, std::uint8_t in) {
  out = split_mix(in);
  return kValid;
}
std::uint8_t hash_text(Call&, std::int64_t& out, const Text& in) {
  out = static_cast<std::int64_t>(XXH3_64bits(in.data(), in.size()) & INT64_MAX);
  return kValid;
}
std::uint8_t hash_float(Call&, std::int64_t& out, double in) {
  const double value = in == 0 ? 0.0 : in;  // -0.0 = 0.0, so they hash alike.
  out = static_cast<std::int64_t>(XXH3_64bits(&value, sizeof(value)) & INT64_MAX);
  return kValid;
}

void choose_hash(Instruction& instruction) {
  switch (instruction.args[0]->column.type.kind) {
    case Kind::kBool:
      instruction.kernel = Rowwise<hash_bool>::run;
      break;
    case Kind::kFloat64:
      instruction.kernel = Rowwise<hash_float>::run;
      break;
    case Kind::kString:
    case Kind::kBytes:
      instruction.kernel = Rowwise<hash_text>::run;
      break;
    default:
      instruction.kernel = hash_integers;
      break;
  }
}

std::uint8_t xxhash64(Call&, std::int64_t& out, const Text& in) {
  out = std::bit_cast<std::int64_t>(static_cast<std::uint64_t>(XXH64(in.data(), in.size(), 0)));
  return kValid;
}

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    table[i] = i;
    for (int bit = 0; bit < 8; ++bit) table[i] = (table[i] >> 1) ^ (table[i] % 2 == 1 ? 0xEDB88320u : 0u);
  }
  return table;
}();

std::uint8_t crc32(Call&, std::int64_t& out, const Text& in) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : in) crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<std::uint8_t>(byte)) & 0xFF];
  out = std::int64_t{crc ^ 0xFFFFFFFFu};
  return kValid;
}

constexpr KernelEntry kTable[] = {
    {"hash", "T -> int64", choose_hash},
    {"crc32", "string -> int64", use<Rowwise<crc32>::run>},
    {"crc32", "bytes -> int64", use<Rowwise<crc32>::run>},
    {"xxhash64", "string -> int64", use<Rowwise<xxhash64>::run>},
    {"xxhash64", "bytes -> int64", use<Rowwise<xxhash64>::run>},
};

}  // namespace

std::span<const KernelEntry> hash_kernels() { return kTable; }

}  // namespace penstock::expression
