#include "operators/sources/tcp_source.h"

#include <cstring>

#include "operators/formats/formats.h"

namespace penstock::operators {

TcpSource::TcpSource(const api::NodeSpec& spec)
    : node_(spec.node),
      is_mine_(spec.place.index == 0),
      connect_(spec.node.params.text("connect")),
      listen_(spec.node.params.text("listen")),
      run_(spec.node.schema) {}

base::Result<void> TcpSource::open(api::SourceContext& context) {
  if (is_mine_ && !listen_.empty()) return listener_.open(listen_, context);
  if (is_mine_) {
    auto socket = connect_to(connect_);
    if (!socket) return tl::unexpected(socket.error());
    if (auto added = add_connection(std::move(*socket), connect_, context); !added) return added;
  }
  context.partitions_complete();
  return {};
}

void TcpSource::poll(api::SourceContext& context) {
  if (!listener_.is_open()) return;
  while (auto peer = listener_.accept(context)) {
    if (auto added = add_connection(std::move(peer->socket), peer->name, context); !added) context.fail(added.error());
  }
}

base::Result<void> TcpSource::add_connection(Descriptor socket, const std::string& peer, api::SourceContext& context) {
  auto decoder = make_decoder(node_.format, node_.schema, node_.format_params);
  if (!decoder) return tl::unexpected(decoder.error());
  const std::string name = unused_name(peer);
  const api::PartitionId id = context.add_partition(name, false);
  auto reader = std::make_unique<RecordReader>(name, id, std::move(*decoder));
  const int descriptor = socket.get();
  context.watch(descriptor, false);
  connections_.emplace(id, Connection{std::move(socket), DescriptorReader(descriptor, false, std::move(reader))});
  return {};
}

std::string TcpSource::unused_name(const std::string& peer) {
  const int times = ++names_[peer];
  return times == 1 ? peer : peer + "#" + std::to_string(times);
}

api::Step TcpSource::read(api::PartitionId partition, std::uint32_t max_rows, api::SourceContext& context) {
  const auto found = connections_.find(partition);
  if (found == connections_.end()) return api::Step::kDone;
  Connection& connection = found->second;
  const api::Step step = connection.reader.read(max_rows, run_, context);
  if (step != api::Step::kDone) return step;
  context.unwatch(connection.socket.get());
  const int error = connection.reader.error();
  if (error != 0 && listen_.empty()) {  // A server that loses a client goes on without it.
    context.fail({"connection_lost", "the connection to " + connect_ + " was lost: " + std::strerror(error),
                  base::Origin::kEnvironment, true, connect_});
  }
  connections_.erase(found);
  return step;
}

base::Result<std::unique_ptr<api::Source>> make_tcp_source(const api::NodeSpec& spec) {
  return std::make_unique<TcpSource>(spec);
}

}  // namespace penstock::operators
