#include "operators/builtin.h"

#include "operators/formats/register.h"
#include "operators/sinks/register.h"
#include "operators/sources/register.h"
#include "operators/transforms/register.h"
#include "operators/windows/register.h"

namespace penstock::operators {

const api::Registry& builtin_registry() {
  static const api::Registry* const registry = [] {
    auto* list = new api::Registry;  // Lives as long as the process: jobs may end after main's statics are gone.
    register_formats(*list);
    register_sources(*list);
    register_transforms(*list);
    register_windows(*list);
    register_sinks(*list);
    return list;
  }();
  return *registry;
}

}  // namespace penstock::operators
