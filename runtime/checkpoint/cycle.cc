#include "runtime/checkpoint/cycle.h"

#include <algorithm>
#include <utility>

namespace penstock::checkpoint {

Cycle::Cycle(CycleTiming timing, std::size_t parts, std::uint64_t last_epoch)
    : timing_(timing), parts_(parts), newest_(last_epoch) {}

void Cycle::on_running(base::Micros now) {
  if (std::exchange(started_, true)) return;
  due_ = asked_ ? now : now + timing_.every;
}

void Cycle::on_resumed(std::uint64_t durable, bool last) {
  durable_ = durable;
  newest_ = std::max(newest_, durable);
  if (last) last_ = durable;
}

void Cycle::ask(base::Micros now) {
  asked_ = true;
  if (started_ && running_ == 0) due_ = std::min(due_, now);
}

void Cycle::on_collected(std::size_t part, std::uint64_t epoch) {
  parts_[part].collected = std::max(parts_[part].collected, epoch);
}

void Cycle::on_failed(std::uint64_t epoch, base::Micros now, std::string why) {
  if (epoch != running_ || running_ == 0) return;
  given_up_ = GivenUp{epoch, std::move(why)};
  if (last_ == epoch) last_ = 0;
  running_ = 0;
  due_ = not_before_ = now + timing_.every;
}

void Cycle::on_durable(std::uint64_t epoch) {
  if (epoch != running_ || running_ == 0) return;
  durable_ = epoch;
  running_ = 0;
  if (asked_) due_ = begun_at_;  // Somebody asked while this one was under way, for one that begins later.
}

void Cycle::on_published(std::size_t part, std::uint64_t up_to) {
  parts_[part].published = std::max(parts_[part].published, up_to);
}

void Cycle::on_drained(std::size_t part) { parts_[part].drained = true; }

std::optional<std::uint64_t> Cycle::begin_if_due(base::Micros now) {
  if (!started_) return std::nullopt;
  if (running_ != 0 && !all_collected() && now - begun_at_ >= timing_.give_up_after)
    on_failed(running_, now, "not every task had its snapshot in time");
  if (running_ != 0) return std::nullopt;
  const bool final_due = all_drained() && last_ == 0 && now >= not_before_;
  if (!final_due && (now < due_ || last_ != 0)) return std::nullopt;
  begin(now);
  return running_;
}

void Cycle::begin(base::Micros now) {
  running_ = ++newest_;
  begun_at_ = now;
  due_ = now + timing_.every;
  asked_ = false;
  if (all_drained()) last_ = running_;
}

base::Micros Cycle::due() const {
  if (!started_) return base::kEndOfTime;
  if (running_ != 0) return begun_at_ + timing_.give_up_after;
  if (last_ != 0) return base::kEndOfTime;
  return all_drained() ? std::min(due_, not_before_) : due_;
}

std::optional<std::uint64_t> Cycle::collected() const {
  return running_ != 0 && all_collected() ? std::optional(running_) : std::nullopt;
}

bool Cycle::all_collected() const {
  return std::all_of(parts_.begin(), parts_.end(), [this](const Part& part) { return part.collected >= running_; });
}

bool Cycle::all_drained() const {
  return std::all_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.drained; });
}

bool Cycle::all_published(std::uint64_t epoch) const {
  return std::all_of(parts_.begin(), parts_.end(), [epoch](const Part& part) { return part.published >= epoch; });
}

bool Cycle::may_finish() const { return last_ != 0 && durable_ >= last_ && all_published(last_); }

std::optional<Cycle::GivenUp> Cycle::take_given_up() { return std::exchange(given_up_, std::nullopt); }

}  // namespace penstock::checkpoint
