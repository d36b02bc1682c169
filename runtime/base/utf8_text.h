/// Bytes from outside as text that may be shown. THREAD: any.
#pragma once

#include <string>
#include <string_view>

namespace penstock::base {

/// The text with every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string as_utf8(std::string_view text);

}  // namespace penstock::base
