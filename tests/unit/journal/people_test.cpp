// The audit chain and the notes beside deliveries: what is written stays, and a change shows.
#include <gmock/gmock.h>

#include "runtime/journal/audit_chain.hpp"
#include "runtime/journal/inspect.hpp"
#include "runtime/journal/memory_store.hpp"
#include "runtime/journal/segment_files.hpp"
#include "tests/conformance/journal_harness.hpp"

namespace weir::journal::testing {
namespace {

using ::testing::HasSubstr;

AuditEntry entry(int n) {
    const std::string number = std::to_string(n);
    return {"id-" + number,
            kStart + n,
            "token:ci",
            "operator",
            n % 2 == 0 ? "redrive" : "edit",
            "lane/" + number,
            "because",
            "{\"n\":" + number + "}"};
}

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) {
        constexpr char kDigits[] = "0123456789abcdef";
        text += kDigits[static_cast<unsigned char>(byte) >> 4];
        text += kDigits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

class People : public ::testing::Test {
  protected:
    void SetUp() override {
        options_.dir = dir_.path() / "journal";
        options_.clock = &clock_;
        options_.disk_reserve_bytes = 0;
        journal_ = must(open_journal(options_));
        stream_ = must(journal_->open_stream("usage"));
        lane_ = must(journal_->open_lane("orders", "ledger", stream_, true));
    }
    void commit(Transition transition) { ASSERT_TRUE(journal_->commit(std::move(transition)).ok()); }
    void commit_entries(int from, int end) {
        for (int i = from; i < end; ++i) commit({.audit = {entry(i)}});
    }
    // Rotation and retention come after the answer; what is committed next comes after them.
    void rotate() {
        clock_.advance(8 * 24 * 3600 * kSecond);
        commit({});
        commit({});
    }
    void edit(std::uint64_t segment, const std::string& sql) const {
        auto db =
            must(sqlite::Database::open(segment_path(options_.dir, segment), sqlite::Database::Mode::read_write, {}));
        const Status edited = db.exec(sql);
        ASSERT_TRUE(edited.ok()) << edited.error().message;
    }
    [[nodiscard]] DeliveryNote note(const std::string& id, ItemId item, const std::string& action,
                                    const std::string& text) const {
        return {id, lane_, item, kStart, "token:ci", action, text, "", ""};
    }
    [[nodiscard]] std::unique_ptr<Inspector> inspector() const { return must(inspect_journal(options_.dir)); }

    TempDir dir_;
    ManualClock clock_{kStart};
    Options options_;
    std::unique_ptr<Journal> journal_;
    StreamId stream_ = 0;
    LaneId lane_ = 0;
};

// ---------------------------------------------------------------------------------------------- audit

TEST_F(People, a_hash_covers_the_one_before_and_tells_fields_apart) {
    // Computed with Python's hashlib and struct, from the format's description.
    const std::string first = audit_hash(audit_chain_begin(), entry(1));
    EXPECT_EQ(hex(first), "6dd1c1893bbac9e76fdd66dbf3475900d2dd4056d79373ae239c11b7049402a4");
    EXPECT_EQ(hex(audit_hash(first, entry(2))), "17faf3b854df149f60059fc233d9d8aff22132553d7ae69dbcd45750671df61d");
    AuditEntry moved = entry(1);
    moved.role = moved.role + "e";
    moved.action.erase(0, 1);
    ASSERT_EQ(moved.role + moved.action, entry(1).role + entry(1).action);
    EXPECT_NE(audit_hash(audit_chain_begin(), moved), first) << "lengths are part of it";
}

TEST_F(People, entries_are_listed_in_order_by_what_is_asked_and_verify) {
    commit({.audit = {entry(1), entry(2)}});
    commit({.audit = {entry(3)}});
    const auto all = must(inspector()->audit({}));
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].sequence, 1u);
    EXPECT_EQ(all[2].sequence, 3u);
    EXPECT_EQ(all[0].hash.size(), 64u);
    EXPECT_EQ(all[2].entry.id, "id-3");
    EXPECT_EQ(all[2].entry.wall_ns, kStart + 3);
    EXPECT_EQ(all[2].entry.actor, "token:ci");
    EXPECT_EQ(all[2].entry.role, "operator");
    EXPECT_EQ(all[2].entry.action, "edit");
    EXPECT_EQ(all[2].entry.subject, "lane/3");
    EXPECT_EQ(all[2].entry.reason, "because");
    EXPECT_EQ(all[2].entry.detail, "{\"n\":3}");
    AuditFilter filter;
    filter.action = "redrive";
    EXPECT_EQ(must(inspector()->audit(filter)).size(), 1u);
    filter = {};
    filter.subject = "lane/";
    filter.since_wall_ns = kStart + 2;
    filter.until_wall_ns = kStart + 3;
    EXPECT_EQ(must(inspector()->audit(filter))[0].sequence, 2u);
    filter = {};
    filter.subject = "ane/";
    EXPECT_TRUE(must(inspector()->audit(filter)).empty()) << "a prefix";
    filter = {};
    filter.subject = "lane_";
    EXPECT_TRUE(must(inspector()->audit(filter)).empty()) << "no wildcards";
    filter = {};
    filter.actor = "local:root";
    EXPECT_TRUE(must(inspector()->audit(filter)).empty());
    filter = {};
    filter.after = 1;
    filter.limit = 1;
    EXPECT_EQ(must(inspector()->audit(filter))[0].sequence, 2u);
    EXPECT_EQ(must(inspector()->verify_audit()), 3u);
}

