#include "tools/penstock/report.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

namespace penstock::tools {
namespace {

const char* word_of(topology::NodeKind kind) {
  switch (kind) {
    case topology::NodeKind::kSource:
      return "source";
    case topology::NodeKind::kOperator:
      return "operator";
    case topology::NodeKind::kSink:
      return "sink";
  }
  return "";
}

nlohmann::ordered_json account_of(const worker::NodeSnapshot& node) {
  nlohmann::ordered_json account = {
      {"kind", word_of(node.kind)}, {"rows_in", node.rows_in},   {"rows_out", node.rows_out},
      {"passed", node.passed},      {"filtered", node.filtered}, {"absorbed", node.absorbed},
      {"late", node.late},          {"errors", node.errors},     {"dropped", node.dropped}};
  if (!node.errors_by_code.empty()) {
    auto& by_code = account["errors_by_code"] = nlohmann::ordered_json::object();
    for (const worker::ErrorCount& count : node.errors_by_code) by_code[count.code] = count.rows;
  }
  return account;
}

base::Result<void> failed_to(const char* what, const std::string& path) {
  return base::fail("report_not_written", fmt::format("cannot {} the report: {}", what, std::strerror(errno)), path,
                    base::Origin::kEnvironment);
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// A terminal, a pipe or /dev/stderr cannot be replaced by a rename: they are written to.
bool is_special(const std::string& path) {
  struct stat about {};
  return stat(path.c_str(), &about) == 0 && !S_ISREG(about.st_mode);
}

}  // namespace

std::string report_json(const RunOutcome& outcome) {
  nlohmann::ordered_json report = {{"name", outcome.name},
                                   {"status", outcome.status()},
                                   {"seconds", outcome.job.seconds},
                                   {"cpu_seconds", outcome.cpu_seconds}};
  auto& nodes = report["nodes"] = nlohmann::ordered_json::object();
  for (const worker::NodeSnapshot& node : outcome.job.nodes) nodes[node.name] = account_of(node);
  if (outcome.failed())
    report["error"] = {
        {"code", outcome.error->code}, {"message", outcome.error->text}, {"where", outcome.error->where}};
  return report.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

base::Result<void> write_whole_file(const std::string& path, const std::string& text) {
  const bool direct = is_special(path);
  const std::string staged = direct ? path : fmt::format("{}.{}.part", path, getpid());
  const int flags = direct ? O_WRONLY | O_CLOEXEC : O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  const int descriptor = open(staged.c_str(), flags, 0644);
  if (descriptor < 0) return failed_to("open", path);
  const bool written = write_all(descriptor, text);
  const bool closed = close(descriptor) == 0;
  if (direct) return written ? base::Result<void>() : failed_to("write", path);
  if (written && closed && std::rename(staged.c_str(), path.c_str()) == 0) return {};
  auto failure = failed_to("write", path);
  unlink(staged.c_str());
  return failure;
}

}  // namespace penstock::tools
