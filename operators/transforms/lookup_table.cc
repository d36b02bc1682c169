#include "operators/transforms/lookup_table.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

namespace penstock::operators {
namespace {

constexpr std::size_t kPadding = 64;  ///< What decoders may read beyond the end.
constexpr std::uint32_t kIndexRun = 1024;

/// Keeps the first fault: a table with a bad row is not used.
class FirstFault final : public api::DecodeFaults {
 public:
  void failed(std::int64_t offset, std::string_view raw, std::string_view code, std::string_view message) override {
    if (fault) return;
    fault = base::Error{
        "bad_table_row",
        std::string(message) + " [" + std::string(code) + "]" + "; the row is " + std::string(raw.substr(0, 200)),
        base::Origin::kUser, false, "byte " + std::to_string(offset)};
  }
  std::optional<base::Error> fault;
};

std::uint64_t& row_in(const api::Entry& entry) { return *reinterpret_cast<std::uint64_t*>(entry.value); }

}  // namespace

base::Result<std::unique_ptr<LookupTable>> LookupTable::load(const topology::PlanTable& plan,
                                                             const api::FormatFactory& format,
                                                             std::unique_ptr<api::StateTable> index) {
  auto decoder = format.decoder(plan.schema, plan.format_params);
  if (!decoder) return tl::unexpected(decoder.error());
  std::unique_ptr<LookupTable> table(new LookupTable(plan, std::move(index)));
  auto done = table->read_file();
  if (done) done = table->decode(**decoder);
  if (done) done = table->index_keys();
  if (!done) return tl::unexpected(done.error());
  return table;
}

base::Result<void> LookupTable::read_file() {
  const std::string path = plan_.params.text("path");
  shown_path_ = plan_.params.text("shown_path", path);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  const auto failed = [&] {
    const int cause = errno;
    return base::fail(cause == ENOENT ? "file_not_found" : "read_failed",
                      "cannot read table " + plan_.name + " from " + shown_path_ + ": " + std::strerror(cause),
                      shown_path_, base::Origin::kEnvironment);
  };
  if (file == nullptr) return failed();
  std::size_t size = 0;
  for (std::size_t got = 1; got > 0; size += got) {
    bytes_.resize(std::max<std::size_t>(size * 2, std::size_t{64} << 10) + kPadding);
    got = std::fread(bytes_.data() + size, 1, bytes_.size() - size - kPadding, file.get());
    if (std::ferror(file.get()) != 0) return failed();
  }
  bytes_.resize(size + kPadding);
  return {};
}

base::Result<void> LookupTable::decode(api::Decoder& decoder) {
  const std::string_view all(bytes_.data(), bytes_.size() - kPadding);
  FirstFault faults;
  std::size_t at = 0;
  std::uint32_t count = 0;
  while (at < all.size() && !faults.fault) {
    const auto progress =
        decoder.decode(all.substr(at), static_cast<std::int64_t>(at), true, kIndexRun, content_, offsets_, faults);
    if (progress.consumed == 0 && progress.rows == 0) break;
    at += progress.consumed;
    count += progress.rows;
  }
  if (faults.fault) {
    faults.fault->text = "table " + plan_.name + ": " + faults.fault->text;
    faults.fault->where = shown_path_ + " at " + faults.fault->where;
    return tl::unexpected(*faults.fault);
  }
  rows_ = content_.rows(count);
  return {};
}

bool LookupTable::has_null_key(std::uint32_t row) const {
  return std::any_of(plan_.key.begin(), plan_.key.end(), [&](int field) { return column(field).is_null(row); });
}

base::Result<void> LookupTable::index_keys() {
  for (std::uint32_t first = 0; first < rows_.count; first += kIndexRun) {
    auto done = index_run(first, std::min(kIndexRun, rows_.count - first));
    if (!done) return done;
  }
  index_directly();
  return {};
}

base::Result<void> LookupTable::index_run(std::uint32_t first, std::uint32_t count) {
  std::vector<std::uint32_t> cells;
  for (std::uint32_t row = first; row < first + count; ++row)
    if (!has_null_key(row)) cells.push_back(row);
  record::Rows run = rows_;
  run.count = static_cast<std::uint32_t>(cells.size());
  run.selection = cells.data();
  entries_.resize(std::max<std::size_t>(entries_.size(), run.count));
  std::vector<std::uint8_t> inserted(run.count);
  index_->find_or_insert(run, plan_.key, entries_, inserted.data());
  for (std::uint32_t i = 0; i < run.count; ++i) {
    if (inserted[i] == 0)
      return base::fail("duplicate_key", "table " + plan_.name + " has two rows with the same key; keep one of them",
                        shown_path_ + " at bytes " + std::to_string(offsets_[row_in(entries_[i])]) + " and " +
                            std::to_string(offsets_[cells[i]]));
    row_in(entries_[i]) = cells[i];
  }
  return {};
}

/// Integers close to each other, as ids often are, need no hash: a row's place is key - first.
void LookupTable::index_directly() {
  if (plan_.key.size() != 1 || plan_.schema[plan_.key[0]].type.kind != record::Kind::kInt64 || rows_.count == 0) return;
  const auto* keys = column(plan_.key[0]).cells<std::int64_t>();
  bool any = false;
  std::int64_t last = 0;
  for (std::uint32_t row = 0; row < rows_.count; ++row) {
    if (has_null_key(row)) continue;
    direct_first_ = any ? std::min(direct_first_, keys[row]) : keys[row];
    last = any ? std::max(last, keys[row]) : keys[row];
    any = true;
  }
  const std::uint64_t span = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(direct_first_);
  if (!any || span >= std::uint64_t{rows_.count} * 8 + 64) return;
  direct_.assign(span + 1, kNoCell);
  for (std::uint32_t row = 0; row < rows_.count; ++row)
    if (!has_null_key(row)) direct_[static_cast<std::size_t>(keys[row] - direct_first_)] = row;
}

void LookupTable::find_directly(const record::Rows& rows, const record::Column& keys,
                                std::vector<std::uint32_t>& found) const {
  const auto* cells = keys.cells<std::uint64_t>();
  const auto first = static_cast<std::uint64_t>(direct_first_);
  for (std::uint32_t row = 0; row < rows.count; ++row) {
    const std::uint32_t cell = rows.cell(row);
    const std::uint64_t place = cells[cell] - first;
    found[row] = place < direct_.size() && !keys.is_null(cell) ? direct_[place] : kNoCell;
  }
}

void LookupTable::find(const record::Rows& rows, std::span<const int> key_fields, std::vector<std::uint32_t>& found) {
  found.resize(rows.count);
  if (!direct_.empty()) return find_directly(rows, rows.columns[static_cast<std::size_t>(key_fields[0])], found);
  entries_.resize(std::max<std::size_t>(entries_.size(), rows.count));
  record::Rows unhashed = rows;
  unhashed.key_hash = nullptr;  // It may be of another key.
  index_->find(unhashed, key_fields, entries_);
  for (std::uint32_t row = 0; row < rows.count; ++row)
    found[row] = entries_[row].value == nullptr ? kNoCell : static_cast<std::uint32_t>(row_in(entries_[row]));
}

}  // namespace penstock::operators
