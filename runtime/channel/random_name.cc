#include "runtime/channel/random_name.h"

#include <sys/random.h>

#include <cstddef>

#include "runtime/base/check.h"

namespace penstock::channel {

std::string random_routing_id() {
  constexpr std::size_t kBytes = 16;
  std::string name(kBytes, '\0');
  while (name[0] == '\0') CHECK(getrandom(name.data(), name.size(), 0) == static_cast<ssize_t>(kBytes));
  return name;
}

std::string random_token() {
  constexpr char kDigits[] = "0123456789abcdef";
  unsigned char bytes[16];
  CHECK(getrandom(bytes, sizeof bytes, 0) == static_cast<ssize_t>(sizeof bytes));
  std::string token;
  for (const unsigned char byte : bytes) token += {kDigits[byte >> 4], kDigits[byte & 15]};
  return token;
}

}  // namespace penstock::channel
