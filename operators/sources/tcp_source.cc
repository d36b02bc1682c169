#include "operators/sources/tcp_source.h"

#include <cstring>

#include "operators/formats/formats.h"

namespace penstock::operators {

TcpSource::TcpSource(const api::NodeSpec& spec)
    : node_(spec.node),
      is_mine_(spec.place.index == 0),
      connect_(spec.node.params.text("connect")),
      listen_(spec.node.params.text("listen")),
      run_(spec.node.schema),
      journals_(spec.node) {}

base::Result<void> TcpSource::open(api::SourceContext& context) {
  if (is_mine_) {
    ended_ = context.restored() != nullptr && !context.restored()->all("ended").empty();
    if (auto opened = journals_.open(context); !opened) return opened;
    if (auto opened = open_left(context); !opened) return opened;
    if (!listen_.empty()) {
      for (const std::string_view name : context.restored_partitions()) names_.try_emplace(std::string(name), 1);
      return listener_.open(listen_, context);
    }
  }
  if (is_mine_ && !ended_)
    if (auto connected = connect(context); !connected) return connected;
  context.partitions_complete();
  return {};
}

base::Result<void> TcpSource::open_left(api::SourceContext& context) {
  const auto left = journals_.left(context);
  if (!left) return tl::unexpected(left.error());
  if (listen_.empty()) {
    const auto closed = StreamJournals::closed(*left);
    if (!closed) return tl::unexpected(closed.error());
    ended_ = ended_ || *closed;
  }
  for (const StreamJournals::Left& partition : *left)
    if (auto added = add(Descriptor(), partition.name, partition.position, partition.journal, context); !added)
      return added;
  return {};
}

base::Result<void> TcpSource::connect(api::SourceContext& context) {
  auto socket = connect_to(connect_);
  if (!socket) return tl::unexpected(socket.error());
  return add_connection(std::move(*socket), connect_, context);
}

void TcpSource::poll(api::SourceContext& context) {
  journals_.sync(context);
  if (!listener_.is_open()) return;
  while (auto peer = listener_.accept(context)) {
    if (auto added = add_connection(std::move(peer->socket), peer->name, context); !added) context.fail(added.error());
  }
}

base::Result<void> TcpSource::add_connection(Descriptor socket, const std::string& peer, api::SourceContext& context) {
  const std::string name = listen_.empty() ? journals_.fresh_name(peer) : unused_name(peer);
  PartitionJournal* journal = nullptr;
  if (journals_.wanted()) {
    auto begun = journals_.begin(name);
    if (!begun) return tl::unexpected(begun.error());
    journal = *begun;
  }
  return add(std::move(socket), name, {}, journal, context);
}

base::Result<void> TcpSource::add(Descriptor socket, const std::string& name, const StreamPosition& position,
                                  PartitionJournal* journal, api::SourceContext& context) {
  auto decoder = make_decoder(node_.format, node_.schema, node_.format_params);
  if (!decoder) return tl::unexpected(decoder.error());
  if (!(*decoder)->resume(position.learnt))
    return base::fail("checkpoint_damaged", "what the checkpoint holds of the format of " + name + " cannot be read",
                      name, base::Origin::kEnvironment);
  const api::PartitionId id = context.add_partition(name, false);
  const auto bad_header = listen_.empty() ? BadHeader::kEndsTheJob : BadHeader::kEndsThePartition;
  auto reader = std::make_unique<RecordReader>(name, id, std::move(*decoder), position.offset, bad_header);
  if (journal != nullptr) reader->comes_again_from(journal->files());
  const int descriptor = socket.is_open() ? socket.get() : DescriptorReader::kNobody;
  if (socket.is_open()) context.watch(descriptor, false);
  connections_.emplace(id,
                       Connection{std::move(socket), DescriptorReader(descriptor, false, std::move(reader), journal)});
  return {};
}

std::string TcpSource::unused_name(const std::string& peer) {
  for (;;) {
    const int times = ++names_[peer];
    std::string name = times == 1 ? peer : peer + "#" + std::to_string(times);
    if (!journals_.is_used(name)) return name;
  }
}

api::Step TcpSource::read(api::PartitionId partition, std::uint32_t max_rows, api::SourceContext& context) {
  const auto found = connections_.find(partition);
  if (found == connections_.end()) return api::Step::kDone;
  Connection& connection = found->second;
  const api::Step step = connection.reader.read(max_rows, run_, context);
  if (step != api::Step::kDone) return step;
  journals_.ended(connection.reader.reader().name());
  const int error = connection.reader.error();
  if (connection.socket.is_open()) {
    context.unwatch(connection.socket.get());
    ended_ = listen_.empty() && error == 0;
  }
  if (error != 0 && listen_.empty()) {  // A server that loses a client goes on without it.
    context.fail({"connection_lost", "the connection to " + connect_ + " was lost: " + std::strerror(error),
                  base::Origin::kEnvironment, true, connect_});
  }
  connections_.erase(found);
  return step;
}

std::string TcpSource::position(api::PartitionId partition) const {
  const auto found = connections_.find(partition);
  if (found == connections_.end()) return StreamPosition{0, true, {}}.text();  // It has ended and is forgotten.
  return found->second.reader.position().text();
}

void TcpSource::save(api::SavedParts& parts) {
  if (ended_) parts["ended"] = "1";
  journals_.save(parts);
}

void TcpSource::on_barrier(std::uint64_t epoch) {
  std::map<std::string, std::int64_t> offsets;
  for (const auto& [id, connection] : connections_)
    offsets[connection.reader.reader().name()] = connection.reader.reader().offset();
  journals_.on_barrier(epoch, std::move(offsets));
}

base::Result<std::unique_ptr<api::Source>> make_tcp_source(const api::NodeSpec& spec) {
  return std::make_unique<TcpSource>(spec);
}

}  // namespace penstock::operators
