#include "tools/penstock/failure.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace penstock::tools {
namespace {

struct Advice {
  std::string_view code;
  std::string_view next;
};

constexpr std::string_view kBadRow =
    "mend the row, or give the node `on_error: skip` (count and go on) or `on_error: dead_letter` (keep it in "
    "NODE.errors)";

constexpr std::array kAdvice = {
    Advice{"file_not_found", "check the path; it is taken from the directory in which penstock runs"},
    Advice{"disk_full", "free some space and run again; nothing half-written has been published"},
    Advice{"address_in_use", "stop what listens there, or choose another port"},
    Advice{"internal", "this is a fault of penstock: please report it with the topology and this message"},
};

std::string_view advice_for(const base::Error& error) {
  const auto* const at = std::find_if(kAdvice.begin(), kAdvice.end(),
                                      [&error](const Advice& advice) { return advice.code == error.code; });
  if (at != kAdvice.end()) return at->next;
  if (error.origin == base::Origin::kUser) return kBadRow;
  return {};
}

}  // namespace

std::string failure_message(const std::string& job, const base::Error& error) {
  std::string text = fmt::format("penstock: job '{}' failed: {} [{}]\n", job, error.text, error.code);
  if (!error.where.empty()) text += fmt::format("  where: {}\n", error.where);
  if (const std::string_view next = advice_for(error); !next.empty()) text += fmt::format("  next: {}\n", next);
  return text;
}

}  // namespace penstock::tools
