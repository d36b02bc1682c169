#include "operators/formats/fault.h"

namespace penstock::operators {

std::string excerpt(std::string_view found) {
  constexpr std::size_t kMost = 60;
  const bool cut = found.size() > kMost;
  std::size_t size = cut ? kMost : found.size();
  while (cut && size > kMost - 4 && (static_cast<unsigned char>(found[size]) & 0xC0) == 0x80) --size;
  std::string text(found.substr(0, size));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  if (cut) text += "...";
  return text;
}

}  // namespace penstock::operators
