#include "operators/sources/file_list.h"

#include <dirent.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>

namespace penstock::operators {
namespace {

using Paths = base::Result<std::vector<std::string>>;

bool is_glob(const std::string& path) { return path.find_first_of("*?[") != path.npos; }

std::string working_directory() {
  std::error_code error;
  const auto path = std::filesystem::current_path(error);
  return error ? "?" : path.string();
}

std::string relative_note(const std::string& path) {
  return !path.empty() && path.front() == '/' ? "" : " (looked from " + working_directory() + ")";
}

Paths files_in(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  if (directory == nullptr) {
    return base::fail("directory_unreadable", "cannot read the directory " + path + ": " + std::strerror(errno), path,
                      base::Origin::kEnvironment);
  }
  const std::string prefix = path.back() == '/' ? path : path + "/";
  std::vector<std::string> files;
  while (const dirent* entry = readdir(directory.get())) {
    struct stat status {};
    const std::string file = prefix + entry->d_name;
    if (entry->d_name[0] != '.' && stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode)) files.push_back(file);
  }
  std::sort(files.begin(), files.end());
  return files;
}

Paths files_matching(const std::string& pattern) {
  glob_t found{};
  const int result = glob(pattern.c_str(), 0, nullptr, &found);
  const std::unique_ptr<glob_t, void (*)(glob_t*)> owner(&found, globfree);
  if (result == GLOB_NOSPACE || result == GLOB_ABORTED) {
    return base::fail("directory_unreadable", "cannot read the directories of " + pattern, pattern,
                      base::Origin::kEnvironment);
  }
  std::vector<std::string> files;
  for (std::size_t i = 0; i < found.gl_pathc; ++i) {
    struct stat status {};
    if (stat(found.gl_pathv[i], &status) == 0 && S_ISREG(status.st_mode)) files.emplace_back(found.gl_pathv[i]);
  }
  std::sort(files.begin(), files.end());
  return files;
}

Paths one_file_or_directory(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) {
      return base::fail("file_unreadable", "cannot look at " + path + ": " + std::strerror(errno), path,
                        base::Origin::kEnvironment);
    }
    return base::fail("file_not_found", "no such file or directory: " + path + relative_note(path), path);
  }
  if (S_ISDIR(status.st_mode)) return files_in(path);
  if (S_ISREG(status.st_mode)) return std::vector<std::string>{path};
  return base::fail("not_a_file", path + " is not a regular file; to read a pipe, use `stdin: {}`", path);
}

}  // namespace

Paths list_files(const std::string& path, bool may_be_empty) {
  struct stat status {};
  const bool literal = !is_glob(path) || stat(path.c_str(), &status) == 0;
  Paths files = literal ? one_file_or_directory(path) : files_matching(path);
  if (!files) return files;
  if (files->empty() && !may_be_empty) {
    const std::string what = literal ? "there is no file in the directory " : "no file matches ";
    return base::fail("no_files", what + path + relative_note(path), path);
  }
  for (const std::string& file : *files) {
    if (access(file.c_str(), R_OK) == 0) continue;
    return base::fail("file_unreadable", "cannot read " + file + ": " + std::strerror(errno), file,
                      base::Origin::kEnvironment);
  }
  return files;
}

std::vector<std::string> directories_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {path};
  std::set<std::string> directories;
  const auto add_parent = [&](const std::string& file) {
    const std::size_t slash = file.rfind('/');
    const std::string parent = slash == file.npos ? "." : slash == 0 ? "/" : file.substr(0, slash);
    if (!is_glob(parent)) directories.insert(parent);
  };
  add_parent(path);
  if (const auto files = list_files(path, true))
    for (const std::string& file : *files) add_parent(file);
  return {directories.begin(), directories.end()};
}

}  // namespace penstock::operators
