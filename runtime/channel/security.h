/// The keys of the sockets between processes (CURVE: Curve25519, every message encrypted and authenticated) and who may
/// do what with them. Without keys a socket is plain. Secrets are never in a log or in the text of an error.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/error.h"

namespace penstock::channel {

struct KeyPair {
  std::string public_key;  ///< Z85, 40 characters.
  std::string secret_key;  ///< Z85, 40 characters.
};

/// What the holder of a key may do: kSubmit may do all that a client can, kRead only look.
enum class Role : unsigned char { kWorker, kSubmit, kRead };

/// One line of the coordinator's access file.
struct Access {
  std::string name;
  Role role = Role::kRead;
  std::string public_key;
};

class Admission;

/// Who is let in. With keys nobody is, but those of `admission`, which must outlive the server.
struct ServerSecurity {
  std::optional<KeyPair> keys;
  const Admission* admission = nullptr;
};

/// Whom a client (also a worker's outbox) proves to be, and the only one it talks to.
struct ClientSecurity {
  std::optional<KeyPair> keys;
  std::string server_key;  ///< The server's public key; empty without keys.
  std::string token{};  ///< Without keys, towards a worker's inbox: what lets rows in there; empty: nothing is asked.
};

/// Who may put frames into a worker's inbox: whom Admission lists for `domain` (see data_domain), by key or, where
/// there are no keys, by a token that only the job's workers are told. Without keys and domain anybody.
struct InboxSecurity {
  std::optional<KeyPair> keys;
  std::string domain;
};

base::Result<KeyPair> generate_keys();  ///< Code no_keys: this libzmq was built without CURVE.
/// 40 characters of Z85 that decode. Says nothing about whether somebody has the other half.
bool looks_like_key(std::string_view text);
bool are_a_pair(const KeyPair& keys);
std::string_view role_name(Role role);  ///< worker, submit, read
std::optional<Role> role_of(std::string_view name);

}  // namespace penstock::channel
