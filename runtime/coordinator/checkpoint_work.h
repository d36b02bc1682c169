/// Writes manifests and that jobs have finished, removes checkpoints and reads what the dead were at on a thread of its
/// own, so that a slow disk never keeps the coordinator from hearing its workers. Manifests go before reading, and that
/// before removals; each kind in the order in which it was asked for. THREAD: the coordinator's, for all that is
/// public. What was asked for is done before it ends.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/coordinator/decide.h"

namespace penstock::coordinator {

class CheckpointWork {
 public:
  CheckpointWork();
  ~CheckpointWork();
  CheckpointWork(const CheckpointWork&) = delete;
  CheckpointWork& operator=(const CheckpointWork&) = delete;

  void put(WriteManifest write);
  void put(NoteFinished note);
  void put(RemoveCheckpoints remove);
  void put(ReadWork read);
  using Done = std::variant<ManifestWritten, FinishNoted, WorkRead>;
  /// Manifests that were written, or could not be, and what was read since the last call.
  std::vector<Done> take();
  /// Returns when all that was asked for is done.
  void wait();
  int descriptor() const { return done_; }  ///< Readable when take() has something to give.

 private:
  bool is_asked() const;  // With the mutex held.
  void work();
  void carry_out(const WriteManifest& write);
  void carry_out(const NoteFinished& note);
  void carry_out(const RemoveCheckpoints& remove);
  void carry_out(const ReadWork& read);
  void tell(Done done);
  base::Result<checkpoint::CheckpointStore*> store(const std::string& url);  // The thread's own.

  const int done_;
  std::mutex mutex_;  // Guards what follows, up to the thread.
  std::condition_variable asked_, done_all_;
  std::deque<std::variant<WriteManifest, NoteFinished>> writes_;
  std::deque<RemoveCheckpoints> removals_;
  std::deque<ReadWork> reads_;
  std::vector<Done> finished_;
  bool ending_ = false, idle_ = true;
  std::map<std::string, std::unique_ptr<checkpoint::CheckpointStore>> stores_;  // The thread's own.
  std::thread thread_;
};

}  // namespace penstock::coordinator
