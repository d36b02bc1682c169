#include "operators/formats/fault.h"

#include "runtime/base/utf8_text.h"

namespace penstock::operators {

std::string excerpt(std::string_view found) {
  constexpr std::size_t kMost = 60;
  const bool cut = found.size() > kMost;
  std::size_t size = cut ? kMost : found.size();
  while (cut && size > kMost - 4 && (static_cast<unsigned char>(found[size]) & 0xC0) == 0x80) --size;
  std::string text(found.substr(0, size));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  text = base::as_utf8(text);
  if (cut) text += "...";
  return text;
}

std::size_t whole_characters(std::string_view text, std::size_t size) {
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
  return size;
}

}  // namespace penstock::operators
