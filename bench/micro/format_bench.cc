/// MB/s of decoders and encoders on lines like those of rides, beside simdjson alone (on-demand, a line at a time,
/// reading the same fields) as the yardstick of the same run.
#include <simdjson.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "operators/formats/formats.h"
#include "runtime/base/check.h"
#include "runtime/base/clock.h"
#include "runtime/base/limits.h"

namespace {

using namespace penstock;

constexpr int kLines = 400'000;
constexpr int kRounds = 5;
constexpr std::size_t kChunk = 256 << 10;
constexpr std::size_t kPadding = 64;

const record::Schema& schema() {
  static const record::Schema fields{{{"timestamp", {record::Kind::kTimestamp, record::Kind::kNull}, true},
                                      {"driver_id", {record::Kind::kInt64, record::Kind::kNull}, true},
                                      {"event_type", {record::Kind::kString, record::Kind::kNull}, true},
                                      {"location", {record::Kind::kString, record::Kind::kNull}, true}}};
  return fields;
}

struct NoFaults : api::DecodeFaults {
  void failed(std::int64_t, std::string_view, std::string_view, std::string_view) override { CHECK(false); }
};

std::string make_lines(bool json) {
  static const char* const kPlaces[] = {"Yerba Buena", "Portola", "FiDi", "Inner Sunset", "Mission Bay"};
  std::string text = json ? "" : "timestamp,driver_id,event_type,location\n";
  char line[256];
  for (int i = 0; i < kLines; ++i) {
    const char* const shape = json ? "{\"timestamp\": \"2023-09-18T%02d:%02d:%02dZ\", \"driver_id\": %d, "
                                     "\"event_type\": \"%s\", \"location\": \"%s\"}\n"
                                   : "2023-09-18T%02d:%02d:%02dZ,%d,%s,%s\n";
    const int size = std::snprintf(line, sizeof line, shape, i / 3600 % 24, i / 60 % 60, i % 60, i % 1000 * 7919 % 200,
                                   i % 3 == 0 ? "dropoff" : "pickup", kPlaces[i % 5]);
    text.append(line, static_cast<std::size_t>(size));
  }
  return text;
}

/// Processor time: others may use the machine.
base::Micros cpu_now() { return base::read_clock(CLOCK_PROCESS_CPUTIME_ID); }

/// Best of some rounds: MB/s of `bytes` bytes.
template <class Work>
double best_rate(std::size_t bytes, Work work) {
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    const base::Micros begin = cpu_now();
    work();
    const auto micros = static_cast<double>(cpu_now() - begin);
    best = std::max(best, static_cast<double>(bytes) / micros);
  }
  return best;
}

std::unique_ptr<api::Decoder> make_decoder(const char* format) {
  auto decoder = operators::make_decoder(format, schema(), {});
  CHECK(decoder.has_value());
  return std::move(*decoder);
}

/// As a source does: chunks with an incomplete tail, runs of kRunRows. Calls `take` with each run.
template <class Take>
void decode_all(const char* format, const std::string& text, Take take) {
  auto decoder = make_decoder(format);
  record::RowsBuffer rows(schema());
  std::vector<std::int64_t> offsets;
  NoFaults faults;
  for (std::size_t begin = 0; begin < text.size() - kPadding;) {
    const std::size_t size = std::min(kChunk, text.size() - kPadding - begin);
    std::size_t used = 0;
    for (;;) {
      rows.clear();
      offsets.clear();
      const auto progress =
          decoder->decode(std::string_view(text).substr(begin + used, size - used),
                          static_cast<std::int64_t>(begin + used), false, base::kRunRows, rows, offsets, faults);
      if (progress.consumed == 0) break;
      used += progress.consumed;
      take(rows.rows(progress.rows));
    }
    begin += used;
  }
}

/// simdjson's on-demand parser, one document a line, the four fields as text or integer.
std::uint64_t yardstick(const std::string& text) {
  simdjson::ondemand::parser parser;
  std::uint64_t sum = 0;
  const char* at = text.data();
  const char* const end = at + text.size() - kPadding;
  while (at < end) {
    const char* const newline = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    const auto size = static_cast<std::size_t>(newline - at);
    auto document = parser.iterate(at, size, static_cast<std::size_t>(end - at) + kPadding);
    sum += std::string_view(document["timestamp"]).size();
    sum += static_cast<std::uint64_t>(std::int64_t(document["driver_id"]));
    sum += std::string_view(document["event_type"]).size();
    sum += std::string_view(document["location"]).size();
    at = newline + 1;
  }
  return sum;
}

double decode_rate(const char* format, const std::string& text) {
  std::uint64_t rows = 0;
  const double rate =
      best_rate(text.size(), [&] { decode_all(format, text, [&](const record::Rows& run) { rows += run.count; }); });
  CHECK(rows == std::uint64_t{kLines} * kRounds);
  return rate;
}

double encode_rate(const char* format, const std::string& json) {
  auto encoder = operators::make_encoder(format, schema(), {});
  CHECK(encoder.has_value());
  std::string out;
  std::size_t bytes = 0;
  double micros = 0;
  decode_all("json", json, [&](const record::Rows& run) {
    out.clear();
    const base::Micros begin = cpu_now();
    (*encoder)->encode(run, out);
    micros += static_cast<double>(cpu_now() - begin);
    bytes += out.size();
  });
  return static_cast<double>(bytes) / micros;
}

}  // namespace

int main() {
  const std::string padding(kPadding, '\0');
  const std::string json = make_lines(true) + padding;
  const std::string csv = make_lines(false) + padding;
  std::uint64_t sum = 0;
  const double alone = best_rate(json.size(), [&] { sum += yardstick(json); });
  CHECK(sum != 0);
  const double ours = decode_rate("json", json);
  std::printf(
      "{\"bench\":\"format\",\"simdjson_mb_s\":%.0f,\"json_decode_mb_s\":%.0f,\"ratio\":%.2f,"
      "\"csv_decode_mb_s\":%.0f,\"json_encode_mb_s\":%.0f,\"csv_encode_mb_s\":%.0f}\n",
      alone, ours, ours / alone, decode_rate("csv", csv), encode_rate("json", json), encode_rate("csv", json));
  return 0;
}
