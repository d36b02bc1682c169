/// What saving costs keyed state: a keyed count over Zipf-distributed keys in memory only, saved every second (and not
/// fitting in memory), the cost of one checkpoint by the share that changed, and how long a restore takes.
/// saved_state_bench [KEYS [DIRECTORY]]
#include <stdlib.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "runtime/record/rows.h"
#include "runtime/state/task_state.h"

namespace {

using namespace penstock;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kRun = 1024;
constexpr std::size_t kStep = 2000;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/// CPU time of the executor, so that a loaded machine shows the same.
double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

struct Setting {
  std::string directory;
  std::size_t memory = 0;
  std::vector<state::FormerState> former{};
};

/// One task that counts rows by key, and checkpoints itself.
class Count {
 public:
  explicit Count(const Setting& setting) : directory_(setting.directory) {
    state::TaskStateOptions options{{}, setting.directory.empty() ? "" : setting.directory + "/tier", setting.former};
    options.memory_bytes = setting.memory;
    state_ = state::make_task_state(std::move(options));
    if (auto opened = state_->open(); !opened) std::printf("%s\n", opened.error().text.c_str()), std::exit(1);
    api::TableSpec spec{"t", {{record::Kind::kInt64}}, 8};
    spec.evictable = true;
    table_ = state_->store_of("node").make_table(std::move(spec));
  }
  ~Count() { wait(); }

