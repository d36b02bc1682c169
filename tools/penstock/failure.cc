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
constexpr std::string_view kPath = "check the path; a relative one starts at the directory in which penstock runs";
constexpr std::string_view kRights = "check who may read or write there (ls -ld), or choose another place";
constexpr std::string_view kDisk =
    "see what ails the disk (dmesg), then run again; with --state it goes on from its last checkpoint";

constexpr std::string_view kDamaged =
    "put the file back as it was; or go on from the checkpoint before: move the newest directory EPOCH-ATTEMPT in "
    "checkpoints/ of --state away, or submit --from JOB/EPOCH; what had been published since then comes again";

constexpr std::array kAdvice = {
    Advice{"file_not_found", kPath},
    Advice{"directory_not_found", kPath},
    Advice{"no_files", kPath},
    Advice{"file_unreadable", kRights},
    Advice{"directory_unreadable", kRights},
    Advice{"file_unwritable", kRights},
    Advice{"directory_unwritable", kRights},
    Advice{"disk_full", "free some space and run again; nothing half-written has been published"},
    Advice{"file_write_failed", kDisk},
    Advice{"checkpoint_write_failed", kDisk},
    Advice{"state_write_failed", kDisk},
    Advice{"state_sync_failed", kDisk},
    Advice{"state_stopped", kDisk},
    Advice{"checkpoint_damaged", kDamaged},
    Advice{"checkpoint_missing", kDamaged},
    Advice{"state_damaged", kDamaged},
    Advice{"state_unreadable", kDisk},
    Advice{"port_in_use", "stop what listens there (ss -ltnp shows it), or choose another port"},
    Advice{"connection_refused", "start the server that should listen there, then run again"},
    Advice{"connection_lost", "see why the other side has closed the connection, then run again"},
    Advice{"bad_json", kBadRow},
    Advice{"bad_csv", kBadRow},
    Advice{"bad_utf8", kBadRow},
    Advice{"wrong_type", kBadRow},
    Advice{"out_of_range", kBadRow},
    Advice{"bad_timestamp", kBadRow},
    Advice{"null_field", kBadRow},
    Advice{"line_too_long", kBadRow},
    Advice{"bad_argument", kBadRow},
    Advice{"bad_cast", kBadRow},
    Advice{"division_by_zero", kBadRow},
    Advice{"overflow", kBadRow},
    Advice{"parse_failed", kBadRow},
    Advice{"row_too_large",
           "make such rows smaller, e.g. leave out long fields earlier, or give the node `on_error: skip`"},
    Advice{"bad_table_row", "mend the row: a table is used as a whole or not at all, so on_error is not for its rows"},
    Advice{"duplicate_column", "give the columns of the header names of their own"},
    Advice{
        "bad_header",
        "mend the first line in place (a file that is written anew under that name is another one to a run that goes "
        "on), or take that input away before a run that begins anew"},
    Advice{"missing_column", "name the columns as the header does, or say `format: {csv: {header: false}}`"},
};
constexpr std::string_view kInternal =
    "this is a fault of penstock: please report it with the topology and this message";

constexpr std::string_view kStdoutFull =
    "see where standard output goes: make room there or send it elsewhere; what was written before stays there";

std::string_view advice_for(const base::Error& error) {
  if (error.code == "disk_full" && error.where == "standard output") return kStdoutFull;
  const auto* const at = std::find_if(kAdvice.begin(), kAdvice.end(),
                                      [&error](const Advice& advice) { return advice.code == error.code; });
  if (at != kAdvice.end()) return at->next;
  return error.origin == base::Origin::kInternal ? kInternal : std::string_view();
}

}  // namespace

std::string failure_message(const std::string& job, const base::Error& error) {
  std::string text = fmt::format("penstock: job '{}' failed: {} [{}]\n", job, error.text, error.code);
  if (!error.where.empty()) text += fmt::format("  where: {}\n", error.where);
  if (const std::string_view next = advice_for(error); !next.empty()) text += fmt::format("  next: {}\n", next);
  return text;
}

}  // namespace penstock::tools
