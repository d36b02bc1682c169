/// `tcp: {connect}` reads from one server and ends when that closes; `tcp: {listen}` takes connections, each a
/// partition of its own named by its peer, and never ends. One task does it, the others have nothing to read. THREAD:
/// the task's executor.
///
/// After a failure what the journals hold of connections that were open is read to its end; each connection that is
/// made anew is a partition of its own. None is made to a server that had closed in order: its journal is all there is.
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
  std::string position(api::PartitionId partition) const override;
  void save(api::SavedParts& parts) override;
  void on_barrier(std::uint64_t epoch) override;
  void on_published(std::uint64_t epoch, api::SourceContext&) override { journals_.on_published(epoch); }

  int port() const { return local_port(listener_.socket()); }  ///< Of a server: for port 0.

 private:
  struct Connection {
    Descriptor socket;  ///< Not open: only its journal is left.
    DescriptorReader reader;
  };

  base::Result<void> open_left(api::SourceContext& context);
  base::Result<void> connect(api::SourceContext& context);
  base::Result<void> add_connection(Descriptor socket, const std::string& peer, api::SourceContext& context);
  base::Result<void> add(Descriptor socket, const std::string& name, const StreamPosition& position,
                         PartitionJournal* journal, api::SourceContext& context);
  std::string unused_name(const std::string& peer);

  const topology::PlanNode& node_;
  bool is_mine_;
  std::string connect_, listen_;
  Listener listener_;
  RunBuffer run_;
  std::unordered_map<api::PartitionId, Connection> connections_;
  std::unordered_map<std::string, int> names_;  ///< How often a peer of this name came.
  StreamJournals journals_;
  bool ended_ = false;  ///< The server has closed: nothing will come any more.
};

base::Result<std::unique_ptr<api::Source>> make_tcp_source(const api::NodeSpec& spec);

}  // namespace penstock::operators
