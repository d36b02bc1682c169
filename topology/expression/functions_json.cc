#include "topology/expression/functions.h"

namespace penstock::topology {

std::vector<Function> json_functions() {
  constexpr auto kSection = Section::kJson;
  return {
      {"json",
       kSection,
       {"string, string -> string? or error"},
       "What stands at a path such as $.a.b or $.list[0] of a JSON text: texts as they are, other values as JSON; null "
       "where "
       "there is none. A text that is not JSON is an error.",
       "json('{\"a\": {\"b\": 7}}', '$.a.b')",
       "7"},
      {"json_list",
       kSection,
       {"string, string -> [string]? or error"},
       "The elements of the array at a path of a JSON text, each as json() gives it; null where there is no array.",
       "json_list('{\"tags\": [\"a\", \"b\"]}', '$.tags')",
       "[a, b]"},
      {"to_json", kSection, {"-> string"}, "The whole row as a JSON object.", "length(to_json()) > 0", "true", false},
  };
}

std::vector<Function> hash_functions() {
  constexpr auto kSection = Section::kHashes;
  return {
      {"hash",
       kSection,
       {"T -> int64"},
       "A non-negative hash: of an int64 (and of the microseconds of times) SplitMix64, of texts and floats XXH3, the "
       "top bit "
       "dropped.",
       "hash(0)",
       "7070836379803831727"},
      {"crc32",
       kSection,
       {"string -> int64", "bytes -> int64"},
       "CRC-32 as zlib and PNG have it.",
       "crc32('123456789')",
       "3421780262"},
      {"xxhash64",
       kSection,
       {"string -> int64", "bytes -> int64"},
       "XXH64 with seed 0, as a signed 64-bit number.",
       "xxhash64('')",
       "-1205034819632174695"},
  };
}

std::vector<Function> list_functions() {
  constexpr auto kSection = Section::kLists;
  return {
      {"element",
       kSection,
       {"[T], int64 -> T?"},
       "One element, counted from 1, from the end if negative; null where there is none.",
       "element([10, 20, 30], 2)",
       "20"},
  };
}

}  // namespace penstock::topology
