#include "runtime/plugin/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plugin/files.hpp"

namespace weir::plugin {
namespace {

using testing::elf_with_note;
using ::testing::HasSubstr;
using testing::manifest_json;
using testing::TempDir;

class RegistryTest : public ::testing::Test {
  protected:
    void add(const std::string& file, std::string_view id, std::string_view version,
             std::string_view summary = "for a test") {
        dir_.write(file, elf_with_note(manifest_json(id, version, 1, 0, summary)));
    }
    [[nodiscard]] Registry scan() const { return Registry::scan({dir_.path()}); }
    [[nodiscard]] std::string found(std::string_view id, std::string_view range) const {
        const Registry registry = scan();
        const auto candidate = registry.find(id, range);
        return candidate ? (*candidate)->manifest.version : candidate.error().message;
    }
    [[nodiscard]] std::string code_of(const std::string& file) const {
        const Registry registry = scan();
        for (const Candidate& candidate : registry.candidates()) {
            if (candidate.file.filename() == file) return candidate.code.empty() ? "usable" : candidate.code;
        }
        return "not listed";
    }
    TempDir dir_;
};

TEST_F(RegistryTest, lists_libraries_in_name_order_and_nothing_else) {
    add("b.so", "b", "1.0.0");
    add("a.so", "a", "1.0.0");
    dir_.write("readme.txt", "no");
    dir_.write("c.so.bak", "no");
    const Registry registry = scan();
    ASSERT_EQ(registry.candidates().size(), 2U);
    EXPECT_EQ(registry.candidates()[0].manifest.id, "a");
    EXPECT_EQ(registry.candidates()[1].manifest.id, "b");
    EXPECT_EQ(registry.candidates()[0].sha256.size(), 64U);
    EXPECT_TRUE(registry.directory_problems().empty());
}

TEST_F(RegistryTest, hashes_the_bytes_of_the_file) {
    dir_.write("x.so", "abc");
    EXPECT_EQ(scan().candidates()[0].sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(code_of("x.so"), "not_elf");
}

TEST_F(RegistryTest, gives_the_highest_version_in_the_range) {
    add("a.so", "erp", "1.2.0");
    add("b.so", "erp", "1.10.0");
    add("c.so", "erp", "2.0.0");
    add("d.so", "erp", "2.1.0-rc.1");
    EXPECT_EQ(found("erp", ""), "2.0.0");
    EXPECT_EQ(found("erp", "^1.2"), "1.10.0");
    EXPECT_EQ(found("erp", "~1.2"), "1.2.0");
    EXPECT_EQ(found("erp", "1.2.0"), "1.2.0");
    EXPECT_EQ(found("erp", "2.1.0-rc.1"), "2.1.0-rc.1");
    EXPECT_EQ(found("erp", "^3"),
              "no version of plugin \"erp\" is in \"^3\", there is 1.2.0, 1.10.0, 2.0.0, 2.1.0-rc.1");
    EXPECT_THAT(found("erp", "newest"), HasSubstr("plugin \"erp\": \"newest\" is not a version range"));
}

TEST_F(RegistryTest, names_what_was_probably_meant) {
    add("a.so", "ledger", "1.0.0");
    EXPECT_EQ(found("leger", ""), "no plugin \"leger\", did you mean \"ledger\"?");
    EXPECT_EQ(found("netsuite", ""), "no plugin \"netsuite\", expected one of \"ledger\"");
}

TEST_F(RegistryTest, says_why_the_one_that_was_asked_for_is_refused) {
    dir_.write("a.so", elf_with_note(manifest_json("erp", "1.0.0", 2)));
    EXPECT_EQ(code_of("a.so"), "abi_major");
    EXPECT_THAT(found("erp", ""), HasSubstr("was refused: needs plugin ABI major 2, this host speaks 1.0"));
    dir_.write("a.so", elf_with_note(manifest_json("erp", "1.0.0", 1, 3)));
    EXPECT_EQ(code_of("a.so"), "needs_newer_host");
    EXPECT_THAT(found("erp", ""), HasSubstr("needs a host that speaks plugin ABI 1.3 or later"));
}

TEST_F(RegistryTest, refuses_a_bad_manifest_but_knows_its_id) {
    std::string manifest = manifest_json("erp", "1.0.0");
    manifest.replace(manifest.find("transform"), 9, "transfrom");
    dir_.write("a.so", elf_with_note(manifest));
    EXPECT_EQ(code_of("a.so"), "bad_manifest");
    EXPECT_THAT(found("erp", ""), HasSubstr("did you mean \"transform\"?"));
}

TEST_F(RegistryTest, one_version_with_two_contents_is_refused_twice) {
    add("a.so", "erp", "1.0.0", "one");
    add("b.so", "erp", "1.0.0", "another");
    add("c.so", "erp", "0.9.0");
    EXPECT_EQ(code_of("a.so"), "duplicate_version");
    EXPECT_EQ(code_of("b.so"), "duplicate_version");
    EXPECT_THAT(scan().candidates()[0].refused, HasSubstr("b.so"));
    EXPECT_THAT(scan().candidates()[1].refused, HasSubstr("a.so"));
    EXPECT_EQ(found("erp", ""), "0.9.0");
    EXPECT_THAT(found("erp", "1.0.0"), HasSubstr("was refused"));
}

TEST_F(RegistryTest, one_version_with_one_content_may_lie_about_twice) {
    add("a.so", "erp", "1.0.0");
    add("b.so", "erp", "1.0.0");
    EXPECT_EQ(found("erp", ""), "1.0.0");
}

TEST_F(RegistryTest, refuses_files_that_others_can_write) {
    add("a.so", "erp", "1.0.0");
    for (const mode_t mode : {0664U, 0646U}) {
        ASSERT_EQ(::chmod((dir_.path() / "a.so").c_str(), mode), 0);
        EXPECT_EQ(code_of("a.so"), "writable_by_others") << mode;
    }
    EXPECT_THAT(found("erp", ""), HasSubstr("writable by group or others (mode 0646)"));
    ASSERT_EQ(::chmod((dir_.path() / "a.so").c_str(), 0644), 0);
    EXPECT_EQ(code_of("a.so"), "usable");
}

TEST_F(RegistryTest, refuses_files_of_other_people) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    add("a.so", "erp", "1.0.0");
    ASSERT_EQ(::chown((dir_.path() / "a.so").c_str(), 65534, 65534), 0);
    EXPECT_EQ(code_of("a.so"), "writable_by_others");
    EXPECT_THAT(found("erp", ""), HasSubstr("owned by uid 65534"));
}

TEST_F(RegistryTest, refuses_directories_that_others_can_write) {
    add("a.so", "erp", "1.0.0");
    ASSERT_EQ(::chmod(dir_.path().c_str(), 0777), 0);
    const Registry registry = scan();
    EXPECT_TRUE(registry.candidates().empty());
    ASSERT_EQ(registry.directory_problems().size(), 1U);
    EXPECT_THAT(registry.directory_problems()[0], HasSubstr("writable by group or others"));
}

TEST_F(RegistryTest, says_which_directory_is_missing_and_reads_the_others) {
    add("a.so", "erp", "1.0.0");
    const Registry registry = Registry::scan({dir_.path() / "missing", dir_.path()});
    ASSERT_EQ(registry.directory_problems().size(), 1U);
    EXPECT_THAT(registry.directory_problems()[0], HasSubstr("missing\" cannot be opened: No such file"));
    EXPECT_EQ(registry.candidates().size(), 1U);
}

TEST_F(RegistryTest, follows_links_inside_the_directory_only) {
    const TempDir outside;
    outside.write("out.so", elf_with_note(manifest_json("out", "1.0.0")));
    add("a.so", "erp", "1.0.0");
    std::filesystem::create_symlink("a.so", dir_.path() / "inside.so");
    std::filesystem::create_symlink(outside.path() / "out.so", dir_.path() / "outside.so");
    std::filesystem::create_symlink("../" + outside.path().filename().string() + "/out.so", dir_.path() / "up.so");
    EXPECT_EQ(code_of("inside.so"), "usable");
    EXPECT_EQ(code_of("outside.so"), "outside_directory");
    EXPECT_EQ(code_of("up.so"), "outside_directory");
}

TEST_F(RegistryTest, refuses_what_is_not_a_file) {
    std::filesystem::create_directory(dir_.path() / "dir.so");
    ASSERT_EQ(::mkfifo((dir_.path() / "pipe.so").c_str(), 0600), 0);
    EXPECT_EQ(code_of("dir.so"), "unreadable");
    EXPECT_EQ(code_of("pipe.so"), "unreadable");
}

}  // namespace
}  // namespace weir::plugin
