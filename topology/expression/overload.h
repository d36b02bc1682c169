/// Which signature of a function fits given argument types.
#pragma once

#include <optional>
#include <vector>

#include "topology/expression/functions.h"

namespace penstock::topology {

struct SignatureMatch {
  const Signature* signature = nullptr;
  std::vector<record::Type> parameters;  ///< One per argument: what it is to be converted to.
  record::Type result;
  int conversions = 0;  ///< How many arguments are int64 and become float64.
};

/// A bare null (type kNull) fits everywhere. nullopt: the signature does not take these types.
std::optional<SignatureMatch> match_signature(const Signature& signature, const std::vector<record::Type>& arguments);
/// The match with the fewest conversions.
std::optional<SignatureMatch> match_function(const Function& function, const std::vector<record::Type>& arguments);
bool takes_count(const Signature& signature, std::size_t arguments);

/// The type both become where they meet (branches of case, elements of lists, sides of a comparison).
std::optional<record::Type> unify(record::Type a, record::Type b);

}  // namespace penstock::topology
