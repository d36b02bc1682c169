#include "tools/penstock/submission.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>
#include <set>

namespace penstock::tools {
namespace {

std::uint64_t fresh_key() {
  std::random_device random;
  return (static_cast<std::uint64_t>(random()) << 32) | random();
}

std::string from_directory(const std::string& directory, const std::string& path) {
  return path.empty() || path[0] == '/' ? path : directory + "/" + path;
}

tl::unexpected<base::Error> unreadable(const topology::PlanTable& table, const std::string& path, const char* why) {
  return base::fail(
      "table_unreadable",
      fmt::format("table '{}' would go to the workers with the job, and {} cannot be read: {}", table.name, path, why));
}

class TableShipper {
 public:
  TableShipper(Submission& submission, const std::string& directory, std::size_t most_bytes)
      : submission_(submission), directory_(directory), most_bytes_(most_bytes) {}

  /// Two nodes may look into one table, and two tables may be one file: it travels once.
  base::Result<void> add(const topology::PlanTable& table) {
    const std::string path = table.params.text("path");
    if (!seen_.insert(path).second) return {};
    struct stat status {};
    if (stat(from_directory(directory_, path).c_str(), &status) != 0) {
      if (errno != ENOENT && errno != ENOTDIR) return unreadable(table, path, std::strerror(errno));
      submission_.notes.push_back(
          fmt::format("table '{}': {} is not here, so every worker that looks into it must have it", table.name, path));
      return {};
    }
    if (!S_ISREG(status.st_mode)) return unreadable(table, path, "it is not a plain file");
    if (auto room = take_room(table, path, static_cast<std::size_t>(status.st_size)); !room) return room;
    return ship(table, path);
  }

 private:
  base::Result<void> take_room(const topology::PlanTable& table, const std::string& path, std::size_t bytes) {
    bytes_ += bytes;
    if (bytes_ <= most_bytes_) return {};
    return base::fail(
        "tables_too_large",
        fmt::format("table '{}': {} has {} bytes, and all tables that go with a job may have {} together; put it on "
                    "every worker under a path that is not on this machine",
                    table.name, path, bytes, most_bytes_));
  }

  base::Result<void> ship(const topology::PlanTable& table, const std::string& path) {
    std::ifstream stream(from_directory(directory_, path), std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.is_open() || stream.bad()) return unreadable(table, path, std::strerror(errno));
    if (content.size() > most_bytes_) return take_room(table, path, content.size());  // It has grown meanwhile.
    proto::ShippedFile& file = *submission_.submit.add_files();
    file.set_path(path);
    file.set_content(std::move(content));
    if (table.reload)
      submission_.notes.push_back(fmt::format(
          "table '{}' goes to the workers as it is now; what changes in {} later they do not see", table.name, path));
    return {};
  }

  Submission& submission_;
  const std::string& directory_;
  const std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::set<std::string> seen_;
};

}  // namespace

base::Result<Submission> submission_of(const LoadedFile& file, const TopologyOptions& options,
                                       const std::string& directory, std::size_t most_bytes) {
  Submission submission;
  proto::Submit& submit = submission.submit;
  submit.set_file(file.text.name);
  submit.set_topology(file.text.text);
  for (const auto& [name, value] : file.variables) {
    proto::Variable& variable = *submit.add_variables();
    variable.set_name(name);
    variable.set_value(value);
  }
  submit.set_parallelism(static_cast<std::uint32_t>(options.parallelism.value_or(0)));
  submit.set_directory(directory);
  submit.set_key(fresh_key());
  TableShipper shipper(submission, directory, most_bytes);
  for (const topology::PlanNode& node : file.plan.nodes) {
    if (!node.table) continue;
    if (auto added = shipper.add(*node.table); !added) return tl::unexpected(added.error());
  }
  return submission;
}

}  // namespace penstock::tools
