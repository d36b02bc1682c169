/// Which keys are let in, now: at the coordinator's control port those of its access file, at a worker's data inboxes
/// those of the workers that share a job with it, or the token that stands for all of them where there are no keys.
/// Nobody at first. THREAD: any.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/channel/access_list.h"

namespace penstock::channel {

constexpr const char* kControlDomain = "control";
/// The ZAP domain of the data inboxes of a job's attempt.
std::string data_domain(std::uint64_t job, std::uint32_t attempt);

class Admission {
 public:
  /// (Re)reads the access file. On an error the list stays as it was; codes as AccessList::load. Returns how many peers
  /// are listed. Who is listed no more is heard no more, connected or not.
  base::Result<std::size_t> load(const std::string& access_file);
  std::optional<Access> at_control(std::string_view public_key) const;

  /// The workers of a job may send to this one's inboxes of the job, until forget().
  void admit(const std::string& data_domain, const std::vector<std::string>& public_keys);
  void forget(const std::string& data_domain);

  /// The name of a peer that may connect to a socket of this domain.
  std::optional<std::string> name_in(std::string_view domain, std::string_view public_key) const;

 private:
  mutable std::mutex mutex_;
  AccessList listed_;
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> data_;  // By domain.
};

}  // namespace penstock::channel
