/// One staged file that grows from checkpoint to checkpoint and is published with the last one. What an attempt has
/// appended when its checkpoint was made is a *piece*: the next attempt does not write into the same file (its writer
/// may be frozen and wake up) but begins another; the pieces are put together when the input has ended.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <sstream>
#include <utility>
#include <vector>

#include "operators/runs/saved_number.h"
#include "operators/sinks/file_output.h"
#include "operators/sinks/staged_segments.h"

namespace penstock::operators {
namespace {

constexpr std::size_t kNumbers = 4, kNumbersOfOld = 3;  // Of a piece, in each line of `pieces` (proto/CHECKPOINT.md).

struct Piece {
  std::uint32_t attempt = 1;
  std::int64_t number = 0;
  std::size_t bytes = 0;
  /// CRC-32C of the whole as far as the end of this piece. nullopt: a version that kept none has begun it.
  std::optional<std::uint32_t> checksum = 0;
  std::string path;
};

tl::unexpected<base::Error> piece_lost(const Piece& piece, std::size_t there) {
  return base::fail("segment_lost",
                    fmt::format("of the rows staged in {} the last {} bytes are gone; bring it back from a copy, or "
                                "start from an earlier checkpoint, or anew",
                                piece.path, piece.bytes - there),
                    piece.path, base::Origin::kEnvironment);
}

/// Appends the first `bytes` of the piece.
base::Result<void> copy(const Piece& piece, OutputFile& out) {
  const int descriptor = ::open(piece.path.c_str(), O_RDONLY | O_CLOEXEC);
  std::vector<char> chunk(1 << 20);
  std::size_t copied = 0;
  base::Result<void> outcome;
  while (outcome && descriptor >= 0 && copied < piece.bytes) {
    const ssize_t got = ::read(descriptor, chunk.data(), std::min(chunk.size(), piece.bytes - copied));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    outcome = out.append({chunk.data(), static_cast<std::size_t>(got)});
    copied += static_cast<std::size_t>(got);
  }
  if (descriptor >= 0) close(descriptor);
  if (!outcome) return outcome;
  if (copied == piece.bytes && piece.checksum && out.content().checksum != *piece.checksum)
    return base::fail("segment_damaged",
                      "the rows staged in " + piece.path +
                          " are not those that were written there; bring it back from a copy, or start anew",
                      piece.path, base::Origin::kEnvironment);
  if (copied == piece.bytes) return {};
  return piece_lost(piece, copied);
}

/// Now, not when all rows have come again.
base::Result<void> check_length(const Piece& piece) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(piece.path, error);
  const std::size_t there = error ? 0 : bytes;
  if (there >= piece.bytes) return {};
  return piece_lost(piece, there);
}

base::Result<void> put_together(const std::vector<Piece>& pieces, OutputFile& out) {
  for (const Piece& piece : pieces)
    if (auto copied = copy(piece, out); !copied) return copied;
  return {};
}

class SingleOutput final : public FileOutput {
 public:
  SingleOutput(const api::NodeSpec& spec, const FileTarget& target, FileOperations& operations)
      : target_(target), operations_(operations), segments_(spec, target_, operations, true) {}

  base::Result<void> open(const api::Context& context) override {
    const api::Restored* restored = context.restored();
    if (restored == nullptr && context.goes_on() && is_there(target_.path()))
      return would_replace("the job goes on from a checkpoint that holds nothing of the sink '" + segments_.sink() +
                           "'");
    if (restored != nullptr) {
      for (const std::string_view listed : restored->all(StagedSegments::kPieces))
        if (auto taken = take_pieces(std::string(listed), context.run()); !taken) return give_up_pieces(taken);
      shown_ = !restored->all("finished").empty();
      if (!shown_ && pieces_.empty() && segments_.has_moved(*restored) && is_there(target_.path()))
        return would_replace("what the sink '" + segments_.sink() + "' has shown so far is in another place");
    }
    std::vector<std::string> paths;
    for (const Piece& piece : pieces_) paths.push_back(piece.path);
    if (auto opened = segments_.open(context.run(), restored, paths); !opened) return opened;
    for (const Piece& piece : pieces_)
      if (auto there = check_length(piece); !there) return there;
    return {};
  }

  base::Result<bool> begin() override {
    if (file_ != nullptr) return false;
    auto file = segments_.begin();
    if (!file) return tl::unexpected(file.error());
    file_ = std::move(*file);
    const auto checksum = pieces_.empty() ? 0 : pieces_.back().checksum;
    file_->keep_checksum(checksum.value_or(0));
    pieces_.push_back({segments_.attempt(), segments_.last_number(), 0, checksum, file_->path()});
    return pieces_.size() == 1;
  }
  base::Result<void> append(std::string_view text) override {
    auto appended = file_->append(text);
    if (!appended) return appended;
    Piece& piece = pieces_.back();
    piece.bytes = file_->size();
    if (piece.checksum) piece.checksum = file_->content().checksum;
    return {};
  }
  void finish() override { finished_ = true; }

