/// What must hold while a scenario runs and when it is over (DESIGN.md 11), checked at every frame, every control
/// message and every change of a file. THREAD: the only one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "proto/control.pb.h"
#include "tests/sim/dataflow/disk.h"
#include "tests/sim/dataflow/network.h"
#include "tests/sim/dataflow/scenario.h"

namespace penstock::sim {

class Oracle : public DiskWatcher, public NetworkWatcher {
 public:
  using Broken = std::function<void(const std::string&)>;
  Oracle(const Scenario& scenario, const Disk& disk, Broken broken);

  // DiskWatcher
  void on_renamed(const std::string& from, const std::string& to) override;
  void on_unlinked(const std::string& path) override;
  void on_written(const std::string& path, const char* bytes, std::size_t size) override;
  // NetworkWatcher
  void on_frame(const Link& link, const std::string& bytes) override;
  void on_control(const std::string& bytes) override;

  void after_power_cut();  ///< Parts that were not yet synced may have gone.
  /// All that was expected is there. `undisturbed`: no process has died or was frozen, so nothing that an attempt keeps
  /// for the next is there any more.
  void check_finished(bool undisturbed);
  void check_not_more();  ///< Of a job that has failed.
  std::size_t shown() const { return parts_.size(); }

 private:
  void show(const std::string& path);
  void on_marker(const std::string& path, const char* bytes, std::size_t size);
  void count(std::uint64_t epoch);
  void on_directive(const proto::Directive& directive);
  void on_report(const proto::JobReport& report);
  std::uint64_t newest_durable(std::uint64_t least) const;  ///< Of the checkpoints from there on.
  std::string output() const { return disk_.root() + "/out/"; }
  std::string store() const { return disk_.root() + "/store"; }

  std::map<std::string, std::set<std::string>> expected_;  // By sink.
  const Disk& disk_;
  Broken broken_;
  std::map<std::string, std::string> parts_;                        // What is shown: path and content.
  std::map<std::string, std::string> part_of_segment_;              // Published so far.
  std::map<std::string, std::map<std::string, std::string>> seen_;  // By sink and line: its part.
  std::map<std::string, std::uint64_t> markers_;                    // The epoch that each says.
  std::set<std::uint64_t> complete_;                                // Checkpoints that the coordinator counts, ever.
  struct Channel {
    std::uint64_t frames = 0, credits = 0;
    std::int64_t watermark = base::kNoTime;
    std::uint64_t sent = 0, limit = 0, consumed = 0;
  };
  std::map<std::pair<std::uint32_t, std::uint32_t>, Channel> channels_;             // By attempt and number.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> first_windows_;  // As assigned.
};

}  // namespace penstock::sim
