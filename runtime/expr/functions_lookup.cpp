// The host's tables and cross-references; the external reference that a posting is found by.

#include "runtime/expr/functions.hpp"
#include "runtime/expr/hash.hpp"

namespace weir::expr {

namespace {

using Arguments = std::span<const Value>;

Value no_tables(Context& context) {
    return context.fail(ErrorKind::invalid_argument, "there are no tables here to look anything up in");
}

// lookup(table, key[, otherwise])
Value look_up(Context& context, Arguments a) {
    const Tables* tables = context.tables();
    if (tables == nullptr) return no_tables(context);
    if (!tables->has_table(a[0].as_text())) {
        return context.fail(ErrorKind::invalid_argument, "there is no table " + shown(a[0]));
    }
    if (const auto found = tables->look_up(a[0].as_text(), a[1].as_text(), context.arena())) return *found;
    if (a.size() == 3) return a[2];
    return context.fail(ErrorKind::no_such_key, "the table " + shown(a[0]) + " has no " + shown(a[1]));
}

template <bool kCanonical>
Value cross_reference(Context& context, Arguments a) {
    const Tables* tables = context.tables();
    if (tables == nullptr) return no_tables(context);
    const auto found = kCanonical ? tables->canonical_id(a[0].as_text(), a[1].as_text(), a[2].as_text())
                                  : tables->external_id(a[0].as_text(), a[1].as_text(), a[2].as_text());
    return found ? context.optional(context.string(*found)) : Value::optional(nullptr);
}

std::string base32(std::string_view bytes) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";  // RFC 4648
    std::string text;
    std::uint32_t group = 0;
    unsigned bits = 0;
    for (const char c : bytes) {
        group = group << 8U | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 5;) {
            bits -= 5;
            text += kAlphabet[group >> bits & 31U];
        }
    }
    return text;
}

// externalRef(company, flow, key[, revision])
Value external_reference(Context& context, Arguments a) {
    constexpr std::size_t kLength = 16;
    const std::int64_t revision = a.size() == 4 ? a[3].as_int() : 0;
    std::string key;
    for (const Value& part : a.first(3)) {
        if (part.as_text().empty() || part.as_text().find('|') != std::string_view::npos) {
            return context.fail(
                ErrorKind::invalid_argument,
                "the parts of an external reference are not empty and have no \"|\", found " + shown(part));
        }
        key.append(part.as_text()).append("|");
    }
    if (!context.charge(20 + key.size() / 16)) return context.limit_error();
    const std::string digest = sha256(key + std::to_string(revision));
    if (digest.empty()) return context.fail(ErrorKind::invalid_argument, "SHA-256 is not available");
    return context.string("WR-" + base32(digest).substr(0, kLength));
}

}  // namespace

std::vector<Declaration> lookup_declarations() {
    return {
        {"Lookups and references",
         "lookup",
         "The value of a table of the configuration for a key; an error, or the third argument, when the key is not "
         "there.",
         {{"lookup(string, string) -> dyn", look_up}, {"lookup(string, string, dyn) -> dyn", look_up}},
         {{"lookup('accounts', 'usage')", "error"}},
         Availability::weir_only},
        {"Lookups and references",
         "xref.external",
         "What a system calls the object of a type that weir knows by an id; empty when it is not known.",
         {{"xref.external(string, string, string) -> optional(string)", cross_reference<false>}},
         {{"xref.external('erp', 'customer', 'weir:customer:ACME')", "error"}},
         Availability::weir_only},
        {"Lookups and references",
         "xref.canonical",
         "The id by which weir knows what a system calls so; empty when it is not known.",
         {{"xref.canonical(string, string, string) -> optional(string)", cross_reference<true>}},
         {{"xref.canonical('usage', 'customer', 'cus_acme')", "error"}},
         Availability::weir_only},
        {"Lookups and references",
         "externalRef",
         "The reference, 19 characters, that a posting is found by: always the same for a company, a flow, a business "
         "key and a revision (0 unless given).",
         {{"externalRef(string, string, string) -> string", external_reference},
          {"externalRef(string, string, string, int) -> string", external_reference}},
         {{"externalRef('US01', 'usage-to-ledger', 'inv-1')", "externalRef('US01', 'usage-to-ledger', 'inv-1', 0)"},
          {"externalRef('US01', 'usage-to-ledger', 'inv-1').matches('^WR-[A-Z2-7]{16}$')", "true"},
          {"externalRef('US01', 'a|b', 'inv-1')", "error"}},
         Availability::weir_only},
    };
}

}  // namespace weir::expr
