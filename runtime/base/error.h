/// The words for failure. Result<T> answers "did this fallible thing work?"; an Error carries a stable code on which
/// decisions are made, whose fault it is, whether a restart can help, and a text for people.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace penstock::base {

enum class Origin : unsigned char { kUser, kEnvironment, kInternal };

struct Error {
  std::string code;  ///< Stable, snake_case, e.g. "file_not_found". Decisions are made on this alone.
  std::string text;  ///< One sentence for people; says what to do where that is known.
  Origin origin = Origin::kEnvironment;  ///< Whose fault it is.
  bool restart_helps = false;            ///< True where the same work may succeed on another try.
  std::string where;                     ///< File:line, partition@offset, host:port ...; empty where there is no place.
};

template <class T>
using Result = tl::expected<T, Error>;

/// `return fail("file_not_found", "no such file: x", path);`
inline tl::unexpected<Error> fail(std::string code, std::string text, std::string where = {},
                                  Origin origin = Origin::kUser) {
  return tl::unexpected<Error>(Error{std::move(code), std::move(text), origin, false, std::move(where)});
}

}  // namespace penstock::base
