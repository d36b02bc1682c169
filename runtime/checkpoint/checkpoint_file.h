/// The frame around every message of checkpoint.proto on disk: 8 bytes of magic, u32 version, u32 CRC-32C of the
/// payload, u64 length, payload; little-endian. A file that was cut, changed or swapped is refused. Blocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/checkpoint.pb.h"
#include "runtime/base/error.h"

namespace penstock::checkpoint {

std::string frame(std::string_view payload);
/// Codes: checkpoint_damaged (cut, changed, no such file format), checkpoint_version.
base::Result<std::string> unframe(std::string_view bytes, const std::string& path);

/// Writes the file under a name of its own, syncs it and gives it its name, then syncs the directory: it is there whole
/// or not at all. Codes: checkpoint_write_failed, disk_full.
base::Result<void> write_file_durably(const std::string& path, std::string_view bytes);
base::Result<std::string> read_file(const std::string& path);  ///< Codes: checkpoint_missing, checkpoint_unreadable.
base::Result<void> sync_directory(const std::string& path);
/// With those above it; the names of all that were not there are durable. Codes: checkpoint_write_failed, disk_full.
base::Result<void> make_directory_durably(const std::string& path);

template <class Message>
base::Result<void> write_message(const std::string& path, const Message& message) {
  return write_file_durably(path, frame(message.SerializeAsString()));
}
template <class Message>
base::Result<Message> read_message(const std::string& path) {
  const auto bytes = read_file(path);
  if (!bytes) return tl::unexpected(bytes.error());
  const auto payload = unframe(*bytes, path);
  if (!payload) return tl::unexpected(payload.error());
  Message message;
  if (message.ParseFromString(*payload)) return message;
  return base::fail("checkpoint_damaged", "not what a checkpoint's file of this name holds", path,
                    base::Origin::kEnvironment);
}

}  // namespace penstock::checkpoint
