#include "operators/sources/register.h"

#include "operators/sources/file_source.h"
#include "operators/sources/generate_source.h"

namespace penstock::operators {

void register_sources(api::Registry& registry) {
  registry.sources["file"] = make_file_source;
  registry.sources["generate"] = make_generate_source;
}

}  // namespace penstock::operators
