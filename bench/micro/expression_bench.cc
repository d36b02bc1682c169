/// Nanoseconds per row of single expressions beside a loop that a person would write for just that expression.
///   expression_bench [name]

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "runtime/expression/program.h"

namespace {

using penstock::expression::Predicate;
using penstock::expression::Program;
using penstock::record::Column;
using penstock::record::Kind;
using penstock::record::Rows;
using penstock::record::Schema;
using penstock::record::Text;
using Int = std::int64_t;

constexpr std::uint32_t kRows = 1024;
constexpr int kRuns = 500;
constexpr int kRounds = 30;

double cpu_nanoseconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/// CPU time of the fastest of many rounds, so that a neighbour's noise is not measured.
double nanoseconds_per_row(const std::function<void()>& run) {
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const double begin = cpu_nanoseconds();
    for (int i = 0; i < kRuns; ++i) run();
    best = std::min(best, (cpu_nanoseconds() - begin) / (double{kRows} * kRuns));
  }
  return best;
}

void keep(const void* memory) { asm volatile("" : : "g"(memory) : "memory"); }

Int split_mix(Int i) {
  std::uint64_t z = static_cast<std::uint64_t>(i) + 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return static_cast<Int>((z ^ (z >> 31)) & INT64_MAX);
}

struct Input {
  Schema schema{
      {{"i", {Kind::kInt64, {}}, false}, {"kind", {Kind::kInt64, {}}, false}, {"line", {Kind::kString, {}}, false}}};
  std::vector<Int> i, kind, out;
  std::vector<Text> line, pieces;
  std::vector<std::string> texts;
  std::vector<Column> columns;
  Rows rows;

  Input() : i(kRows), kind(kRows), out(kRows), line(kRows), pieces(kRows * 16), texts(kRows) {
    for (std::uint32_t k = 0; k < kRows; ++k) {
      i[k] = k + 1000;
      kind[k] = split_mix(k) % 3;
      for (int word = 0; word < 10; ++word) {
        texts[k] +=
            (word == 0 ? "" : " ") + std::string(static_cast<std::size_t>(2 + split_mix(k * 10 + word) % 8), 'w');
      }
      line[k] = texts[k];
    }
    columns = {{schema[0].type, i.data(), nullptr, nullptr},
               {schema[1].type, kind.data(), nullptr, nullptr},
               {schema[2].type, line.data(), nullptr, nullptr}};
    rows.schema = &schema;
    rows.count = kRows;
    rows.columns = columns;
  }
};

penstock::topology::ExprPtr checked(const std::string& text, const Schema& schema) {
  auto result = penstock::topology::check_expression(text, penstock::topology::Scope::of(schema));
  if (auto* expr = std::get_if<0>(&result)) return *expr;
  std::fprintf(stderr, "%s: %s\n", text.c_str(), std::get<1>(result)[0].message.c_str());
  std::exit(1);
}

void report(const char* name, double ours, double loop) {
  std::printf("%-46s %7.3f ns/row   loop %7.3f   x%.2f\n", name, ours, loop, ours / loop);
}

void bench(Input& input, const char* text, const std::function<void()>& loop) {
  const auto expr = checked(text, input.schema);
  auto program = *Program::compile(std::span(&expr, 1));
  const double ours = nanoseconds_per_row([&] { keep(program.run(input.rows, 0).data()); });
  report(text, ours, nanoseconds_per_row(loop));
}

void bench_predicate(Input& input, const char* text, const std::function<void()>& loop) {
  auto predicate = *Predicate::compile(checked(text, input.schema));
  const double ours = nanoseconds_per_row([&] { keep(predicate.select(input.rows, 0).data()); });
  report((std::string("where ") + text).c_str(), ours, nanoseconds_per_row(loop));
}

template <class F>
std::function<void()> each(Input& input, const std::vector<Int>& from, F f) {
  return [&input, &from, f] {
    for (std::uint32_t k = 0; k < kRows; ++k) input.out[k] = f(from[k]);
    keep(input.out.data());
  };
}

void bench_arithmetic(Input& input) {
  bench(input, "hash(i)", each(input, input.i, split_mix));
  bench(input, "(hash(i) & 2147483647) % 1000",
        each(input, input.i, [](Int i) { return (split_mix(i) & 0x7fffffff) % 1000; }));
  bench(input, "((hash(i) >> 32) & 2147483647) % 3",
        each(input, input.i, [](Int i) { return ((split_mix(i) >> 32) & 0x7fffffff) % 3; }));
  bench(input, "hash(i) % 1000", each(input, input.i, [](Int i) { return split_mix(i) % 1000; }));
  bench(input, "i / 10", each(input, input.i, [](Int i) { return i / 10; }));
  bench(input, "micros(i)", each(input, input.i, [](Int i) { return i; }));
  bench(input, "i * 2 + 1", each(input, input.i, [](Int i) { return i * 2 + 1; }));
}

void bench_rows(Input& input) {
  std::vector<std::uint32_t> selected(kRows + 1);
  bench_predicate(input, "kind = 0", [&] {
    std::uint32_t n = 0;
    for (std::uint32_t k = 0; k < kRows; ++k) {
      selected[n] = k;
      n += input.kind[k] == 0 ? 1 : 0;
    }
    keep(selected.data());
  });
  bench(input, "split(line, ' ')", [&] {
    std::size_t n = 0;
    for (const Text line : input.line) {
      const char *begin = line.data(), *end = begin + line.size();
      while (const void* found = std::memchr(begin, ' ', static_cast<std::size_t>(end - begin))) {
        input.pieces[n++] = {begin, static_cast<std::size_t>(static_cast<const char*>(found) - begin)};
        begin = static_cast<const char*>(found) + 1;
      }
      input.pieces[n++] = {begin, static_cast<std::size_t>(end - begin)};
    }
    keep(input.pieces.data());
  });
}

}  // namespace

int main() {
  Input input;
  std::printf("runs of %u rows; a line has ten words\n", kRows);
  bench_arithmetic(input);
  bench_rows(input);
  return 0;
}
