#include "proto/messages.h"

#include <fmt/core.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <vector>

#include "runtime/base/utf8_text.h"

namespace penstock::proto {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool is_large(const Envelope& envelope) {
  return (envelope.has_directive() && envelope.directive().has_assignment()) ||
         (envelope.has_request() && envelope.request().has_submit());
}

bool enum_known(const Message& message, const FieldDescriptor& field, int index) {
  const auto& reflection = *message.GetReflection();
  const int value =
      index < 0 ? reflection.GetEnumValue(message, &field) : reflection.GetRepeatedEnumValue(message, &field, index);
  return field.enum_type()->FindValueByNumber(value) != nullptr;
}

/// Proto3 keeps enum values and fields that it does not know; a message of a later version must not pass as one of
/// ours.
bool all_known(const Message& message) {
  const auto& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return false;
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const bool nested = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (!nested && field->cpp_type() != FieldDescriptor::CPPTYPE_ENUM) continue;
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const int index = field->is_repeated() ? i : -1;
      if (!nested && !enum_known(message, *field, index)) return false;
      if (nested && !all_known(index < 0 ? reflection.GetMessage(message, field)
                                         : reflection.GetRepeatedMessage(message, field, index)))
        return false;
    }
  }
  return true;
}

tl::unexpected<base::Error> malformed(const char* what) {
  return base::fail("control_malformed", what, {}, base::Origin::kInternal);
}

}  // namespace

std::string encode(Envelope envelope) {
  envelope.set_version(kControlVersion);
  return envelope.SerializeAsString();
}

base::Result<Envelope> decode(std::string_view bytes) {
  if (bytes.size() > kMaxControlBytes)
    return base::fail("control_too_large", fmt::format("a control message of {} bytes is too large", bytes.size()));
  Envelope envelope;
  if (!envelope.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return malformed("not a control message");
  if (envelope.version() != kControlVersion)
    return base::fail(
        "control_version",
        fmt::format("the other side is {}: it speaks version {} of the control protocol, this one "
                    "version {}; install the same penstock on both",
                    envelope.version() > kControlVersion ? "newer" : "older", envelope.version(), kControlVersion));
  if (bytes.size() > kMaxOrdinaryBytes && !is_large(envelope))
    return base::fail("control_too_large", fmt::format("a control message of {} bytes is too large", bytes.size()));
  if (envelope.body_case() == Envelope::BODY_NOT_SET) return malformed("a control message of an unknown kind");
  if (!all_known(envelope)) return malformed("a control message holds a field or value that is not known here");
  return envelope;
}

Error to_proto(const base::Error& error) {
  Error out;
  out.set_code(error.code);
  out.set_text(base::as_utf8(error.text));  // It may hold what stood in the input, or the name of a file.
  out.set_where(base::as_utf8(error.where));
  out.set_origin(error.origin == base::Origin::kUser          ? Error::USER
                 : error.origin == base::Origin::kEnvironment ? Error::ENVIRONMENT
                                                              : Error::INTERNAL);
  out.set_restart_helps(error.restart_helps);
  return out;
}

base::Error from_proto(const Error& error) {
  const auto origin = error.origin() == Error::USER       ? base::Origin::kUser
                      : error.origin() == Error::INTERNAL ? base::Origin::kInternal
                                                          : base::Origin::kEnvironment;
  return {error.code(), error.text(), origin, error.restart_helps(), error.where()};
}

}  // namespace penstock::proto
