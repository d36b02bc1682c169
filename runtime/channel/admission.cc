#include "runtime/channel/admission.h"

namespace penstock::channel {

std::string data_domain(std::uint64_t job) { return "data:" + std::to_string(job); }

base::Result<std::size_t> Admission::load(const std::string& access_file) {
  auto list = AccessList::load(access_file);
  if (!list) return tl::unexpected(list.error());
  const std::lock_guard<std::mutex> lock(mutex_);
  listed_ = std::move(*list);
  return listed_.size();
}

std::optional<Access> Admission::at_control(std::string_view public_key) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Access* access = listed_.find(public_key);
  return access == nullptr ? std::nullopt : std::optional(*access);
}

void Admission::admit(std::uint64_t job, const std::vector<std::string>& public_keys) {
  const std::lock_guard<std::mutex> lock(mutex_);
  data_[data_domain(job)] = {public_keys.begin(), public_keys.end()};
}

void Admission::forget(std::uint64_t job) {
  const std::lock_guard<std::mutex> lock(mutex_);
  data_.erase(data_domain(job));
}

std::optional<std::string> Admission::name_in(std::string_view domain, std::string_view public_key) const {
  if (domain == kControlDomain) {
    auto access = at_control(public_key);
    return access ? std::optional(std::move(access->name)) : std::nullopt;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto job = data_.find(domain);
  if (job == data_.end() || !job->second.contains(public_key)) return std::nullopt;
  return std::string(public_key);
}

}  // namespace penstock::channel
