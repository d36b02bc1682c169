/// Collects everything that is wrong (or worth a note) while a file is loaded. Nothing stops at the first fault.
/// THREAD: the loader's.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "topology/diagnostic.h"
#include "topology/yaml/source_text.h"

namespace penstock::topology {

class Report {
 public:
  explicit Report(const SourceText& source) : source_(source) {}

  void error(std::string code, Place place, std::string message, std::string hint = {});
  void note(std::string code, Place place, std::string message, std::string hint = {});
  void error_of_file(std::string code, std::string message, std::string hint = {});

  bool failed() const { return errors_ > 0; }
  std::size_t errors() const { return errors_; }
  const SourceText& source() const { return source_; }
  /// By position, the same words at the same place once, the first hundred. Notes only where there is no error.
  std::vector<Diagnostic> sorted() const;

 private:
  void add(Severity severity, std::string code, Place place, std::string message, std::string hint);

  const SourceText& source_;
  std::vector<Diagnostic> found_;
  std::size_t errors_ = 0;
};

}  // namespace penstock::topology
