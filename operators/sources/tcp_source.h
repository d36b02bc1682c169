/// `tcp: {connect}` reads from one server and ends when that closes; `tcp: {listen}` takes connections, each a
/// partition of its own named by its peer, and never ends. One task does it, the others have nothing to read. THREAD:
/// the task's executor.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "operators/sockets/listener.h"
#include "operators/sources/descriptor_reader.h"
#include "runtime/api/registry.h"

namespace penstock::operators {

class TcpSource : public api::Source {
 public:
  explicit TcpSource(const api::NodeSpec& spec);

  base::Result<void> open(api::SourceContext& context) override;
  api::Step read(api::PartitionId partition, std::uint32_t max_rows, api::SourceContext& context) override;
  void poll(api::SourceContext& context) override;

  int port() const { return local_port(listener_.socket()); }  ///< Of a server: for port 0.

 private:
  struct Connection {
    Descriptor socket;
    DescriptorReader reader;
  };

  base::Result<void> add_connection(Descriptor socket, const std::string& peer, api::SourceContext& context);
  std::string unused_name(const std::string& peer);

  const topology::PlanNode& node_;
  bool is_mine_;
  std::string connect_, listen_;
  Listener listener_;
  RunBuffer run_;
  std::unordered_map<api::PartitionId, Connection> connections_;
  std::unordered_map<std::string, int> names_;  ///< How often a peer of this name came.
};

base::Result<std::unique_ptr<api::Source>> make_tcp_source(const api::NodeSpec& spec);

}  // namespace penstock::operators
