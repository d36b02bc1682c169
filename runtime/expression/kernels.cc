#include "runtime/expression/kernels.h"

#include <map>

namespace penstock::expression {

const KernelEntry* find_kernel(std::string_view function, std::string_view signature) {
  using Key = std::pair<std::string_view, std::string_view>;
  static const std::map<Key, const KernelEntry*> all = [] {
    std::map<Key, const KernelEntry*> result;
    for (const auto group :
         {arithmetic_kernels(), float_kernels(), comparison_kernels(), text_kernels(), pattern_kernels(),
          format_kernels(), number_kernels(), time_kernels(), json_kernels(), hash_kernels(), list_kernels()}) {
      for (const KernelEntry& entry : group) result.emplace(Key{entry.function, entry.signature}, &entry);
    }
    return result;
  }();
  const auto at = all.find(Key{function, signature});
  return at == all.end() ? nullptr : at->second;
}

}  // namespace penstock::expression
