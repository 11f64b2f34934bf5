// The network extension.

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "runtime/expr/functions.hpp"
#include "runtime/expr/network.hpp"

namespace weir::expr {

std::optional<IpAddress> parse_ip(std::string_view text) {
    if (text.size() > INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
    const std::string terminated(text);
    IpAddress address;
    if (::inet_pton(AF_INET, terminated.c_str(), static_cast<void*>(address.bytes)) == 1) return address;
    if (::inet_pton(AF_INET6, terminated.c_str(), static_cast<void*>(address.bytes)) != 1) return std::nullopt;
    constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    address.v6 = !std::equal(kMapped.begin(), kMapped.end(), address.bytes);
    if (address.v6) return address;
    // ::ffff:c0a8:1 is an IPv4 address in another form; ::ffff:192.168.0.1 would hide one in a text that looks like it.
    if (text.find('.') != std::string_view::npos) return std::nullopt;
    IpAddress mapped;
    std::copy_n(address.bytes + 12, 4, mapped.bytes);
    return mapped;
}

std::optional<IpAddress> parse_cidr(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    auto block = parse_ip(text.substr(0, slash));
    const std::string_view digits = text.substr(slash + 1);
    unsigned prefix = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    const bool plain = !digits.empty() && (digits.size() == 1 || digits[0] != '0');
    if (!block || !plain || code != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    if (prefix > (block->v6 ? 128U : 32U)) return std::nullopt;
    block->prefix = static_cast<std::uint8_t>(prefix);
    return block;
}

std::string format_ip(const IpAddress& address) {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    ::inet_ntop(address.v6 ? AF_INET6 : AF_INET, static_cast<const void*>(address.bytes), buffer.data(), buffer.size());
    return buffer.data();
}

std::string format_cidr(const IpAddress& block) { return format_ip(block) + "/" + std::to_string(block.prefix); }

namespace {

using Arguments = std::span<const Value>;

// The first `prefix` bits, the others 0.
IpAddress masked(IpAddress address, unsigned prefix) noexcept {
    for (unsigned i = 0; i < 16; ++i) {
        const unsigned kept = prefix > i * 8 ? std::min(prefix - i * 8, 8U) : 0;
        address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & (0xFF00U >> kept));
    }
    return address;
}

bool contains(const IpAddress& block, const IpAddress& inner, unsigned inner_prefix) noexcept {
    if (block.v6 != inner.v6 || inner_prefix < block.prefix) return false;
    const IpAddress a = masked(block, block.prefix);
    const IpAddress b = masked(inner, block.prefix);
    return std::equal(a.bytes, a.bytes + 16, b.bytes);
}

Value address_value(Context& context, const IpAddress& address) {
    return Value::ip(context.arena().make<IpAddress>(address));
}
Value block_value(Context& context, const IpAddress& block) {
    return Value::cidr(context.arena().make<IpAddress>(block));
}
Value no_address(Context& context, const Value& text) {
    return context.fail(ErrorKind::invalid_argument,
                        shown(text) + " is not an IP address like \"192.168.0.1\" or \"2001:db8::1\"");
}
Value no_block(Context& context, const Value& text) {
    return context.fail(ErrorKind::invalid_argument, shown(text) + " is not a CIDR block like \"192.168.0.0/24\"");
}

Value ip(Context& context, Arguments a) {
    const auto address = parse_ip(a[0].as_text());
    return address ? address_value(context, *address) : no_address(context, a[0]);
}
Value cidr(Context& context, Arguments a) {
    const auto block = parse_cidr(a[0].as_text());
    return block ? block_value(context, *block) : no_block(context, a[0]);
}
Value is_ip(Context&, Arguments a) { return Value::boolean(parse_ip(a[0].as_text()).has_value()); }
Value is_cidr(Context&, Arguments a) { return Value::boolean(parse_cidr(a[0].as_text()).has_value()); }
Value is_canonical(Context& context, Arguments a) {
    const auto address = parse_ip(a[0].as_text());
    return address ? Value::boolean(format_ip(*address) == a[0].as_text()) : no_address(context, a[0]);
}

bool unspecified(const IpAddress& a) noexcept {
    return std::all_of(a.bytes, a.bytes + 16, [](std::uint8_t byte) { return byte == 0; });
}
bool loopback(const IpAddress& a) noexcept {
    if (!a.v6) return a.bytes[0] == 127;
    return a.bytes[15] == 1 && std::all_of(a.bytes, a.bytes + 15, [](std::uint8_t byte) { return byte == 0; });
}
bool multicast(const IpAddress& a) noexcept { return a.v6 ? a.bytes[0] == 0xFF : (a.bytes[0] & 0xF0U) == 0xE0U; }
bool link_local_multicast(const IpAddress& a) noexcept {
    if (a.v6) return a.bytes[0] == 0xFF && (a.bytes[1] & 0x0FU) == 0x02;
    return a.bytes[0] == 224 && a.bytes[1] == 0 && a.bytes[2] == 0;
}
bool link_local_unicast(const IpAddress& a) noexcept {
    if (a.v6) return a.bytes[0] == 0xFE && (a.bytes[1] & 0xC0U) == 0x80U;
    return a.bytes[0] == 169 && a.bytes[1] == 254;
}
bool broadcast(const IpAddress& a) noexcept {
    return !a.v6 && std::all_of(a.bytes, a.bytes + 4, [](std::uint8_t byte) { return byte == 255; });
}
bool global_unicast(const IpAddress& a) noexcept {
    return !broadcast(a) && !unspecified(a) && !loopback(a) && !multicast(a) && !link_local_unicast(a);
}

template <bool (*kTest)(const IpAddress&) noexcept>
Value test(Context&, Arguments a) {
    return Value::boolean(kTest(a[0].as_ip()));
}
Value family(Context&, Arguments a) { return Value::integer(a[0].as_ip().v6 ? 6 : 4); }

Value contains_ip(Context& context, Arguments a) {
    std::optional<IpAddress> inner = a[1].is(Kind::ip) ? std::optional(a[1].as_ip()) : parse_ip(a[1].as_text());
    if (!inner) return no_address(context, a[1]);
    return Value::boolean(contains(a[0].as_ip(), *inner, inner->v6 ? 128 : 32));
}
Value contains_cidr(Context& context, Arguments a) {
    std::optional<IpAddress> inner = a[1].is(Kind::cidr) ? std::optional(a[1].as_ip()) : parse_cidr(a[1].as_text());
    if (!inner) return no_block(context, a[1]);
    return Value::boolean(contains(a[0].as_ip(), *inner, inner->prefix));
}
Value ip_of_cidr(Context& context, Arguments a) {
    IpAddress address = a[0].as_ip();
    address.prefix = 0;
    return address_value(context, address);
}
Value masked_cidr(Context& context, Arguments a) {
    return block_value(context, masked(a[0].as_ip(), a[0].as_ip().prefix));
}
Value prefix_length(Context&, Arguments a) { return Value::integer(a[0].as_ip().prefix); }

constexpr std::string_view kSection = "Network addresses";

}  // namespace

// long: a table.
std::vector<Declaration> network_declarations() {
    return {
        {kSection,
         "ip",
         "An address; of a CIDR block, the address it was written with.",
         {{"ip(string) -> net.IP", ip}, {"net.CIDR.ip() -> net.IP", ip_of_cidr}},
         {{"string(ip('2001:DB8::1'))", "'2001:db8::1'"}, {"ip('1.2.3')", "error"}}},
        {kSection,
         "cidr",
         "A block of addresses.",
         {{"cidr(string) -> net.CIDR", cidr}},
         {{"string(cidr('10.0.0.0/8'))", "'10.0.0.0/8'"}}},
        {kSection,
         "isIP",
         "Is the text an address?",
         {{"isIP(string) -> bool", is_ip}},
         {{"isIP('10.0.0.1')", "true"}, {"isIP('10.0.0.1/8')", "false"}}},
        {kSection,
         "isCIDR",
         "Is the text a block?",
         {{"isCIDR(string) -> bool", is_cidr}},
         {{"isCIDR('10.0.0.0/8')", "true"}}},
        {kSection,
         "ip.isCanonical",
         "Is the address written in its shortest form?",
         {{"ip.isCanonical(string) -> bool", is_canonical}},
         {{"ip.isCanonical('2001:DB8::68')", "false"}}},
        {kSection, "family", "4 or 6.", {{"net.IP.family() -> int", family}}, {{"ip('10.0.0.1').family()", "4"}}},
        {kSection,
         "isUnspecified",
         "0.0.0.0 or ::.",
         {{"net.IP.isUnspecified() -> bool", test<unspecified>}},
         {{"ip('::').isUnspecified()", "true"}}},
        {kSection,
         "isLoopback",
         "127.0.0.0/8 or ::1.",
         {{"net.IP.isLoopback() -> bool", test<loopback>}},
         {{"ip('127.0.0.1').isLoopback()", "true"}}},
        {kSection,
         "isGlobalUnicast",
         "No broadcast, unspecified, loopback, multicast or link-local address.",
         {{"net.IP.isGlobalUnicast() -> bool", test<global_unicast>}},
         {{"ip('8.8.8.8').isGlobalUnicast()", "true"}}},
        {kSection,
         "isLinkLocalMulticast",
         "224.0.0.0/24 or ff02::/16.",
         {{"net.IP.isLinkLocalMulticast() -> bool", test<link_local_multicast>}},
         {{"ip('224.0.0.1').isLinkLocalMulticast()", "true"}}},
        {kSection,
         "isLinkLocalUnicast",
         "169.254.0.0/16 or fe80::/10.",
         {{"net.IP.isLinkLocalUnicast() -> bool", test<link_local_unicast>}},
         {{"ip('fe80::1').isLinkLocalUnicast()", "true"}}},
        {kSection,
         "containsIP",
         "Is the address in the block?",
         {{"net.CIDR.containsIP(net.IP) -> bool", contains_ip}, {"net.CIDR.containsIP(string) -> bool", contains_ip}},
         {{"cidr('10.0.0.0/8').containsIP('10.1.2.3')", "true"}}},
        {kSection,
         "containsCIDR",
         "Is the whole other block in this?",
         {{"net.CIDR.containsCIDR(net.CIDR) -> bool", contains_cidr},
          {"net.CIDR.containsCIDR(string) -> bool", contains_cidr}},
         {{"cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", "true"}}},
        {kSection,
         "masked",
         "The block with the bits behind the prefix 0.",
         {{"net.CIDR.masked() -> net.CIDR", masked_cidr}},
         {{"cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8')", "true"}}},
        {kSection,
         "prefixLength",
         "Bits of the prefix.",
         {{"net.CIDR.prefixLength() -> int", prefix_length}},
         {{"cidr('10.0.0.0/8').prefixLength()", "8"}}},
    };
}

}  // namespace weir::expr
