/// What the tests of journals share: a directory of journals that goes from attempt to attempt.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/unit/operators/sources/source_fixture.h"

namespace penstock::operators {

class JournalTest : public SourceTest {
 protected:
  JournalTest() {
    node.params.set("journal", true);
    context.world.journals = directory + "/journals";
  }
  std::vector<std::string> segments(const std::string& below = "") const {
    std::vector<std::string> all;
    for (const auto& file : std::filesystem::directory_iterator(directory + below))
      if (file.path().extension() == ".journal") all.push_back(file.path());
    std::sort(all.begin(), all.end());
    return all;
  }
};

}  // namespace penstock::operators
