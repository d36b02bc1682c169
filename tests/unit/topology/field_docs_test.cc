/// The tables in docs/topology.md say what the loader does: each stands between `<!-- fields: NAME -->` and an empty
/// line. PENSTOCK_REGENERATE=1 writes them anew.
#include "topology/language/field_docs.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace penstock::topology {
namespace {

const std::string kPath = PENSTOCK_SOURCE_DIR "/docs/topology.md";

std::string read_page() {
  std::ifstream file(kPath);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(FieldDocs, AgreeWithTheTablesOfTheLoader) {
  std::string page = read_page();
  for (const FieldTable* table : all_field_tables()) {
    const std::string wanted = field_table_as_markdown(*table);
    if (wanted.empty()) continue;
    const std::string mark = "<!-- fields: " + std::string(table->name) + " -->\n";
    const std::size_t at = page.find(mark);
    ASSERT_NE(at, std::string::npos) << "docs/topology.md has no table of " << table->name;
    const std::size_t begin = at + mark.size();
    const std::size_t end = page[begin] == '\n' ? begin : page.find("\n\n", begin) + 1;
    if (std::getenv("PENSTOCK_REGENERATE") != nullptr) {
      page.replace(begin, end - begin, wanted);
    } else {
      EXPECT_EQ(page.substr(begin, end - begin), wanted) << "PENSTOCK_REGENERATE=1 mends it";
    }
  }
  if (std::getenv("PENSTOCK_REGENERATE") != nullptr) std::ofstream(kPath) << page;
}

}  // namespace
}  // namespace penstock::topology
