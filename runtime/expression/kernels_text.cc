#include <algorithm>
#include <limits>

#include "runtime/expression/kernels.h"
#include "runtime/expression/rowwise.h"
#include "runtime/expression/unicode.h"

namespace penstock::expression {
namespace {

using record::Text;
using Int = std::int64_t;

template <auto Write>
std::uint8_t change_case(Call& call, Text& out, const Text& in) {
  char* at = call.arena().allocate(in.size());
  Write(in, at);
  out = {at, in.size()};
  return kValid;
}

std::uint8_t trim(Call&, Text& out, const Text& in) {
  constexpr std::string_view kWhite = " \t\n\r\f\v";
  const std::size_t begin = in.find_first_not_of(kWhite);
  if (begin == in.npos) return kValid;
  out = in.substr(begin, in.find_last_not_of(kWhite) + 1 - begin);
  return kValid;
}

bool holds_character(Text set, Text character) {
  for (std::size_t at = set.find(character); at != set.npos; at = set.find(character, at + 1)) {
    if (starts_character(set[at])) return true;
  }
  return false;
}

std::uint8_t trim_set(Call&, Text& out, const Text& in, const Text& set) {
  out = in;
  for (std::size_t n; (n = bytes_of(out, 1)) > 0 && holds_character(set, out.substr(0, n));) out.remove_prefix(n);
  while (!out.empty()) {
    std::size_t begin = out.size() - 1;
    while (begin > 0 && !starts_character(out[begin])) --begin;
    if (!holds_character(set, out.substr(begin))) break;
    out = out.substr(0, begin);
  }
  return kValid;
}

std::uint8_t characters(Call&, Int& out, const Text& in) {
  out = static_cast<Int>(count_characters(in));
  return kValid;
}
std::uint8_t bytes(Call&, Int& out, const Text& in) {
  out = static_cast<Int>(in.size());
  return kValid;
}

/// Positions [from, to) counted from 1; what lies before 1 is cut off, as SQL has it.
struct Span {
  std::size_t skip, take;
};
Span span_of(Int from, Int length) {
  Int to = 0;
  if (__builtin_add_overflow(from, length, &to)) to = std::numeric_limits<Int>::max();
  const Int begin = std::max<Int>(from, 1);
  return {static_cast<std::size_t>(begin - 1), static_cast<std::size_t>(to > begin ? to - begin : 0)};
}

std::uint8_t substr_length(Call&, Text& out, const Text& in, Int from, Int length) {
  if (length < 0) return kBadArgument;
  const Span span = span_of(from, length);
  const Text rest = in.substr(bytes_of(in, span.skip));
  out = rest.substr(0, bytes_of(rest, span.take));
  return kValid;
}
std::uint8_t substr(Call& call, Text& out, const Text& in, Int from) {
  return substr_length(call, out, in, std::max<Int>(from, 1), std::numeric_limits<Int>::max());
}
std::uint8_t substr_bytes_length(Call&, Text& out, const Text& in, Int from, Int length) {
  if (length < 0) return kBadArgument;
  const Span span = span_of(from, length);
  if (span.skip < in.size()) out = in.substr(span.skip, span.take);
  return kValid;
}
std::uint8_t substr_bytes(Call& call, Text& out, const Text& in, Int from) {
  return substr_bytes_length(call, out, in, std::max<Int>(from, 1), std::numeric_limits<Int>::max());
}

std::uint8_t replace(Call& call, Text& out, const Text& in, const Text& from, const Text& to) {
  std::size_t found = 0;
  if (!from.empty()) {
    for (std::size_t at = in.find(from); at != in.npos; at = in.find(from, at + from.size())) ++found;
  }
  out = in;
  if (found == 0) return kValid;
  const std::size_t size = in.size() - found * from.size() + found * to.size();
  char* write = call.arena().allocate(size);
  out = {write, size};
  std::size_t begin = 0;
  for (std::size_t at = in.find(from); at != in.npos; at = in.find(from, begin)) {
    write =
        std::copy(in.begin() + static_cast<std::ptrdiff_t>(begin), in.begin() + static_cast<std::ptrdiff_t>(at), write);
    write = std::copy(to.begin(), to.end(), write);
    begin = at + from.size();
  }
  std::copy(in.begin() + static_cast<std::ptrdiff_t>(begin), in.end(), write);
  return kValid;
}

std::uint8_t split_part(Call&, Text& out, const Text& in, const Text& separator, Int wanted) {
  if (separator.empty() || wanted == 0) return kBadArgument;
  Text rest = in;
  for (Int left = wanted; left != 0; left += wanted > 0 ? -1 : 1) {
    const std::size_t at = wanted > 0 ? rest.find(separator) : rest.rfind(separator);
    if (left == 1 || left == -1) {
      out = at == rest.npos ? rest : wanted > 0 ? rest.substr(0, at) : rest.substr(at + separator.size());
      return kValid;
    }
    if (at == rest.npos) return kValid;
    rest = wanted > 0 ? rest.substr(at + separator.size()) : rest.substr(0, at);
  }
  return kValid;
}

void concat(const Instruction& instruction, Machine& machine) {
  combine_states(instruction, machine);
  Text* out = machine.out<Text>(*instruction.out);
  const std::uint8_t* state = instruction.out->column.state;
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    out[k] = {};
    if (state != nullptr && state[k] != kValid) continue;
    std::size_t size = 0;
    for (const Register* arg : instruction.args) size += arg->in<Text>()[k].size();
    char* write = machine.arena.allocate(size);
    out[k] = {write, size};
    for (const Register* arg : instruction.args) {
      const Text part = arg->in<Text>()[k];
      write = std::copy(part.begin(), part.end(), write);
    }
  }
}

std::uint8_t starts_with(Call&, std::uint8_t& out, const Text& in, const Text& prefix) {
  out = in.starts_with(prefix);
  return kValid;
}
std::uint8_t contains(Call&, std::uint8_t& out, const Text& in, const Text& part) {
  out = in.find(part) != in.npos;
  return kValid;
}

constexpr KernelEntry kTable[] = {
    {"lower", "string -> string", use<Rowwise<change_case<write_lower>>::run>},
    {"upper", "string -> string", use<Rowwise<change_case<write_upper>>::run>},
    {"trim", "string -> string", use<Rowwise<trim>::run>},
    {"trim", "string, string -> string", use<Rowwise<trim_set>::run>},
    {"length", "string -> int64", use<Rowwise<characters>::run>},
    {"length", "bytes -> int64", use<Rowwise<bytes>::run>},
    {"substr", "string, int64 -> string", use<Rowwise<substr>::run>},
    {"substr", "string, int64, int64 -> string or error", use<Rowwise<substr_length>::run>},
    {"substr", "bytes, int64 -> bytes", use<Rowwise<substr_bytes>::run>},
    {"substr", "bytes, int64, int64 -> bytes or error", use<Rowwise<substr_bytes_length>::run>},
    {"replace", "string, string, string -> string", use<Rowwise<replace>::run>},
    {"split_part", "string, string, int64 -> string or error", use<Rowwise<split_part>::run>},
    {"concat", "string... -> string", use<concat>},
    {"||", "string, string -> string", use<concat>},
    {"||", "bytes, bytes -> bytes", use<concat>},
    {"starts_with", "string, string -> bool", use<Rowwise<starts_with>::run>},
    {"contains", "string, string -> bool", use<Rowwise<contains>::run>},
};

}  // namespace

std::span<const KernelEntry> text_kernels() { return kTable; }

}  // namespace penstock::expression
