#include "runtime/task/row_text.h"

#include <gtest/gtest.h>

namespace penstock::task {
namespace {

TEST(RowText, ReplacesWhatIsNotUtf8AndNothingElse) {
  EXPECT_EQ(as_utf8("plain, \xc3\xa9, \xe2\x82\xac, \xf0\x9f\x98\x80"),
            "plain, \xc3\xa9, \xe2\x82\xac, \xf0\x9f\x98\x80");
  EXPECT_EQ(as_utf8("a\xff"
                    "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(as_utf8("\xc0\x80"), "\xef\xbf\xbd\xef\xbf\xbd");                  // Overlong.
  EXPECT_EQ(as_utf8("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // A surrogate.
  EXPECT_EQ(as_utf8("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");                  // Cut off.
}

}  // namespace
}  // namespace penstock::task
