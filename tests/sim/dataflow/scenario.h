/// What one seed runs and how bad it gets: a topology whose output is known row by row, workers, and faults. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "tests/sim/dataflow/disk.h"
#include "tests/sim/dataflow/network.h"
#include "tests/sim/event_queue.h"

namespace penstock::sim {

struct Scenario {
  std::int64_t rows = 0;
  std::int64_t rate = 0;  ///< Rows a second.
  std::int64_t keys = 0;
  std::int64_t disorder = 0;  ///< Rows stand up to so many places away from where their time would put them.
  int parallelism = 1;
  int workers = 1;
  int slots = 1;  ///< Executors of a worker.
  base::Micros checkpoint_every = 0;
  std::uint64_t memory_bytes = 0;  ///< Of a worker: small ones make small windows.
  std::uint64_t state_memory = 0;
  int text = 0;                                                         ///< Bytes of text in a row, up to.
  bool shows_rows = false, shows_windows = false, shows_sizes = false;  ///< Beside counts by key.

  base::Micros mishap_every = 0;
  NetworkFaults network;
  DiskFaults disk;

  std::string topology(const std::string& output) const;  ///< `output`: a directory for each sink is made in it.
  /// Lines of each sink's output, by its name, in an undisturbed run. None comes twice.
  std::map<std::string, std::set<std::string>> expected() const;
  std::string text_of() const;  ///< For people.
};

Scenario drawn_scenario(Random& random);

}  // namespace penstock::sim
