/// Who may connect to a coordinator: its keys, the access file, read again on SIGHUP, and the guard at the door. Made
/// before other threads exist, so that all of them leave SIGHUP to it. THREAD: its own; the rest main's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "runtime/channel/zap_guard.h"
#include "runtime/worker/event_descriptor.h"

namespace penstock::tools {

class CoordinatorAccess {
 public:
  /// Codes: those of key and access files.
  static base::Result<std::unique_ptr<CoordinatorAccess>> open(channel::TransportContext& transport,
                                                               const std::string& key_file,
                                                               const std::string& access_file);
  ~CoordinatorAccess();

  channel::ServerSecurity security() const { return {keys_, &admission_}; }

 private:
  CoordinatorAccess(channel::KeyPair keys, std::string access_file);
  void keep();
  void reload();
  void tell_denied();

  const channel::KeyPair keys_;
  const std::string access_file_;
  int hangup_ = -1;
  channel::Admission admission_;
  std::unique_ptr<channel::ZapGuard> guard_;
  worker::EventDescriptor stop_;
  std::thread keeper_;
};

}  // namespace penstock::tools
