#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>

#include "runtime/plugin/manifest.hpp"
#include "tests/unit/plugin/files.hpp"

namespace weir::plugin {
namespace {

using testing::elf_with_note;
using testing::fixture;

// In a block of exactly its size, so that AddressSanitizer sees a read of one byte too many.
Result<std::string> read_exactly(std::string_view bytes) {
    const auto block = std::make_unique<std::byte[]>(bytes.size());
    if (!bytes.empty()) std::memcpy(block.get(), bytes.data(), bytes.size());
    return read_manifest_note({block.get(), bytes.size()});
}

std::string code(std::string_view bytes) {
    const auto note = read_exactly(bytes);
    return note ? "accepted" : note.error().code;
}

template <class Change>
std::string changed(std::string bytes, Change change) {
    Elf64_Ehdr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    change(header);
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
}

TEST(ElfNote, is_found_in_a_real_plugin) {
    const auto note = read_exactly(fixture("vendor_a"));
    ASSERT_TRUE(note) << note.error().message;
    const auto manifest = parse_manifest(*note);
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(manifest->id, "test.vendor_a");
}

TEST(ElfNote, is_found_by_its_segment_when_the_sections_are_stripped) {
    const auto stripped = changed(fixture("vendor_a"), [](Elf64_Ehdr& header) { header.e_shoff = 0; });
    const auto note = read_exactly(stripped);
    ASSERT_TRUE(note) << note.error().message;
    EXPECT_EQ(*note, *read_exactly(fixture("vendor_a")));
}

TEST(ElfNote, refusals_have_stable_codes) {
    const std::string good = elf_with_note("{}");
    ASSERT_EQ(code(good), "accepted");
    EXPECT_EQ(code(""), "not_elf");
    EXPECT_EQ(code("#!/bin/sh\n"), "not_elf");
    EXPECT_EQ(code(good.substr(0, 20)), "truncated");
    EXPECT_EQ(code(changed(good, [](auto& h) { h.e_ident[EI_CLASS] = ELFCLASS32; })), "wrong_architecture");
    EXPECT_EQ(code(changed(good, [](auto& h) { h.e_ident[EI_DATA] = ELFDATA2MSB; })), "wrong_architecture");
    EXPECT_EQ(code(changed(good, [](auto& h) { h.e_machine = EM_RISCV; })), "wrong_architecture");
    EXPECT_EQ(code(changed(good, [](auto& h) { h.e_type = ET_EXEC; })), "not_shared");
    EXPECT_EQ(code(changed(good, [](auto& h) { h.e_shnum = 0; })), "no_manifest");
    EXPECT_EQ(code(changed(good, [](auto& h) { h.e_shentsize = 1; })), "truncated");
    EXPECT_EQ(code(changed(good, [](auto& h) { h.e_shstrndx = 9999; })), "truncated");
    EXPECT_EQ(code(changed(good, [](auto& h) { h.e_shoff = ~0ull; })), "truncated");
    EXPECT_EQ(code(changed(good, [](auto& h) { h.e_shoff = ~0ull - 8; })), "truncated");
    EXPECT_EQ(code(fixture("no_note")), "no_manifest");
}

TEST(ElfNote, note_sizes_that_do_not_fit_are_refused) {
    const std::string good = elf_with_note("{}");
    for (const std::size_t field : {0U, 4U}) {
        std::string bad = good;
        std::memset(bad.data() + sizeof(Elf64_Ehdr) + field, 0xff, 4);
        EXPECT_EQ(code(bad), "no_manifest");
    }
}

TEST(ElfNote, every_truncation_is_refused_without_reading_too_far) {
    const std::string small = elf_with_note(testing::manifest_json("a", "1.0.0"));
    for (std::size_t size = 0; size < small.size(); ++size) {
        EXPECT_FALSE(read_exactly(std::string_view(small).substr(0, size))) << size;
    }
    const std::string real = fixture("entry_null");
    for (std::size_t size = 0; size < real.size(); size += size < 4096 ? 1 : 61) {
        (void)read_exactly(std::string_view(real).substr(0, size));
    }
}

TEST(ElfNote, random_bit_flips_never_read_too_far) {
    const std::string real = fixture("entry_null");
    const std::string small = elf_with_note(testing::manifest_json("a", "1.0.0"));
    std::mt19937_64 random(20'240'601);  // NOLINT(cert-msc51-cpp): the same flips each time
    const auto flip = [&](std::string bytes, std::size_t begin, std::size_t end) {
        for (int flips = 1 + static_cast<int>(random() % 4); flips > 0; --flips) {
            bytes[begin + random() % (end - begin)] ^= static_cast<char>(1U << (random() % 8));
        }
        if (const auto note = read_exactly(bytes)) (void)parse_manifest(*note);
    };
    Elf64_Ehdr header;
    std::memcpy(&header, real.data(), sizeof header);
    for (int i = 0; i < 2'000; ++i) {
        flip(small, 0, small.size());
        if (i % 8 != 0) continue;
        flip(real, 0, sizeof header);
        flip(real, header.e_shoff, real.size());
        flip(real, header.e_phoff, header.e_phoff + std::size_t{header.e_phnum} * sizeof(Elf64_Phdr));
    }
}

}  // namespace
}  // namespace weir::plugin
