#include "operators/sinks/register.h"

#include "operators/sinks/discard_sink.h"
#include "operators/sinks/file_sink.h"
#include "operators/sinks/stdout_sink.h"
#include "operators/sinks/tcp_sink.h"

namespace penstock::operators {

void register_sinks(api::Registry& registry) {
  registry.sinks["file"] = [](const api::NodeSpec& spec) { return make_file_sink(spec); };
  registry.sinks["stdout"] = make_stdout_sink;
  registry.sinks["tcp"] = make_tcp_sink;
  registry.sinks["discard"] = [](const api::NodeSpec&) -> base::Result<std::unique_ptr<api::Sink>> {
    return std::make_unique<DiscardSink>();
  };
}

}  // namespace penstock::operators
