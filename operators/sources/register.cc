#include "operators/sources/register.h"

#include "operators/sources/file_source.h"
#include "operators/sources/generate_source.h"
#include "operators/sources/stdin_source.h"
#include "operators/sources/tcp_source.h"

namespace penstock::operators {

void register_sources(api::Registry& registry) {
  registry.sources["file"] = make_file_source;
  registry.sources["generate"] = make_generate_source;
  registry.sources["stdin"] = make_stdin_source;
  registry.sources["tcp"] = make_tcp_source;
}

}  // namespace penstock::operators
