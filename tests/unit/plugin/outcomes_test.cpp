#include "runtime/plugin/outcomes.hpp"

#include <gtest/gtest.h>

#include "runtime/plugin/abi_call.hpp"
#include "tests/unit/plugin/fake_plugin.hpp"

namespace weir::plugin {
namespace {

using testing::outcome;

TEST(Outcomes, fields_beyond_what_the_writer_knew_are_zero) {
    weir_outcome old = outcome(WEIR_OUT_REJECTED, "CODE");
    old.code = {reinterpret_cast<const char*>(0x10), 99};
    old.struct_size = offsetof(weir_outcome, code);
    const auto read = read_outcome(&old);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->kind, std::uint32_t{WEIR_OUT_REJECTED});
    EXPECT_EQ(read->code, "");
    old.struct_size = 4;
    EXPECT_FALSE(read_outcome(&old));
    EXPECT_FALSE(read_outcome(nullptr));
}

TEST(Outcomes, unknown_values_mean_what_the_header_says) {
    EXPECT_EQ(read_outcome([] {
                  static weir_outcome o = outcome(99);
                  return &o;
              }())
                  ->kind,
              std::uint32_t{WEIR_OUT_RETRY_UNKNOWN});
    weir_outcome said = outcome(WEIR_OUT_REJECTED);
    said.error_class = 99;
    said.retry_after_ns = -5;
    said.message = {nullptr, 7};
    const auto read = read_outcome(&said);
    EXPECT_EQ(read->error_class, std::uint32_t{WEIR_CLASS_TECHNICAL});
    EXPECT_EQ(read->retry_after.count(), 0);
    EXPECT_EQ(read->message, "");
}

TEST(Outcomes, long_text_is_cut_between_characters) {
    std::string text(4'095, 'x');
    text += "\xc3\xa4\xc3\xa4";
    const std::string code(100, 'C');
    const weir_outcome said = outcome(WEIR_OUT_RETRY, code, text);
    const auto read = read_outcome(&said);
    EXPECT_EQ(read->code.size(), 64U);
    EXPECT_EQ(read->message, std::string(4'095, 'x'));
}

TEST(Outcomes, an_error_without_detail_still_says_something) {
    const AbiError silent;
    EXPECT_EQ(silent.error(WEIR_E_BUSY, "poll()").message, "poll() failed: busy");
    EXPECT_EQ(silent.error(WEIR_E_BUSY, "poll()").code, "busy");
    EXPECT_EQ(silent.error(std::numeric_limits<weir_status>::min(), "x").code, "fatal");
    AbiError unterminated;
    std::memset(unterminated.get()->message, 'm', sizeof unterminated.get()->message);
    std::memset(unterminated.get()->code, 'c', sizeof unterminated.get()->code);
    EXPECT_EQ(unterminated.error(WEIR_E_RETRY, "x").message.size(), 760U);
    EXPECT_EQ(unterminated.error(WEIR_E_RETRY, "x").code.size(), 64U);
}

}  // namespace
}  // namespace weir::plugin
