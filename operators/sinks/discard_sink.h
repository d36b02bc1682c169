/// `discard: {}`: counts and forgets. THREAD: the task's executor.
#pragma once

#include <memory>

#include "runtime/api/registry.h"

namespace penstock::operators {

class DiscardSink : public api::Sink {
 public:
  api::Step write(const record::Rows& rows, api::Context& context) override {
    context.counters().passed.add(rows.count);
    return api::Step::kDone;
  }
};

}  // namespace penstock::operators
