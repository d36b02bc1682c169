/// `tcp: {connect}` sends rows to a server; `tcp: {listen}` to every client that is connected. Rows wait for a client;
/// a slow one holds the sink back, one that has gone is dropped, and a new one begins with the next batch of rows. A
/// server that goes away fails the job (connection_lost). What the kernel has taken counts as delivered: a peer that
/// closes before it has read loses it. At most once: rows are sent when their checkpoint is complete. THREAD: the
/// task's executor.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "operators/sinks/kept_rows.h"
#include "operators/sinks/row_text.h"
#include "operators/sockets/listener.h"

namespace penstock::operators {

class TcpSink : public api::Sink {
 public:
  TcpSink(const api::NodeSpec& spec, RowText text);

  base::Result<void> open(api::Context& context) override;
  api::Step write(const record::Rows& rows, api::Context& context) override;
  api::BlockingJob stage(std::uint64_t epoch, api::SavedParts& parts, api::Context& context) override;
  api::BlockingJob publish(std::uint64_t epoch, api::Context& context) override;
  api::Step resume(api::Context& context) override { return drain(context); }
  api::Step idle(api::Context& context) override { return drain(context); }
  api::Step finish(api::Context& context) override { return drain(context); }
  void abort() override;

  int port() const { return local_port(listener_.socket()); }  ///< Of a server: for port 0.

 private:
  struct Client {
    Descriptor socket;
    std::string greeting;  ///< The format's header, before the first row.
    std::size_t sent = 0;  ///< Of the greeting and the buffer.
    bool watching = false;
  };
  enum class Sent : std::uint8_t { kAll, kSome, kGone };

  void accept_clients(api::Context& context);
  void add_client(Descriptor socket);
  Sent send_to(Client& client);
  void forget(Client& client, api::Context& context);
  void watch(Client& client, bool wanted, api::Context& context);
  api::Step drain(api::Context& context);

  RowText text_;
  KeptRows kept_;
  std::string connect_, listen_;
  Listener listener_;
  std::vector<Client> clients_;
  std::string buffer_;  ///< Rows that are being sent.
};

base::Result<std::unique_ptr<api::Sink>> make_tcp_sink(const api::NodeSpec& spec);

}  // namespace penstock::operators