  api::BlockingJob stage(std::uint64_t epoch, api::SavedParts& parts) override {
    if (shown_) {
      parts["finished"] = "1";
      return segments_.stage(epoch, nullptr, parts);
    }
    return finished_ ? stage_whole(epoch, parts) : stage_piece(epoch, parts);
  }
  /// Nobody puts pieces together again once the whole is there.
  api::BlockingJob publish(std::uint64_t epoch) override {
    auto shows = segments_.publish(epoch);
    if (!shown_ || epoch < whole_in_ || pieces_.empty()) return shows;
    return [shows = std::move(shows), pieces = std::exchange(pieces_, {}), &operations = operations_] {
      auto shown = shows ? shows() : base::Result<void>();
      for (const Piece& piece : pieces)
        if (shown) operations.unlink(piece.path);
      return shown;
    };
  }
  const base::Error* failure() const override { return segments_.failure()->get(); }
  /// Pieces are in every checkpoint until the file is published.
  void abort() override {
    for (const Piece& piece : pieces_)
      if (!segments_.has_checkpoint()) operations_.unlink(piece.path);
    segments_.abort(segments_.has_checkpoint() ? piece_in_whole_ : std::string());
  }
  void end() override {
    for (const Piece& piece : pieces_) operations_.unlink(piece.path);
    segments_.end();
  }

 private:
  /// The job does not give its rows again.
  base::Result<void> would_replace(const std::string& why) const {
    return base::fail("sink_exists",
                      target_.path() + " holds rows of before, which would be replaced: " + why +
                          "; move the file away, or name another path",
                      target_.path());
  }

  /// What could be read of the list is not to be removed.
  base::Result<void> give_up_pieces(base::Result<void> why) {
    pieces_.clear();
    return why;
  }

  base::Result<void> take_pieces(const std::string& listed, const api::RunIdentity& run) {
    const SegmentNames names(target_.directory(), target_.stem(), segments_.sink(), run.job);
    const auto lines = numbers_by_line(listed, {kNumbers, kNumbersOfOld});
    if (!lines)
      return base::fail("checkpoint_damaged",
                        "what was saved of the staged form of " + target_.path() + " cannot be read", target_.path(),
                        base::Origin::kEnvironment);
    for (const std::vector<std::int64_t>& line : *lines) {
      Piece& piece = pieces_.emplace_back();
      piece.attempt = static_cast<std::uint32_t>(line[0]);
      piece.number = line[1];
      piece.bytes = static_cast<std::size_t>(line[2]);
      piece.checksum.reset();
      if (line.size() == kNumbers) piece.checksum = static_cast<std::uint32_t>(line[3]);
      piece.path = names.segment(0, piece.attempt, piece.number);
    }
    return {};
  }

  api::BlockingJob stage_piece(std::uint64_t epoch, api::SavedParts& parts) {
    std::ostringstream lines;
    for (const Piece& piece : pieces_) {
      lines << piece.attempt << ' ' << piece.number << ' ' << piece.bytes;
      if (piece.checksum) lines << ' ' << *piece.checksum;
      lines << '\n';
    }
    parts[std::string(StagedSegments::kPieces)] = lines.str();
    auto job = segments_.stage(epoch, nullptr, parts);  // Which may say that nothing more can be staged.
    const std::size_t bytes = pieces_.empty() ? 0 : pieces_.back().bytes;
    if (job || file_ == nullptr || bytes == std::exchange(synced_, bytes) || !segments_.has_successors()) return job;
    return [file = file_, failure = segments_.failure(), &operations = operations_]() -> base::Result<void> {
      if (auto synced = failure->keep(file->sync()); !synced) return synced;
      return failure->keep(sync_directory(operations, directory_part(file->path())));
    };
  }

  /// The input has ended: from here on it is a segment like any other. One piece of this attempt is that segment.
  api::BlockingJob stage_whole(std::uint64_t epoch, api::SavedParts& parts) {
    shown_ = true;
    whole_in_ = epoch;
    parts["finished"] = "1";
    if (pieces_.size() == 1 && file_ != nullptr) {
      if (synced_ > 0) piece_in_whole_ = pieces_.front().path;
      pieces_.clear();
      return segments_.stage(epoch, std::move(file_), parts);
    }
    auto whole = segments_.begin();
    if (!whole) return [error = whole.error()]() -> base::Result<void> { return tl::unexpected(error); };
    const auto checksum = pieces_.empty() ? 0 : pieces_.back().checksum;
    auto content = checksum ? std::optional<FileContent>({0, *checksum}) : std::nullopt;
    for (const Piece& piece : pieces_)
      if (content) content->bytes += piece.bytes;
    return segments_.stage(epoch, *whole, parts, StagedSegments::Fill{content, [pieces = pieces_, out = *whole] {
                                                                        return put_together(pieces, *out);
                                                                      }});
  }

  const FileTarget target_;
  FileOperations& operations_;
  StagedSegments segments_;
  std::vector<Piece> pieces_;  ///< In order; the last one is being written, if file_ is there.
  std::shared_ptr<OutputFile> file_;
  std::string piece_in_whole_;  ///< The only one, which has become the segment: earlier checkpoints list it.
  std::size_t synced_ = 0;      ///< Bytes of file_ that the latest stage job makes durable.
  bool finished_ = false;
  bool shown_ = false;          ///< It has become a segment,
  std::uint64_t whole_in_ = 0;  ///< of this checkpoint.
};

}  // namespace

std::unique_ptr<FileOutput> make_single_output(const api::NodeSpec& spec, const FileTarget& target,
                                               FileOperations& operations) {
  return std::make_unique<SingleOutput>(spec, target, operations);
}

}  // namespace penstock::operators
