// A configuration file as a tree in which every key and value knows where it stands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/config.hpp"

namespace weir::config {

struct Member;

// One value. Plain data; copied when an alias repeats it.
struct Node {
    enum class Kind : std::uint8_t { null, boolean, integer, number, string, sequence, map };

    Kind kind = Kind::null;
    bool broken = false;     // something in it was reported already and left out
    bool retypable = false;  // a plain "${env:X}": takes the type its place asks for
    Location where;
    Location text_at;             // of a scalar: where its first character stands, behind a quote or in a block
    std::vector<TextPart> parts;  // of a scalar that is not one run of characters in its file
    std::string text;             // of a scalar, as written; numbers are never converted
    std::string reference;        // "${env:X}" as written when `text` came from references; shown instead of the value
    std::string env_secret;       // "env:X" when the whole value is "${env:X}": its name where a secret is wanted
    std::string secret;           // name of the secret this value stands for; then `text` is empty
    std::vector<Node> items;      // of a sequence
    std::vector<Member> members;  // of a map, in file order, keys distinct

    [[nodiscard]] bool is_scalar() const noexcept { return kind < Kind::sequence; }
    [[nodiscard]] const Member* find(std::string_view key) const noexcept;
    [[nodiscard]] Member* find(std::string_view key) noexcept;
    // True when it is of this kind, or a plain environment reference whose value reads as one.
    [[nodiscard]] bool reads_as(Kind wanted) const;
};

struct Member {
    std::string key;
    Location where;  // of the key
    Node value;
};

// The type of a plain scalar by the YAML 1.2 core schema (10.3.2): `no` is a string, 0o17 an integer, 017 one too
// (decimal).
[[nodiscard]] Node::Kind core_kind(std::string_view plain) noexcept;

// What was found, for messages: `"abc"`, `12`, `a map`, `nothing`. Never a secret or the value of a reference.
[[nodiscard]] std::string describe(const Node& node);

// The tree as JSON; a secret becomes {"$secret": name}, a number keeps its digits.
[[nodiscard]] std::string to_json(const Node& node);

}  // namespace weir::config
