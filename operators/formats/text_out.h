/// Room at the end of a string to write into, without a check for each byte. THREAD: the encoder's.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace penstock::operators {

class TextOut {
 public:
  explicit TextOut(std::string& out) : out_(out), used_(out.size()) {}
  TextOut(const TextOut&) = delete;
  TextOut& operator=(const TextOut&) = delete;
  ~TextOut() { out_.resize(used_); }

  /// At least `bytes` may be written from here on; end with wrote(). Earlier pointers are void.
  char* room(std::size_t bytes) {
    if (out_.size() - used_ < bytes) out_.resize(used_ + std::max(bytes, kStep));
    return out_.data() + used_;
  }
  void wrote(const char* end) { used_ = static_cast<std::size_t>(end - out_.data()); }
  std::string_view from(std::size_t begin) const { return std::string_view(out_).substr(begin, used_ - begin); }
  std::size_t size() const { return used_; }
  void cut(std::size_t size) { used_ = size; }
  void append(std::string_view text) {
    if (text.empty()) return;  // It may have no address.
    std::memcpy(room(text.size()), text.data(), text.size());
    used_ += text.size();
  }
  void append(char c) {
    *room(1) = c;
    ++used_;
  }

 private:
  static constexpr std::size_t kStep = 4096;  ///< resize() writes zeros, so not all of the capacity at once.
  std::string& out_;
  std::size_t used_;
};

}  // namespace penstock::operators
