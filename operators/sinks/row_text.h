/// What a sink writes of the rows it is given, as text. Without `changes` inserts and updates are written as rows and
/// what is taken back (retract, delete) is not; with it every row but the old side of an update is written, and the
/// field `change` (insert, update, delete) follows the others. Books passed and dropped. THREAD: the sink's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/api/format.h"
#include "runtime/api/registry.h"

namespace penstock::operators {

class RowText {
 public:
  static base::Result<RowText> make(const api::NodeSpec& spec);

  void header(std::string& out) { encoder_->header(out); }  ///< At the start of each file or connection.
  void append(const record::Rows& rows, std::string& out, api::Counters& counters);

 private:
  void append_with_changes(const record::Rows& rows, std::string& out);

  std::unique_ptr<record::Schema> schema_;  ///< Of what is written.
  std::unique_ptr<api::Encoder> encoder_;
  bool changes_ = false;
  std::vector<std::uint32_t> selected_;
  std::vector<record::Column> columns_;
  std::vector<record::Text> change_cells_;
};

}  // namespace penstock::operators
