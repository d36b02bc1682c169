#include "runtime/channel/security.h"

#include <zmq.h>

#include <algorithm>
#include <array>

namespace penstock::channel {
namespace {

constexpr std::size_t kKeyCharacters = 40;
constexpr std::size_t kKeyBytes = 32;
constexpr std::string_view kZ85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr std::array<std::string_view, 3> kRoles = {"worker", "submit", "read"};

using KeyText = std::array<char, kKeyCharacters + 1>;

}  // namespace

base::Result<KeyPair> generate_keys() {
  KeyText public_key{}, secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0)
    return base::fail("no_keys", "this libzmq was built without CURVE: install one that has it", {},
                      base::Origin::kEnvironment);
  return KeyPair{public_key.data(), secret_key.data()};
}

bool looks_like_key(std::string_view text) {
  if (text.size() != kKeyCharacters || text.find_first_not_of(kZ85) != std::string_view::npos) return false;
  std::array<unsigned char, kKeyBytes> bytes{};
  return zmq_z85_decode(bytes.data(), std::string(text).c_str()) != nullptr;
}

bool are_a_pair(const KeyPair& keys) {
  if (!looks_like_key(keys.public_key) || !looks_like_key(keys.secret_key)) return false;
  KeyText derived{};
  return zmq_curve_public(derived.data(), keys.secret_key.c_str()) == 0 && keys.public_key == derived.data();
}

std::string_view role_name(Role role) { return kRoles[static_cast<std::size_t>(role)]; }

std::optional<Role> role_of(std::string_view name) {
  const auto* const at = std::find(kRoles.begin(), kRoles.end(), name);
  if (at == kRoles.end()) return std::nullopt;
  return static_cast<Role>(at - kRoles.begin());
}

}  // namespace penstock::channel
