// The frame: what is encoded comes back, and no bytes whatever crash the decoder.
#include "runtime/base/record_frame.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>

namespace weir {
namespace {

// A record with every field set, and the memory it points to.
struct FullRecord {
    std::array<std::string, 11> strings = {
        "id-1", "key-1", "com.example.order", "order/2", "/shop", "customer-7", "application/json",
        "corr", "cause", "00-trace-01",       "state=1"};
    std::array<weir_attr, 2> attrs = {{{str("tenant"), str("acme")}, {str("empty"), str("")}}};
    std::string payload = std::string("{\"n\":1}\0\xff", 9);
    weir_record record{};

    FullRecord() {
        record.flags = WEIR_REC_TOMBSTONE;
        record.time_unix_ns = 1'780'000'000'000'000'001;
        record.ingest_unix_ns = -5;
        std::size_t i = 0;
        for (weir_str weir_record::*field :
             {&weir_record::id, &weir_record::key, &weir_record::type, &weir_record::schema, &weir_record::source,
              &weir_record::subject, &weir_record::content_type, &weir_record::correlation_id,
              &weir_record::causation_id, &weir_record::traceparent, &weir_record::tracestate}) {
            record.*field = str(strings[i++]);
        }
        record.attrs = attrs.data();
        record.attr_count = 2;
        record.payload = str(payload);
    }
    FullRecord(const FullRecord&) = delete;
    FullRecord& operator=(const FullRecord&) = delete;
};

EncodedBatch encoded(const weir_record& record, const Hold* hold = nullptr) {
    EncodedBatch out;
    EXPECT_TRUE(encode_record(record, hold, out).ok());
    return out;
}

DecodedBatch decoded(const EncodedBatch& batch) {
    auto bytes = std::make_shared<const std::string>(batch.frames);
    auto result = decode_records(*bytes, batch.count(), bytes);
    EXPECT_TRUE(result.ok()) << result.error().message;
    return std::move(result).value();
}

TEST(RecordFrame, every_field_comes_back) {
    const FullRecord full;
    const DecodedBatch back = decoded(encoded(full.record));
    ASSERT_EQ(back.batch->size(), 1u);
    const weir_record& record = (*back.batch)[0];
    EXPECT_TRUE(same_content(record, full.record));
    EXPECT_EQ(view(record.tracestate), "state=1");
    EXPECT_EQ(view(record.traceparent), "00-trace-01");
    EXPECT_EQ(record.flags, unsigned{WEIR_REC_TOMBSTONE});
    EXPECT_EQ(record.time_unix_ns, 1'780'000'000'000'000'001);
    EXPECT_EQ(record.ingest_unix_ns, -5);
    ASSERT_EQ(record.attr_count, 2u);
    EXPECT_EQ(view(record.attrs[0].value), "acme");
    EXPECT_EQ(view(record.payload), full.payload);
    EXPECT_TRUE(back.holds.empty());
}

// The layout is a format: these bytes are on disks. A change of any of them is a new version.
TEST(RecordFrame, the_bytes_are_these) {
    weir_record record{};
    record.time_unix_ns = 0x0102030405060708;
    record.ingest_unix_ns = 1;
    record.id = str("ab");
    record.source = str("s");
    const weir_attr attr{str("k"), str("vv")};
    record.attrs = &attr;
    record.attr_count = 1;
    record.payload = str("xyz");
    const Hold hold{0, 2, "C", "no"};
    const std::string bytes = encoded(record, &hold).frames;
    const unsigned char expected[] = {
        74,   0,    0,   0,                                                                // size
        0x00, 0x80,                                                                        // flags: held
        1,    0,                                                                           // attributes
        8,    7,    6,   5,   4,   3,   2,   1,                                            // time
        1,    0,    0,   0,   0,   0,   0,   0,                                            // ingest
        2,    0,    0,   0,   0,   0,   0,   0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // lengths
        5,    0,                                                                           // hold
        7,    0,    0,   0,                                                                // attributes' bytes
        3,    0,    0,   0,                                                                // payload
        'a',  'b',  's',                                                                   // id, source
        2,    1,    'C', 'n', 'o',            // hold: class, code length, code, message
        1,    0,    2,   0,   'k', 'v', 'v',  // attribute
        'x',  'y',  'z',
    };
    EXPECT_EQ(bytes.size(), 74u);
    const std::string wanted(reinterpret_cast<const char*>(expected), sizeof expected);
    EXPECT_EQ(bytes, wanted);
}

TEST(RecordFrame, a_hold_comes_back_with_its_index) {
    const FullRecord full;
    EncodedBatch batch;
    const Hold hold{0, WEIR_CLASS_POLICY, "BAD_ROW", "line 3"};
    ASSERT_TRUE(encode_record(full.record, nullptr, batch).ok());
    ASSERT_TRUE(encode_record(full.record, &hold, batch).ok());
    const DecodedBatch back = decoded(batch);
    ASSERT_EQ(back.holds.size(), 1u);
    EXPECT_EQ(back.holds[0].index, 1u);
    EXPECT_EQ(back.holds[0].error_class, unsigned{WEIR_CLASS_POLICY});
    EXPECT_EQ(back.holds[0].code, "BAD_ROW");
    EXPECT_EQ(back.holds[0].message, "line 3");
    EXPECT_FALSE(frame_is_held(std::string_view(batch.frames).substr(0, batch.sizes[0])));
    EXPECT_TRUE(frame_is_held(std::string_view(batch.frames).substr(batch.sizes[0])));
}

TEST(RecordFrame, a_long_hold_message_is_cut_and_still_decodes) {
    const FullRecord full;
    const Hold hold{0, WEIR_CLASS_BUSINESS, std::string(300, 'c'), std::string(100'000, 'm')};
    const DecodedBatch back = decoded(encoded(full.record, &hold));
    ASSERT_EQ(back.holds.size(), 1u);
    EXPECT_EQ(back.holds[0].code.size(), 255u);
    EXPECT_EQ(back.holds[0].message.size(), 1024u);
}

TEST(RecordFrame, a_string_above_64_kib_is_refused_and_leaves_no_trace) {
    FullRecord full;
    const std::string longest(kFrameStringMax, 'x');
    full.record.subject = str(longest);
    EXPECT_TRUE(same_content((*decoded(encoded(full.record)).batch)[0], full.record));
    const std::string too_long(kFrameStringMax + 1, 'x');
    full.record.subject = str(too_long);
    EncodedBatch batch;
    const Status refused = encode_record(full.record, nullptr, batch);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().errc, Errc::invalid);
    EXPECT_TRUE(batch.frames.empty());
    EXPECT_TRUE(batch.empty());
}

TEST(RecordFrame, trace_context_and_ingest_time_are_not_content_and_everything_else_is) {
    const FullRecord a;
    FullRecord b;
    b.record.ingest_unix_ns = 77;
    b.record.traceparent = str("other");
    b.record.tracestate = str("");
    EXPECT_TRUE(same_content(a.record, b.record));
    for (weir_str weir_record::*field :
         {&weir_record::id, &weir_record::key, &weir_record::type, &weir_record::schema, &weir_record::source,
          &weir_record::subject, &weir_record::content_type, &weir_record::correlation_id, &weir_record::causation_id,
          &weir_record::payload}) {
        FullRecord other;
        other.record.*field = str("changed");
        EXPECT_FALSE(same_content(a.record, other.record));
    }
    FullRecord attr;
    attr.attrs[0].value = str("ACME");
    EXPECT_FALSE(same_content(a.record, attr.record));
    FullRecord fewer;
    fewer.record.attr_count = 1;
    EXPECT_FALSE(same_content(a.record, fewer.record));
    FullRecord later;
    later.record.time_unix_ns += 1;
    EXPECT_FALSE(same_content(a.record, later.record));
}

TEST(RecordFrame, identity_tells_source_and_id_apart) {
    EXPECT_NE(identity_hash("ab", "c"), identity_hash("a", "bc"));
    EXPECT_EQ(identity_hash("a", "b"), identity_hash("a", "b"));
}

// ---------------------------------------------------------------------------------------------- hostile bytes

// Decodes from memory of exactly this size, so that a sanitizer sees a read beyond it; touches everything decoded.
bool survives(std::string_view bytes, std::uint32_t count) {
    auto exact = std::make_shared<std::vector<char>>(bytes.begin(), bytes.end());
    const auto result = decode_records({exact->data(), exact->size()}, count, exact);
    if (!result.ok()) return false;
    std::size_t touched = 0;
    for (const weir_record& record : result->batch->records()) {
        for (const char c : view(record.payload)) touched += static_cast<unsigned char>(c);
        for (const char c : view(record.id)) touched += static_cast<unsigned char>(c);
        for (std::uint32_t i = 0; i < record.attr_count; ++i) touched += record.attrs[i].value.size;
        touched += same_content(record, record) ? 1u : 0u;
    }
    return touched > 0;
}

std::string two_frames() {
    const FullRecord full;
    const Hold hold{0, WEIR_CLASS_BUSINESS, "CODE", "message"};
    EncodedBatch batch;
    EXPECT_TRUE(encode_record(full.record, &hold, batch).ok());
    EXPECT_TRUE(encode_record(full.record, nullptr, batch).ok());
    return batch.frames;
}

TEST(RecordFrame, every_truncation_and_every_extension_is_refused) {
    const std::string whole = two_frames();
    ASSERT_TRUE(survives(whole, 2));
    for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(survives(whole.substr(0, size), 2)) << size;
    EXPECT_FALSE(survives(whole + '\0', 2));
    EXPECT_FALSE(survives(whole, 1));
    EXPECT_FALSE(survives(whole, 3));
}

TEST(RecordFrame, no_changed_byte_crashes_the_decoder) {
    const std::string whole = two_frames();
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string changed = whole;
            changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
            (void)survives(changed, 2);
        }
        for (const char value : {'\0', '\x7f', '\xff'}) {
            std::string changed = whole;
            changed[at] = value;
            (void)survives(changed, 2);
        }
    }
}

TEST(RecordFrame, no_garbage_crashes_the_decoder) {
    std::mt19937 random(20260601);
    const std::string whole = two_frames();
    for (int round = 0; round < 20'000; ++round) {
        std::string changed = whole;
        const auto edits = 1 + random() % 8;
        for (auto i = edits; i-- > 0;) changed[random() % changed.size()] = static_cast<char>(random());
        changed.resize(random() % 4 == 0 ? random() % (whole.size() + 1) : whole.size());
        (void)survives(changed, static_cast<std::uint32_t>(1 + random() % 3));
    }
}

}  // namespace
}  // namespace weir
