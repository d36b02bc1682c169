#include "operators/sources/stream_journals.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <optional>
#include <sstream>

namespace penstock::operators {

std::string StreamPosition::text() const { return "1 " + std::to_string(offset) + (ended ? " 1\n" : " 0\n") + learnt; }

std::optional<StreamPosition> StreamPosition::parse(std::string_view text) {
  StreamPosition position;
  const std::size_t end = text.find('\n');
  if (end == text.npos) return std::nullopt;
  std::istringstream line{std::string(text.substr(0, end))};
  int version = 0;
  if (!(line >> version >> position.offset >> position.ended) || version != 1 || position.offset < 0)
    return std::nullopt;
  position.learnt = text.substr(end + 1);
  return position;
}

/// Of a sync; written before `failed` is set.
struct StreamJournals::Failure {
  base::Error error;
  std::atomic<bool> failed{false};
};

StreamJournals::StreamJournals(const topology::PlanNode& node)
    : node_(node),
      wanted_(node.params.flag("journal")),
      keep_(node.params.has("journal_keep") ? static_cast<std::size_t>(node.params.integer("journal_keep")) : 3),
      failure_(std::make_shared<Failure>()) {}

base::Result<void> StreamJournals::open(api::SourceContext& context) {
  if (!wanted_) return {};
  directory_ = context.journal_directory();
  if (!directory_.empty()) return {};
  return base::fail("no_state_directory",
                    "the source '" + node_.name +
                        "' has journal: true, and this run keeps nothing on disk; give it a directory with --state DIR "
                        "(or checkpoint: {store: ...}), or remove the journal",
                    node_.name);
}

base::Result<std::vector<StreamJournals::Left>> StreamJournals::left(const api::SourceContext& context) {
  std::vector<Left> all;
  if (!wanted_) return all;
  for (const std::string_view name : context.restored_partitions()) restored_.emplace(name);
  if (context.restored() != nullptr) {
    for (const std::string_view names : context.restored()->all("names"))
      names_ = std::max(names_, std::atoi(std::string(names).c_str()));
    for (const std::string_view listed : context.restored()->all("ended_journals")) {
      std::istringstream names{std::string(listed)};
      for (std::string name; std::getline(names, name);) ended_.insert(name);
    }
  }
  for (const std::string& name : PartitionJournal::partitions(directory_, node_.name)) {
    StreamPosition position;
    if (const auto saved = context.restored_position(name)) {
      const auto parsed = StreamPosition::parse(*saved);
      if (!parsed)
        return base::fail("checkpoint_damaged", "what the checkpoint holds of " + name + " is no place in a journal",
                          name, base::Origin::kEnvironment);
      position = *parsed;
    }
    if (position.ended) ended_.insert(name);
    if (ended_.count(name) != 0) continue;
    auto partition = take(name, std::move(position));
    if (!partition) return tl::unexpected(partition.error());
    all.push_back(std::move(*partition));
  }
  return all;
}

base::Result<StreamJournals::Left> StreamJournals::take(const std::string& name, StreamPosition position) {
  auto journal = PartitionJournal::open(directory_, node_.name, name, position.offset);
  if (!journal) return tl::unexpected(journal.error());
  journals_[name] = std::move(*journal);
  return Left{name, std::move(position), journals_[name].get()};
}

base::Result<bool> StreamJournals::closed(const std::vector<Left>& left) {
  for (const Left& one : left) {
    auto ends = one.journal->will_have_end();
    if (!ends || *ends) return ends;
  }
  return false;
}

void StreamJournals::save(api::SavedParts& parts) const {
  std::string names;
  for (const std::string& name : ended_) names += name + "\n";
  if (!names.empty()) parts["ended_journals"] = names;
  if (names_ > 0) parts["names"] = std::to_string(names_);
}

base::Result<PartitionJournal*> StreamJournals::begin(const std::string& partition) {
  auto journal = PartitionJournal::open(directory_, node_.name, partition, 0);
  if (!journal) return tl::unexpected(journal.error());
  return (journals_[partition] = std::move(*journal)).get();
}

bool StreamJournals::is_used(const std::string& partition) const {
  return wanted_ && (ended_.count(partition) != 0 || restored_.count(partition) != 0 ||
                     journals_.count(partition) != 0 || PartitionJournal::exists(directory_, node_.name, partition));
}

std::string StreamJournals::fresh_name(const std::string& name) {
  if (!wanted_) return name;
  for (;;) {
    ++names_;
    std::string fresh = names_ == 1 ? name : name + "#" + std::to_string(names_);
    if (!is_used(fresh)) return fresh;
  }
}

void StreamJournals::on_barrier(std::uint64_t epoch, std::map<std::string, std::int64_t> offsets) {
  if (!wanted_) return;
  barriers_.push_back({epoch, std::move(offsets), ended_});
  sync_due_ = true;
}

/// Earlier attempts may have left as many checkpoints as are kept, which need more than those that were made here.
void StreamJournals::on_published(std::uint64_t epoch) {
  if (!wanted_) return;
  published_.push_back(epoch);
  if (published_.size() < keep_) return;
  while (published_.size() > keep_) published_.pop_front();
  while (!barriers_.empty() && barriers_.front().epoch < published_.front()) barriers_.pop_front();
  if (!barriers_.empty() && barriers_.front().epoch == published_.front()) release(barriers_.front());
}

void StreamJournals::release(const Barrier& oldest) {
  for (const std::string& name : oldest.ended) {
    PartitionJournal::remove(directory_, node_.name, name);
    journals_.erase(name);
    ended_.erase(name);
  }
  for (const auto& [name, offset] : oldest.offsets)
    if (const auto found = journals_.find(name); found != journals_.end()) found->second->release(offset);
}

void StreamJournals::sync(api::SourceContext& context) {
  if (failure_->failed) context.fail(failure_->error);
  if (!std::exchange(sync_due_, false)) return;
  for (const auto& [name, journal] : journals_) {
    auto job = journal->sync();
    if (!job) continue;
    context.run_blocking([job = std::move(job), failure = failure_] {
      if (auto outcome = job(); !outcome && !failure->failed) {
        failure->error = outcome.error();
        failure->failed = true;
      }
    });
  }
}

}  // namespace penstock::operators
