#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <string_view>
#include <vector>

#include "bench/yardstick/yardstick.h"
#include "runtime/base/time_text.h"

namespace penstock::bench {
namespace {

struct Ride {
  base::Micros time = 0;
  std::int64_t driver = 0;
  std::string_view event_type;
  std::string_view location;
};

bool parse(simdjson::ondemand::document_reference document, Ride& ride) {
  simdjson::ondemand::object object;
  std::string_view time;
  if (document.get_object().get(object) != simdjson::SUCCESS) return false;
  if (object["timestamp"].get(time) != simdjson::SUCCESS) return false;
  if (object["driver_id"].get(ride.driver) != simdjson::SUCCESS) return false;
  if (object["event_type"].get(ride.event_type) != simdjson::SUCCESS) return false;
  if (object["location"].get(ride.location) != simdjson::SUCCESS) return false;
  const auto micros = base::parse_timestamp(time);
  ride.time = micros.value_or(0);
  return micros.has_value();
}

bool needs_escape(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') return true;
  return false;
}

/// Lines into a buffer that goes to the file when it is full.
class LineWriter {
 public:
  explicit LineWriter(const std::string& path)
      : file_(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)), buffer_(256 << 10) {}
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  ~LineWriter() {
    if (file_ >= 0) close(file_);
  }

  bool write_ride(const Ride& ride) {
    if (needs_escape(ride.event_type) || needs_escape(ride.location)) return false;
    if (used_ + ride.event_type.size() + ride.location.size() + 160 > buffer_.size() && !flush()) return false;
    put("{\"timestamp\":\"");
    used_ += base::format_timestamp(ride.time, buffer_.data() + used_);
    put("\",\"driver_id\":");
    char* at = buffer_.data() + used_;
    used_ += static_cast<std::size_t>(std::to_chars(at, at + 20, ride.driver).ptr - at);
    put(",\"event_type\":\"");
    put(ride.event_type);
    put("\",\"location\":\"");
    put(ride.location);
    put("\"}\n");
    return true;
  }
  bool flush() {
    const bool good = file_ >= 0 && write(file_, buffer_.data(), used_) == static_cast<ssize_t>(used_);
    used_ = 0;
    return good;
  }

 private:
  void put(std::string_view text) {
    std::memcpy(buffer_.data() + used_, text.data(), text.size());
    used_ += text.size();
  }
  int file_;
  std::vector<char> buffer_;
  std::size_t used_ = 0;
};

/// Every whole line of `bytes` (simdjson's padding follows them). Returns false at the first line that is no ride.
bool take_lines(simdjson::ondemand::parser& parser, const char* bytes, std::size_t size, LineWriter& out,
                std::uint64_t& rows) {
  simdjson::ondemand::document_stream lines;
  if (parser.iterate_many(bytes, size, size + 1).get(lines) != simdjson::SUCCESS) return false;
  Ride ride;
  for (auto line : lines) {
    if (line.error() != simdjson::SUCCESS || !parse(line.value_unsafe(), ride)) return false;
    ++rows;
    if (ride.event_type == "pickup" && !out.write_ride(ride)) return false;
  }
  return true;
}

}  // namespace

JsonSums json_loop(const std::string& input, const std::string& output) {
  JsonSums sums;
  const int file = open(input.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return sums;
  LineWriter out(output);
  simdjson::ondemand::parser parser;
  constexpr std::size_t kRead = 256 << 10;
  std::vector<char> buffer(kRead + simdjson::SIMDJSON_PADDING);
  std::size_t held = 0;  // Bytes of a line that has not ended yet.
  bool good = true;
  while (good) {
    const ssize_t got = read(file, buffer.data() + held, kRead - held);
    if (got <= 0) break;
    sums.bytes += static_cast<std::uint64_t>(got);
    const std::size_t size = held + static_cast<std::size_t>(got);
    const void* end = memrchr(buffer.data(), '\n', size);
    const std::size_t whole =
        end == nullptr ? 0 : static_cast<std::size_t>(static_cast<const char*>(end) - buffer.data()) + 1;
    if (whole == 0) break;
    good = take_lines(parser, buffer.data(), whole, out, sums.rows);
    held = size - whole;
    std::memmove(buffer.data(), buffer.data() + whole, held);
  }
  close(file);
  sums.good = out.flush() && good && held == 0;
  return sums;
}

}  // namespace penstock::bench
