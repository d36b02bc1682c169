/// Who may do what at the coordinator, read from its access file: a line for each peer,
///
///     # name   public key                                role: worker, submit or read
///     w1       rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7  worker
///
/// A worker's name is the one it registers under.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "runtime/channel/security.h"

namespace penstock::channel {

class AccessList {
 public:
  /// All faults at once, each with its line. Code access_file_bad; those of read_trusted_file.
  static base::Result<AccessList> load(const std::string& path);
  static base::Result<AccessList> parse(std::string_view text, const std::string& name);

  const Access* find(std::string_view public_key) const;  ///< nullptr: not listed.
  std::size_t size() const { return by_key_.size(); }

 private:
  std::map<std::string, Access, std::less<>> by_key_;
};

}  // namespace penstock::channel
