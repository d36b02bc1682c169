/// The outer shape of a topology: its nodes, each read against its field table, not yet checked against its inputs.
/// Borrows the YAML tree.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "topology/language/given.h"
#include "topology/loader.h"
#include "topology/yaml/report.h"

namespace penstock::topology {

/// Bounds on what a hostile file can make the loader build.
constexpr std::size_t kMostTopologyNodes = 1'000;
constexpr std::size_t kMostFields = 1'000;

struct NodeShape {
  std::string name;
  NodeKind kind = NodeKind::kOperator;
  const YamlNode* key = nullptr;  ///< Where the name stands.
  GivenTable fields;
  const Given* verb = nullptr;        ///< Its verb or connector; nullptr: missing, reported.
  std::vector<const YamlNode*> from;  ///< Names of input streams.
};

struct TableShape {
  std::string name;
  const YamlNode* key = nullptr;
  GivenTable fields;
};

struct PlacementShape {
  const YamlNode* key = nullptr;  ///< The name of the node.
  PlanPlacement placement;
};

struct Shape {
  std::string name;
  base::Micros checkpoint_every = 1'000'000;
  std::string checkpoint_store;
  int checkpoint_keep = 3;
  int parallelism = 1;
  std::optional<Delivery> delivery;
  const YamlNode* delivery_node = nullptr;
  std::vector<TableShape> tables;
  std::vector<NodeShape> nodes;
  std::vector<PlacementShape> placement;
  bool nodes_missing = false;  ///< Some could not be read (reported), so a name may be theirs.
};

Shape read_shape(const YamlNode& root, Report& report);

std::optional<Delivery> delivery_of(const GivenTable& fields);

}  // namespace penstock::topology