TEST_F(People, an_entry_committed_twice_is_there_once) {
    const Transition transition{.audit = {entry(1), entry(2)}, .notes = {note("n", {0, 0}, "note", "x")}};
    commit(transition);
    commit_entries(3, 4);
    commit(transition);
    EXPECT_EQ(must(inspector()->audit({})).size(), 3u);
    EXPECT_EQ(must(inspector()->verify_audit()), 3u);
    EXPECT_EQ(must(inspector()->notes(lane_, {0, 0})).size(), 1u);
}

TEST_F(People, both_stores_chain_alike) {
    MemoryStore memory;
    for (int i = 1; i < 4; ++i) {
        const Transition transition{.audit = {entry(i), entry(1)}};
        WriteSet set;
        set.transitions.push_back(&transition);
        ASSERT_TRUE(memory.commit(set).ok());
        commit(transition);
    }
    const auto listed = must(inspector()->audit({}));
    const auto kept = memory.audit();
    ASSERT_EQ(kept.size(), 3u);
    ASSERT_EQ(listed.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(listed[i].hash, hex(kept[i].hash));
    }
}

class Tampered : public People, public ::testing::WithParamInterface<std::string> {};

TEST_P(Tampered, a_changed_field_is_found_where_it_is) {
    commit_entries(1, 6);
    journal_.reset();
    edit(1, "UPDATE audit SET " + GetParam() + " WHERE seq = 3");
    const auto verified = inspector()->verify_audit();
    ASSERT_FALSE(verified.ok());
    EXPECT_EQ(verified.error().errc, Errc::corrupt);
    EXPECT_THAT(verified.error().message, HasSubstr("audit entry 3"));
}

INSTANTIATE_TEST_SUITE_P(Fields, Tampered,
                         ::testing::Values("id = 'other'", "wall_ns = wall_ns + 1", "actor = 'local:root'",
                                           "role = 'admin'", "action = 'note'", "subject = 'lane/9'", "reason = ''",
                                           "detail = '{}'", "hash = zeroblob(32)", "seq = 9"),
                         [](const auto& field) { return field.param.substr(0, field.param.find(' ')); });

