/// What tasks were at when their process died, death for death, for whoever starts the next one: a record that ends
/// every process which works on it is found by having the same node at work again and again, and then, with a row a
/// run, the same row. Counted since the job got further last. Plain data. THREAD: its owner's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/checkpoint/work_file.h"

namespace penstock::checkpoint {

class Deaths {
 public:
  struct AtWork {
    WorkedOn work;               ///< The newest.
    std::uint32_t times = 0;     ///< The same node, with the same partition.
    std::uint32_t in_a_row = 0;  ///< The same single record.
    /// Where sources were when it was that record; of several deaths in a row, those whose record was on its way each
    /// time.
    std::vector<InputAt> inputs{};
    bool is_the_record() const { return in_a_row >= kOfOneRecord; }
  };

  /// `one_at_a_time`: the process gave its nodes one row at a time; then `inputs` is where all sources were.
  const AtWork& add(WorkedOn work, bool one_at_a_time, std::vector<InputAt> inputs = {});
  /// The next process should give its nodes one row at a time.
  bool need_a_closer_look() const;
  const AtWork* most_suspect() const;  ///< nullptr: nothing was at work more than once.
  void clear() { all_.clear(); }

  std::string to_text() const;
  static Deaths from_text(std::string_view text);  ///< What cannot be read is left out.

 private:
  static constexpr std::uint32_t kOfOneNode = 2, kOfOneRecord = 2;
  std::vector<AtWork> all_;
};

}  // namespace penstock::checkpoint
