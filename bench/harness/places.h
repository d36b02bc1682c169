/// Where the benchmarks find and leave their files. THREAD: any.
#pragma once

#include <string>

namespace penstock::bench {

std::string program_folder();                        ///< Of the running benchmark; the product lies beside it.
std::string topology_path(const std::string& file);  ///< bench/topologies/FILE.
std::string data_path(const std::string& file);      ///< build/bench-data/FILE; the folder is made.
std::string read_file(const std::string& path);      ///< Whole; "" with a message when it cannot be read.

}  // namespace penstock::bench