TEST_F(People, a_removed_entry_is_found) {
    commit_entries(1, 6);
    journal_.reset();
    edit(1, "DELETE FROM audit WHERE seq = 3");
    EXPECT_THAT(inspector()->verify_audit().error().message, HasSubstr("audit entry 3: is missing"));
}

TEST_F(People, the_chain_goes_on_over_segments_and_each_copy_must_agree) {
    commit_entries(1, 4);
    rotate();
    commit_entries(4, 6);
    ASSERT_EQ(must(list_segments(options_.dir)).size(), 2u);
    EXPECT_EQ(must(inspector()->verify_audit()), 5u);
    journal_.reset();
    // A forger with the program's source makes a chain that fits; the older segment still has the old one.
    std::string hash = audit_chain_begin();
    for (int i = 1; i < 6; ++i) {
        AuditEntry forged = entry(i);
        forged.actor = "somebody else";
        hash = audit_hash(hash, forged);
        auto db = must(sqlite::Database::open(segment_path(options_.dir, 2), sqlite::Database::Mode::read_write, {}));
        auto update = must(db.prepare("UPDATE audit SET actor = 'somebody else', hash = ?1 WHERE seq = ?2"));
        ASSERT_TRUE(update.bind_blob(1, hash).bind(2, i).run().ok());
    }
    EXPECT_THAT(inspector()->verify_audit().error().message, HasSubstr("differs from the copy in segment 1"));
    edit(2, "DELETE FROM audit");
    EXPECT_THAT(inspector()->verify_audit().error().message, HasSubstr("is missing, segment 1 has it"));
}

// ---------------------------------------------------------------------------------------------- notes

TEST_F(People, notes_come_back_whole_oldest_first) {
    DeliveryNote edited = note("n-2", {3, 1}, "edit", "fixed the account");
    edited.detail = "{\"path\":\"/account\"}";
    edited.frame = encode(numbered("e", 1)).frames;
    commit({.notes = {note("n-1", {3, 1}, "assign", "kim"), edited, note("n-3", {3, 0}, "note", "other part")}});
    const auto notes = must(inspector()->notes(lane_, {3, 1}));
    ASSERT_EQ(notes.size(), 2u);
    EXPECT_EQ(notes[0].text, "kim");
    EXPECT_EQ(notes[1].id, "n-2");
    EXPECT_EQ(notes[1].lane, lane_);
    EXPECT_EQ(notes[1].item, (ItemId{3, 1}));
    EXPECT_EQ(notes[1].wall_ns, kStart);
    EXPECT_EQ(notes[1].actor, "token:ci");
    EXPECT_EQ(notes[1].action, "edit");
    EXPECT_EQ(notes[1].text, "fixed the account");
    EXPECT_EQ(notes[1].detail, edited.detail);
    EXPECT_EQ(notes[1].frame, edited.frame);
}

TEST_F(People, notes_last_as_long_as_their_record_or_an_open_row) {
    options_.retention_age = std::chrono::hours(24);
    journal_.reset();
    journal_ = must(open_journal(options_));
    append(*journal_, stream_, numbered("e", 2));
    DeliveryRow resolved;
    resolved.lane = lane_;
    resolved.item = {1, 0};
    resolved.state = DeliveryState::resolved;
    commit({.rows = {resolved},
            .progress = {{lane_, 2, {}, 1, 0, 0, 1}},
            .notes = {note("n-0", {0, 0}, "note", "delivered"), note("n-1", {1, 0}, "resolve", "closed by hand")}});
    for (int i = 0; i < 3; ++i) rotate();
    ASSERT_GT(must(journal_->stream_info(stream_)).begin, 1u) << "the records are gone";
    EXPECT_TRUE(must(inspector()->notes(lane_, {0, 0})).empty());
    EXPECT_EQ(must(inspector()->notes(lane_, {1, 0})).size(), 1u);
}

}  // namespace
}  // namespace weir::journal::testing
