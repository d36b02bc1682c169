/// From text to a YamlNode, refusing what a topology never needs and what untrusted text may hide: anchors, aliases,
/// tags, repeated keys, several documents, depth, size. The only home of yaml-cpp (with parse_faults.cc).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "topology/yaml/report.h"
#include "topology/yaml/tree.h"

namespace penstock::topology {

constexpr int kMaxDepth = 64;
constexpr int kMaxNodes = 100'000;

using Variables = std::function<std::optional<std::string>(const std::string&)>;

/// The root map. nullopt: nothing could be read, and the report says why. `variables` gives the value of ${NAME}.
std::optional<YamlNode> parse_yaml(const Variables& variables, Report& report);

}  // namespace penstock::topology
