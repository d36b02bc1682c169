#include "operators/windows/register.h"

#include <utility>

#include "operators/windows/make_window.h"

namespace penstock::operators {

void register_windows(api::Registry& registry) {
  auto without_window = std::move(registry.operators["aggregate"]);
  registry.operators["aggregate"] = [without_window = std::move(without_window)](const api::NodeSpec& spec) {
    return spec.node.params.has("window") || !without_window ? make_window_aggregate(spec) : without_window(spec);
  };
}

}  // namespace penstock::operators
