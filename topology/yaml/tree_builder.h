/// Builds YamlNodes from yaml-cpp's events and refuses early, before anything large is made. Included by parse.cc only.
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <string>
#include <unordered_set>
#include <vector>

#include "topology/yaml/parse.h"

namespace penstock::topology {

class TreeBuilder : public YAML::EventHandler {
 public:
  struct Refused {};  ///< Thrown after the reason was reported.

  TreeBuilder(const Variables& variables, Report& report) : variables_(variables), report_(report) {}
  YamlNode take_root() { return std::move(root_); }
  bool has_root() const { return has_root_; }

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    bool awaits_value = false;  ///< Maps: a key was read.
    YamlNode key;
    std::unordered_set<std::string> keys;
  };

  std::size_t byte(const YAML::Mark& mark) const;
  Place token_at(std::size_t begin) const;
  void count(const YAML::Mark& mark);
  /// False: reported, and the node is faulty.
  bool properties_allowed(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor);
  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool flow);
  void close();
  void place_node(YamlNode node);
  void place_key(Open& map, YamlNode key);

  const Variables& variables_;
  Report& report_;
  std::vector<Open> open_;
  YamlNode root_;
  bool has_root_ = false;
  bool in_document_ = false;
  int nodes_ = 0;
};

}  // namespace penstock::topology
