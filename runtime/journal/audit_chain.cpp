#include "runtime/journal/audit_chain.hpp"

#include <openssl/evp.h>

#include <bit>
#include <cstdint>

namespace weir::journal {

namespace {

static_assert(std::endian::native == std::endian::little, "integers are hashed as they lie in memory");

template <class Int>
std::string_view bytes_of(const Int& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

// The length keeps ("ab", "c") apart from ("a", "bc").
void add(std::string& into, std::string_view field) {
    const std::uint64_t size = field.size();
    into.append(bytes_of(size)).append(field);
}

}  // namespace

std::string audit_chain_begin() { return std::string(kAuditHashBytes, '\0'); }

std::string audit_hash(std::string_view previous, const AuditEntry& entry) {
    std::string bytes(previous);
    add(bytes, entry.id);
    add(bytes, bytes_of(entry.wall_ns));
    for (const std::string* field :
         {&entry.actor, &entry.role, &entry.action, &entry.subject, &entry.reason, &entry.detail}) {
        add(bytes, *field);
    }
    std::string hash(kAuditHashBytes, '\0');
    EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(hash.data()), nullptr, EVP_sha256(),
               nullptr);
    return hash;
}

}  // namespace weir::journal
