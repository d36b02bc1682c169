/// The explicit list of what users can compose. operators/builtin.cc fills it; nothing registers itself.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "runtime/api/format.h"
#include "runtime/api/operator.h"
#include "runtime/api/spec.h"

namespace penstock::api {

template <class T>
using Factory = std::function<base::Result<std::unique_ptr<T>>(const NodeSpec&)>;

struct FormatFactory {
  std::function<base::Result<std::unique_ptr<Decoder>>(const record::Schema&, const topology::Params&)> decoder;
  std::function<base::Result<std::unique_ptr<Encoder>>(const record::Schema&, const topology::Params&)> encoder;
};

struct Registry {
  std::map<std::string, Factory<Source>> sources;      ///< By connector key.
  std::map<std::string, Factory<Operator>> operators;  ///< By verb.
  std::map<std::string, Factory<Sink>> sinks;          ///< By connector key.
  std::map<std::string, FormatFactory> formats;        ///< By name.
};

}  // namespace penstock::api
