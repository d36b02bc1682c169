/// Input files of the benchmarks: the same bytes on every machine and run, made once and kept in build/bench-data.
#pragma once

#include <cstdint>
#include <string>

namespace penstock::bench {

/// Path of a file of `words` Zipf-distributed words (s = 1, vocabulary of 100,000), 8 to 12 on a line.
std::string zipf_words_file(std::uint64_t words);
/// Path of a file of about `megabytes` MB of JSON lines of ride events.
std::string json_lines_file(std::uint64_t megabytes);
/// Path of a CSV table of 1000 ads and their campaigns.
std::string campaigns_file();

}  // namespace penstock::bench
