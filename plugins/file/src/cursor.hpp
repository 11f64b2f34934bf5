// Where reading of one file stands: what the source hands to the host with every batch and gets back on resume.
#pragma once

#include <weir/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::file {

// Running hash of all rows up to and including one row; equal chains mean equal beginnings (identity: content).
struct Chain {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    void add(std::string_view row) noexcept;
    void write_hex(char (&out)[32]) const noexcept;
    bool operator==(const Chain&) const = default;
};

// The first bytes of a file, hashed: tells the file from another one that took its name or its inode.
struct Fingerprint {
    static constexpr std::uint32_t kBytesMax = 4096;

    std::uint32_t size = 0;  // how many bytes were hashed; 0: nothing known, matches every file
    std::uint64_t hash = 0;

    [[nodiscard]] static Fingerprint of(std::string_view first_bytes) noexcept;
    bool operator==(const Fingerprint&) const = default;
};

struct Cursor {
    std::string name;              // the file's name when reading began: part of the ids, also after a rename
    std::uint32_t generation = 1;  // counts the different files that followed each other under one path
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t offset = 0;  // of the first byte not yet taken
    std::uint64_t row = 0;     // rows taken, counting the header, blank and bad ones
    Chain chain;
    Fingerprint fingerprint;

    // "weir-file/1 gen=1 dev=.. ino=.. off=.. row=.. chain=<32 hex> fp=<size>:<16 hex> name=<rest>"
    [[nodiscard]] std::string encode() const;
    // `invalid`: not a cursor of this version.
    [[nodiscard]] static Result<Cursor> decode(std::string_view text);
};

}  // namespace weir::file
