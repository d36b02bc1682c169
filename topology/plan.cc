#include "topology/plan.h"

namespace penstock::topology {

record::Schema error_schema() {
  using record::Kind;
  return {{{"time", {Kind::kTimestamp}},
           {"node", {Kind::kString}},
           {"code", {Kind::kString}},
           {"message", {Kind::kString}},
           {"source", {Kind::kString}},
           {"partition", {Kind::kString}},
           {"offset", {Kind::kInt64}},
           {"row", {Kind::kString}}}};
}

}  // namespace penstock::topology
