// Batches that are there completely or not at all, whatever a crash left.
#include "append_file.hpp"
#include "temp_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <set>

namespace {

using weir::file::AppendFile;
using weir::file::Key;
using weir::file::Placed;

Key key(std::uint8_t n) {
    Key made{};
    made[0] = n;
    return made;
}

std::set<int> keys_of(const AppendFile& file) {
    std::set<int> found;
    EXPECT_TRUE(file.find([](const Key&) { return true; }, [&](const Placed& p) { found.insert(p.key[0]); }).ok());
    return found;
}

void append(AppendFile& file, std::uint8_t n, const std::string& text) {
    Placed placed{key(n), 0};
    const auto done = file.append(text, {&placed, 1});
    ASSERT_TRUE(done.ok()) << weir::Status(done).error().message;
}

class Append : public testing::Test {
  protected:
    std::string path() const { return directory_.at("out"); }
    AppendFile open() const {
        auto file = AppendFile::open(path());
        EXPECT_TRUE(file.ok()) << file.error().message;
        return *std::move(file);
    }
    TempDirectory directory_;
};

TEST_F(Append, remembers_where_each_record_stands) {
    AppendFile file = open();
    append(file, 1, "one\n");
    Placed two[] = {{key(2), 0}, {key(3), 6}};
    ASSERT_TRUE(file.append("two..\nthree\n", two).ok());
    EXPECT_EQ(two[1].offset, 10u);
    EXPECT_EQ(directory_.read("out"), "one\ntwo..\nthree\n");
    EXPECT_EQ(keys_of(file), (std::set<int>{1, 2, 3}));
}

// The proof by exhaustion: the file and its references cut at every byte a crash may have left.
TEST_F(Append, whatever_a_crash_left_the_keys_are_what_the_file_holds) {
    std::size_t first_size = 0;
    std::size_t first_refs = 0;
    {
        AppendFile file = open();
        append(file, 1, "first batch\n");
        first_size = directory_.read("out").size();
        first_refs = directory_.read("out.weir-refs").size();
        append(file, 2, "second batch\n");
    }
    const std::string data = directory_.read("out");
    const std::string refs = directory_.read("out.weir-refs");
    const auto check = [&](std::size_t data_size, std::size_t refs_size) {
        directory_.write("out", data.substr(0, data_size));
        directory_.write("out.weir-refs", refs.substr(0, refs_size));
        AppendFile file = open();
        const bool whole = data_size == data.size() && refs_size == refs.size();
        EXPECT_EQ(keys_of(file), whole ? (std::set<int>{1, 2}) : (std::set<int>{1})) << data_size << ' ' << refs_size;
        EXPECT_EQ(directory_.read("out"), data.substr(0, whole ? data.size() : first_size));
        append(file, 3, "third\n");
        EXPECT_TRUE(keys_of(file).contains(3));
    };
    // The intent is durable before the first byte of its batch: data beyond a torn intent cannot be.
    for (std::size_t size = first_refs; size <= refs.size(); ++size) check(first_size, size);
    for (std::size_t size = first_size; size <= data.size(); ++size) check(size, refs.size());
}

TEST_F(Append, a_batch_whose_bytes_did_not_reach_the_disk_is_cut_off) {
    {
        AppendFile file = open();
        append(file, 1, "first\n");
        append(file, 2, "second\n");
    }
    std::string data = directory_.read("out");
    for (std::size_t i = 6; i < data.size(); ++i) data[i] = '\0';  // the length got there, the blocks did not
    directory_.write("out", data);
    AppendFile file = open();
    EXPECT_EQ(keys_of(file), (std::set<int>{1}));
    EXPECT_EQ(directory_.read("out"), "first\n");
}

TEST_F(Append, what_stood_in_the_file_before_stays) {
    directory_.write("out", "mine\n");
    {
        AppendFile file = open();
        append(file, 1, "one\n");
    }
    directory_.write("out", "mine\non");
    AppendFile file = open();
    EXPECT_EQ(directory_.read("out"), "mine\n");
    EXPECT_TRUE(keys_of(file).empty());
}

TEST_F(Append, notices_somebody_else_writing) {
    AppendFile file = open();
    append(file, 1, "one\n");
    directory_.append("out", "theirs\n");
    Placed placed{key(2), 0};
    const auto done = file.append("two\n", {&placed, 1});
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(weir::Status(done).error().errc, weir::Errc::unavailable);
    EXPECT_EQ(weir::Status(done).error().code, "FILE_FOREIGN_WRITER");
    EXPECT_EQ(directory_.read("out"), "one\ntheirs\n");
}

TEST_F(Append, takes_the_file_for_itself) {
    const AppendFile file = open();
    const auto second = AppendFile::open(path());
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, "FILE_IN_USE");
}

TEST_F(Append, remembers_keys_over_a_change_of_the_reference_file) {
    AppendFile file = open();
    append(file, 1, "one\n");
    std::vector<Placed> many(AppendFile::kRefsMax / sizeof(Placed), Placed{key(9), 0});
    ASSERT_TRUE(file.append("many\n", many).ok());
    append(file, 2, "two\n");
    EXPECT_TRUE(std::filesystem::exists(path() + ".weir-refs.1"));
    EXPECT_EQ(keys_of(file), (std::set<int>{1, 2, 9}));
}

}  // namespace
