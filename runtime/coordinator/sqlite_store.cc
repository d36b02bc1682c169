#include "runtime/coordinator/sqlite_store.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/base/crc32c.h"
#include "runtime/base/failpoint.h"
#include "runtime/checkpoint/checkpoint_file.h"

namespace penstock::coordinator {
namespace {

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS entry(key TEXT PRIMARY KEY, value BLOB NOT NULL, crc INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS total(one INTEGER PRIMARY KEY CHECK(one = 1), entries INTEGER, crc INTEGER);"
    "CREATE TABLE IF NOT EXISTS commits(one INTEGER PRIMARY KEY CHECK(one = 1), number INTEGER);"
    "INSERT OR IGNORE INTO total VALUES(1, 0, 0);"
    "INSERT OR IGNORE INTO commits VALUES(1, 0);";

std::uint32_t checksum(const std::string& key, const std::string& value) {
  return base::crc32c(value.data(), value.size(), base::crc32c(key.data(), key.size()));
}

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
struct EndStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, EndStatement>;

/// How many commits there were, in a file of its own beside the database. SQLite takes a damaged entry of its log for
/// the end of it and goes back to what was before; this number tells. Not synced: after a power cut it may be too low,
/// which says nothing.
class CommitCount {
 public:
  explicit CommitCount(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {}
  ~CommitCount() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  CommitCount(const CommitCount&) = delete;
  CommitCount& operator=(const CommitCount&) = delete;

  /// 0: not known.
  std::uint64_t read() const {
    std::array<std::uint64_t, 2> held{};
    if (::pread(descriptor_, held.data(), sizeof held, 0) != sizeof held || held[1] != checked(held[0])) return 0;
    return held[0];
  }
  void write(std::uint64_t number) const {
    const std::array<std::uint64_t, 2> held{number, checked(number)};
    [[maybe_unused]] const ssize_t written = ::pwrite(descriptor_, held.data(), sizeof held, 0);
  }

 private:
  static std::uint64_t checked(std::uint64_t number) { return base::crc32c(&number, sizeof number); }
  int descriptor_;
};

class SqliteStore final : public MetaStore {
 public:
  SqliteStore(Database database, const std::string& directory, std::string path)
      : database_(std::move(database)), path_(std::move(path)), committed_(directory + "/journal.commits") {}

  base::Result<void> prepare() {
    // One process at a time: the lock is taken with the first write and kept.
    for (const char* text : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                             "BEGIN IMMEDIATE", kSchema, "COMMIT"})
      if (auto done = run(text); !done) return done;
    put_ = compiled("INSERT INTO entry VALUES(?1, ?2, ?3) ON CONFLICT(key) DO UPDATE SET value=?2, crc=?3");
    erase_ = compiled("DELETE FROM entry WHERE key=?1");
    total_ = compiled("UPDATE total SET entries=?1, crc=?2");
    number_ = compiled("UPDATE commits SET number=?1");
    if (!put_ || !erase_ || !total_ || !number_) return failed("cannot use");
    return {};
  }

  base::Result<void> commit(const std::vector<JournalWrite>& writes) override {
    if (auto begun = run("BEGIN IMMEDIATE"); !begun) return begun;
    before_.clear();
    for (const JournalWrite& write : writes) {
      if (auto done = apply(write); !done) return given_up(done.error());
    }
    if (auto done = write_total(); !done) return given_up(done.error());
    base::failpoint("coordinator.journal.written");
    if (auto done = run("COMMIT"); !done) return given_up(done.error());
    base::failpoint("coordinator.journal.durable");
    committed_.write(++commits_);
    return {};
  }

  base::Result<std::map<std::string, std::string>> load() override {
    std::map<std::string, std::string> all;
    sums_.clear();
    all_sums_ = 0;
    if (auto sound = check_pages(); !sound) return tl::unexpected(sound.error());
    const Statement each = compiled("SELECT key, value, crc FROM entry");
    int step = SQLITE_ERROR;
    while (each && (step = sqlite3_step(each.get())) == SQLITE_ROW) {
      std::string key = column(each.get(), 0);
      std::string value = column(each.get(), 1);
      const auto crc = static_cast<std::uint32_t>(sqlite3_column_int64(each.get(), 2));
      if (crc != checksum(key, value)) return damaged("the checksum of '" + key + "' does not fit");
      set_sum(key, crc);
      all[std::move(key)] = std::move(value);
    }
    if (step != SQLITE_DONE) return damaged(sqlite3_errmsg(database_.get()));
    if (auto whole = check_total(); !whole) return tl::unexpected(whole.error());
    return all;
  }

 private:
  Statement compiled(const char* text) const {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database_.get(), text, -1, &statement, nullptr);
    return Statement(statement);
  }
  base::Result<void> run(const char* text) const {
    if (sqlite3_exec(database_.get(), text, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return failed("cannot write");
  }
  base::Result<void> run(sqlite3_stmt* statement) const {
    const int done = sqlite3_step(statement);
    sqlite3_reset(statement);
    if (done == SQLITE_DONE) return {};
    return failed("cannot write");
  }

  base::Result<void> apply(const JournalWrite& write) {
    sqlite3_stmt* statement = write.value ? put_.get() : erase_.get();
    sqlite3_bind_text(statement, 1, write.key.data(), static_cast<int>(write.key.size()), SQLITE_STATIC);
    std::optional<std::uint32_t> crc;
    if (write.value) crc = checksum(write.key, *write.value);
    before_.emplace_back(write.key, set_sum(write.key, crc));
    if (!crc) return run(statement);
    // An empty blob must not become NULL, for which a null pointer would stand.
    const char* bytes = write.value->empty() ? "" : write.value->data();
    sqlite3_bind_blob(statement, 2, bytes, static_cast<int>(write.value->size()), SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, *crc);
    return run(statement);
  }

  /// nullopt: of no entry. Gives back what it was.
  std::optional<std::uint32_t> set_sum(const std::string& key, std::optional<std::uint32_t> crc) {
    std::optional<std::uint32_t> was;
    if (const auto at = sums_.find(key); at != sums_.end()) {
      was = at->second;
      sums_.erase(at);
    }
    if (crc) sums_.emplace(key, *crc);
    all_sums_ ^= was.value_or(0) ^ crc.value_or(0);
    return was;
  }
  base::Result<void> write_total() {
    sqlite3_bind_int64(number_.get(), 1, static_cast<sqlite3_int64>(commits_ + 1));
    if (auto done = run(number_.get()); !done) return done;
    sqlite3_bind_int64(total_.get(), 1, static_cast<sqlite3_int64>(sums_.size()));
    sqlite3_bind_int64(total_.get(), 2, all_sums_);
    return run(total_.get());
  }
  base::Result<void> check_total() {
    const Statement total = compiled("SELECT entries, crc FROM total");
    if (!total || sqlite3_step(total.get()) != SQLITE_ROW) return damaged("it does not say how much it holds");
    const bool whole = static_cast<std::size_t>(sqlite3_column_int64(total.get(), 0)) == sums_.size() &&
                       static_cast<std::uint32_t>(sqlite3_column_int64(total.get(), 1)) == all_sums_;
    if (!whole) return damaged("entries are missing");
    const Statement number = compiled("SELECT number FROM commits");
    if (!number || sqlite3_step(number.get()) != SQLITE_ROW) return damaged("it does not say how often it was written");
    commits_ = static_cast<std::uint64_t>(sqlite3_column_int64(number.get(), 0));
    if (const std::uint64_t were = committed_.read(); were > commits_)
      return damaged(fmt::format("what was written last is missing ({} of {} commits are there)", commits_, were));
    return {};
  }
  base::Result<void> check_pages() {
    const Statement check = compiled("PRAGMA integrity_check(1)");
    if (!check || sqlite3_step(check.get()) != SQLITE_ROW) return damaged(sqlite3_errmsg(database_.get()));
    if (const std::string found = column(check.get(), 0); found != "ok") return damaged(found);
    return {};
  }

  static std::string column(sqlite3_stmt* statement, int index) {
    const void* bytes = sqlite3_column_blob(statement, index);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
    return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
  }

  base::Result<void> given_up(const base::Error& error) {
    sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    for (auto each = before_.rbegin(); each != before_.rend(); ++each) set_sum(each->first, each->second);
    before_.clear();
    return tl::unexpected(error);
  }
  tl::unexpected<base::Error> failed(const char* what) const {
    return base::fail("journal_failed",
                      fmt::format("{} the journal {}: {}", what, path_, sqlite3_errmsg(database_.get())), path_,
                      base::Origin::kEnvironment);
  }
  tl::unexpected<base::Error> damaged(const std::string& what) const {
    return base::fail("journal_damaged",
                      fmt::format("{} is damaged: {}; move it away, with all files whose names begin with journal.: "
                                  "then the coordinator begins without jobs, and each can go on from its newest "
                                  "checkpoint: penstock submit --from file:///DIR/JOB/EPOCH-ATTEMPT",
                                  path_, what),
                      path_, base::Origin::kEnvironment);
  }

  Database database_;
  const std::string path_;
  const CommitCount committed_;
  std::uint64_t commits_ = 0;
  Statement put_, erase_, total_, number_;
  std::unordered_map<std::string, std::uint32_t> sums_;                       // Of every entry.
  std::uint32_t all_sums_ = 0;                                                // Their exclusive or.
  std::vector<std::pair<std::string, std::optional<std::uint32_t>>> before_;  // What a commit has changed in them.
};

}  // namespace

base::Result<std::unique_ptr<MetaStore>> open_sqlite_store(const std::string& directory) {
  if (auto made = checkpoint::make_directory_durably(directory); !made)
    return base::fail("state_unusable", made.error().text, directory, base::Origin::kEnvironment);
  const std::string path = directory + "/journal.db";
  sqlite3* opened = nullptr;
  const int status = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  auto store = std::make_unique<SqliteStore>(Database(opened), directory, path);
  auto prepared = status == SQLITE_OK ? store->prepare() : base::Result<void>();
  const int code = opened == nullptr ? SQLITE_NOMEM : sqlite3_errcode(opened);
  if (status == SQLITE_OK && prepared) {
    // The library has done so too when it made its files, without looking at what came of it.
    if (auto synced = checkpoint::sync_directory(directory); !synced)
      return base::fail("state_unusable", synced.error().text, directory, base::Origin::kEnvironment);
    return store;
  }
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
    return base::fail(
        "journal_damaged",
        path + " is no journal, or is damaged; move it away, with all files whose names begin with journal.", path,
        base::Origin::kEnvironment);
  const std::string why = code == SQLITE_BUSY ? "another coordinator has it open" : std::string(sqlite3_errmsg(opened));
  return base::fail("state_unusable", fmt::format("cannot use {}: {}", path, why), path, base::Origin::kEnvironment);
}

}  // namespace penstock::coordinator