  void run(const std::vector<std::int64_t>& keys) {
    column_.data = keys.data();
    rows_.columns = {&column_, 1};
    rows_.count = static_cast<std::uint32_t>(keys.size());
    const int field = 0;
    table_->find_or_insert(rows_, {&field, 1}, entries_);
    for (std::uint32_t i = 0; i < rows_.count; ++i) ++*reinterpret_cast<std::int64_t*>(entries_[i].value);
    state_->tend();
    if (state_->wants_to_write()) begin_checkpoint();
    while (state_->is_full()) {  // As a task does, which takes no rows then.
      step();
      if (state_->wants_to_write()) begin_checkpoint();
      if (!state_->tend()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    step();
  }
  void begin_checkpoint() {
    if (persisting_.load() || copying_) return;
    if (thread_.joinable()) thread_.join();
    state_->flip();
    copying_ = true;
  }
  /// Copies some more, and hands over what is copied.
  void step() {
    if (!copying_ || !state_->copy(kStep)) return;
    copying_ = false;
    persisting_ = true;
    thread_ = std::thread([this, delta = state_->take()]() mutable {
      save(std::move(delta));
      persisting_ = false;
    });
  }
  double checkpoint(std::uint64_t& fresh_bytes) {
    wait();
    const auto begin = Clock::now();
    state_->flip();
    while (!state_->copy(kStep)) {
    }
    copied_ = seconds_since(begin);
    save(state_->take());
    fresh_bytes = 0;
    for (const auto& file : saved_.files) fresh_bytes += file.is_new ? file.bytes : 0;
    return seconds_since(begin);
  }
  void wait() {
    if (thread_.joinable()) thread_.join();
  }
  void save(std::unique_ptr<state::StateDelta> delta) {
    const std::string image = directory_ + "/image-" + std::to_string(++images_);
    std::filesystem::create_directories(image);
    auto files = state_->persist(std::move(delta), image);
    if (!files) std::printf("%s\n", files.error().text.c_str()), std::exit(1);
    if (!saved_.directory.empty()) std::filesystem::remove_all(saved_.directory);
    saved_ = {image, {}, std::move(*files)};
  }
  double copied() const { return copied_; }
  const state::FormerState& saved() const { return saved_; }
  std::uint64_t memory() const { return state_->memory_used(); }
  int images() const { return images_; }
  const base::Error* fault() const { return state_->fault(); }

 private:
  std::string directory_;
  std::unique_ptr<state::TaskState> state_;
  std::unique_ptr<api::StateTable> table_;
  std::vector<api::Entry> entries_{kRun};
  record::Column column_{{record::Kind::kInt64}, nullptr, nullptr, nullptr};
  record::Rows rows_;
  bool copying_ = false;
  std::atomic<bool> persisting_{false};
  std::thread thread_;
  state::FormerState saved_;
  int images_ = 0;
  double copied_ = 0;
};

/// Ranks by Zipf's law with exponent 1 (continuous), spread over the numbers.
class Zipf {
 public:
  explicit Zipf(std::uint64_t keys) : log_(std::log(static_cast<double>(keys))) {}
  std::int64_t operator()() {
    const auto rank = static_cast<std::uint64_t>(std::exp(chance_(random_) * log_));
    return static_cast<std::int64_t>(rank * 0x9E3779B97F4A7C15u);
  }

 private:
  double log_;
  std::mt19937_64 random_{1};
  std::uniform_real_distribution<double> chance_{0, 1};
};

/// Rows a second of the executor's CPU time over `rows` rows, after every key has been there once; with a checkpoint
/// every second.
double rate(Count& count, std::uint64_t keys, const std::vector<std::int64_t>& rows, bool saved) {
  std::vector<std::int64_t> run;
  auto checkpointed = Clock::now();
  const auto work = [&] {
    count.run(run);
    run.clear();
    if (!saved || seconds_since(checkpointed) < 1) return;
    checkpointed = Clock::now();
    count.begin_checkpoint();
  };
  for (std::uint64_t rank = 1; rank <= keys; ++rank) {
    run.push_back(static_cast<std::int64_t>(rank * 0x9E3779B97F4A7C15u));
    if (run.size() == kRun) work();
  }
  const double begin = thread_seconds();
  for (const std::int64_t row : rows) {
    run.push_back(row);
    if (run.size() == kRun) work();
  }
  return static_cast<double>(rows.size()) / (thread_seconds() - begin);
}

void show_rates(std::uint64_t keys, const std::string& directory) {
  Zipf zipf(keys);
  std::vector<std::int64_t> rows(20'000'000);
  for (std::int64_t& row : rows) row = zipf();
  double in_memory = 0;
  std::uint64_t bytes = 0;
  {
    Count count({});
    in_memory = rate(count, keys, rows, false);
  }
  std::printf("in memory only           %6.2f M rows/s\n", in_memory / 1e6);
  for (const int part : {0, 3}) {
    Count count(
        {directory + "/rate-" + std::to_string(part), part == 0 ? 0 : bytes / static_cast<std::uint64_t>(part)});
    const double saved = rate(count, keys, rows, true);
    if (part == 0) bytes = count.memory();
    std::printf("saved, state %s budget %6.2f M rows/s  ratio %.2f  (%d checkpoints, %.0f MB in memory%s)\n",
                part == 0 ? "within" : "3x the", saved / 1e6, saved / in_memory, count.images(),
                static_cast<double>(count.memory()) / 1e6, count.fault() == nullptr ? "" : ", FAULT");
    count.wait();
  }
}

void show_checkpoints(std::uint64_t keys, const std::string& directory) {
  state::FormerState saved;
  std::vector<std::int64_t> run;
  Count count({directory + "/checkpoints"});
  std::mt19937_64 random(3);
  for (const double share : {1.0, 0.5, 0.1, 0.01, 0.01, 0.01, 0.001, 0.0}) {
    for (std::uint64_t rank = 1; rank <= keys; ++rank) {
      if (share < 1 && static_cast<double>(random() % 1'000'000) >= share * 1e6) continue;
      run.push_back(static_cast<std::int64_t>(rank * 0x9E3779B97F4A7C15u));
      if (run.size() == kRun) count.run(run), run.clear();
    }
    if (!run.empty()) count.run(run), run.clear();
    std::uint64_t fresh = 0;
    const double took = count.checkpoint(fresh);
    std::printf("checkpoint, %5.1f %% dirty  copied out in %7.1f ms, durable after %7.1f ms, %8.2f MB new\n",
                share * 100, count.copied() * 1e3, took * 1e3, static_cast<double>(fresh) / 1e6);
  }
  const auto begin = Clock::now();
  Count again({directory + "/restored", 0, {count.saved()}});
  again.run({static_cast<std::int64_t>(0x9E3779B97F4A7C15u)});
  std::printf("restore, the first row after %.1f ms\n", seconds_since(begin) * 1e3);
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t keys = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 5'000'000;
  std::string directory = (argc > 2 ? std::string(argv[2]) : std::string("/tmp")) + "/saved-state-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  std::printf("%llu keys\n", static_cast<unsigned long long>(keys));
  show_checkpoints(keys, directory);
  show_rates(keys, directory);
  std::filesystem::remove_all(directory);
}
