/// libFuzzer's door to the loader.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/loaded.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  penstock::fuzz::load_and_show({reinterpret_cast<const char*>(data), size});
  return 0;
}
