#include "runtime/state/left_behind.h"

#include <algorithm>
#include <utility>

namespace penstock::state {

LeftBehind::LeftBehind(std::vector<RecordHead*> records, std::size_t first, RecordArena memory, const RecordForm& form,
                       SpaceDelta& delta)
    : records_(std::move(records)),
      copied_(first),
      memory_(std::move(memory)),
      hooks_(*form.hooks),
      form_(form),
      delta_(delta) {
  form_.hooks = &hooks_;
}

LeftBehind::~LeftBehind() {
  for (; copied_ < records_.size(); ++copied_) destroy(records_[copied_]);
}

bool LeftBehind::copy(std::size_t& entries) {
  const std::size_t end = std::min(records_.size(), copied_ + entries);
  entries -= end - copied_;
  for (; copied_ < end; ++copied_) {
    RecordHead* record = records_[copied_];
    if (record != nullptr) delta_.put(record->hash, form_.key(record), form_.value(record, scratch_));
    destroy(record);
  }
  return copied_ == records_.size();
}

void LeftBehind::destroy(RecordHead* record) {
  if (record != nullptr && hooks_.destroy) hooks_.destroy(record->value());
}

}  // namespace penstock::state
