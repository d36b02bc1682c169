/// The network of a simulation: who listens where, connections that take their time, break and lose what was under way,
/// and sometimes bring what an old connection had carried to whoever listens now. What the product knows as Mailbox,
/// LinkWatch, ControlServer and ControlClient (sim_transport.cc, sim_control_link.cc) ends here. THREAD: the only one.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/channel/admission.h"
#include "tests/sim/dataflow/kernel.h"

namespace penstock::sim {

struct NetworkFaults {
  base::Micros latency = 300;  ///< At most, of nearly all.
  double straggler = 0;        ///< Share of what takes up to half a second.
  double control_lost = 0;     ///< Share of control messages.
  double control_twice = 0;
  double stray = 0;  ///< Share of frames that come once more, to whoever listens there later.
};

/// One end that takes in bytes.
struct Inbox {
  Process* process = nullptr;
  std::string domain;  ///< For whom it is open; "": for all.
  std::deque<std::string> arrived;
  int event = -1;
};

/// A connection for frames; one way. Whoever made it hears how it fares.
struct Link : std::enable_shared_from_this<Link> {
  Process* from = nullptr;
  std::string to;  ///< Address.
  std::string token;
  std::weak_ptr<Inbox> inbox;     ///< Once it is up.
  base::Micros last_arrival = 0;  ///< Of what is under way: in order.
  bool up = false, down = false;
  std::function<void(bool up)> hear;
};

/// Looks at everything that goes over the network.
class NetworkWatcher {
 public:
  virtual ~NetworkWatcher() = default;
  virtual void on_frame(const Link& link, const std::string& bytes) = 0;
  virtual void on_control(const std::string& bytes) = 0;
};

class Network {
 public:
  explicit Network(Kernel& kernel);
  ~Network();
  static Network& running();

  Kernel& kernel() { return kernel_; }
  NetworkFaults faults;
  NetworkWatcher* watcher = nullptr;

  // --- frames
  std::string listen(std::shared_ptr<Inbox> inbox, const std::string& near);  ///< Its address.
  std::shared_ptr<Link> connect(const std::string& to, const std::string& token, std::function<void(bool)> hear);
  void send(Link& link, std::string bytes);
  void cut(Link& link);  ///< It breaks; what is under way is lost.
  void cut_one();        ///< Any that is up.

  // --- control
  struct Server {
    Process* process = nullptr;
    std::deque<std::pair<std::string, std::string>> arrived;  ///< Peer and bytes.
    std::set<std::string> peers;
    bool disconnected = false;
    int event = -1;
  };
  struct Client {
    Process* process = nullptr;
    std::string peer;  ///< Name of the present connection; "": none.
    std::deque<std::string> arrived;
    int event = -1;
  };
  void open_server(Server& server);
  void close_server(Server& server);
  void open_client(std::shared_ptr<Client> client);
  void to_server(const std::string& peer, std::string bytes);
  bool to_client(const std::string& peer, std::string bytes);  ///< False: it is gone.

  void on_death(Process& process, bool silently);  ///< Its connections break; silently: nobody is told.
  /// Those of the process whose address is known to have run there admit this token.
  std::map<Process*, const channel::Admission*> admissions;

 private:
  base::Micros delay();
  void try_link(const std::shared_ptr<Link>& link);
  void arrive(const std::string& address, const std::weak_ptr<Inbox>& inbox, std::string bytes);
  void dial(const std::shared_ptr<Client>& client);

  Kernel& kernel_;
  std::map<std::string, std::weak_ptr<Inbox>> inboxes_;  // By address.
  std::map<std::string, std::string> stands_for_;        // Address -> where it is: worker.
  std::list<std::weak_ptr<Link>> links_;
  Server* server_ = nullptr;
  std::map<std::string, std::weak_ptr<Client>> clients_;  // By peer.
  std::uint64_t names_ = 0;
};

}  // namespace penstock::sim
