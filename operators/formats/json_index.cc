#include "operators/formats/json_index.h"

#include "operators/formats/line_blocks.h"
#include "runtime/base/check.h"

namespace penstock::operators {
namespace {
constexpr std::size_t kMostDepth = 1;  // Of simdjson's second stage, which is not used.
}

JsonIndex::Verdict JsonIndex::index(std::string_view text) {
  static constexpr std::uint32_t kNoTokens[2] = {0, 0};
  tokens_ = kNoTokens;
  if (text.empty()) return Verdict::kGood;
  if (text.size() >= capacity_) {
    capacity_ = std::max(text.size() + 1, LineBlocks::kBlockBytes + 1);
    const auto made =
        simdjson::get_active_implementation()->create_dom_parser_implementation(capacity_, kMostDepth, stage_);
    CHECK(made == simdjson::SUCCESS);
  }
  const auto verdict =
      stage_->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), simdjson::stage1_mode::regular);
  if (verdict == simdjson::UTF8_ERROR) return Verdict::kBadUtf8;
  if (verdict == simdjson::UNCLOSED_STRING || verdict == simdjson::UNESCAPED_CHARS) return Verdict::kBadString;
  if (verdict == simdjson::EMPTY) {
    // No token, whatever else: bytes that are not UTF-8 are tokens too.
    stage_->structural_indexes[0] = stage_->structural_indexes[1] = static_cast<std::uint32_t>(text.size());
  } else if (verdict != simdjson::SUCCESS) {
    return Verdict::kBadString;
  }
  tokens_ = stage_->structural_indexes.get();
  return Verdict::kGood;
}

}  // namespace penstock::operators
