#include "idempotency.hpp"

#include "source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <weir/testing.hpp>

extern const weir_component source;

namespace http_plugin {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using weir::testing::FakeHost;
using weir::testing::FakeListener;
using weir::testing::Harness;
using weir::testing::Reply;
using weir::testing::Submit;

std::string event(const std::string& id, int value = 1) {
    return R"({"specversion":"1.0","id":")" + id + R"(","source":"s","type":"t","data":)" + std::to_string(value) + "}";
}

// ---------------------------------------------------------------------------------------------- the field

TEST(IdempotencyKeyField, is_a_string_or_a_token) {
    EXPECT_EQ(parse_idempotency_key(R"("8e03978e-40d5-43dd-bc93-6894a57f9324")"),
              "8e03978e-40d5-43dd-bc93-6894a57f9324");
    EXPECT_EQ(parse_idempotency_key("8e03978e-40d5-43dd-bc93-6894a57f9324"), "8e03978e-40d5-43dd-bc93-6894a57f9324");
    EXPECT_EQ(parse_idempotency_key(R"("a \"b\" \\ c")"), R"(a "b" \ c)");
    EXPECT_EQ(parse_idempotency_key("\"" + std::string(255, 'x') + "\""), std::string(255, 'x'));
}

TEST(IdempotencyKeyField, is_refused_when_it_is_neither) {
    for (const char* field : {"", "\"", "\"\"", "\"a", "a b", "a\"", "\"a\"b\"", R"("a\n")", R"("a\")", "\"\x7f\"",
                              "\"\xc3\xa4\"", "a;b=1", "a,b", "\"a\";q=1"}) {
        EXPECT_EQ(parse_idempotency_key(field), std::nullopt) << field;
    }
    EXPECT_EQ(parse_idempotency_key("\"" + std::string(256, 'x') + "\""), std::nullopt);
}

TEST(RequestFingerprint, covers_what_becomes_the_record_and_nothing_else) {
    const auto of = [](std::vector<std::pair<std::string, std::string>> headers, const std::string& body) {
        std::vector<weir_attr> attrs;
        for (const auto& [name, value] : headers) attrs.push_back({to_str(name), to_str(value)});
        return request_fingerprint(attrs, body);
    };
    const std::string one = of({{"content-type", "a/b"}, {"ce-id", "1"}, {"ce-type", "t"}}, "body");
    EXPECT_EQ(one, of({{"ce-type", "t"}, {"ce-id", "1"}, {"content-type", "a/b"}, {"date", "today"}}, "body"));
    EXPECT_NE(one, of({{"content-type", "a/b"}, {"ce-id", "1"}, {"ce-type", "t"}}, "body2"));
    EXPECT_NE(one, of({{"content-type", "a/b"}, {"ce-id", "2"}, {"ce-type", "t"}}, "body"));
    EXPECT_NE(one, of({{"content-type", "a/c"}, {"ce-id", "1"}, {"ce-type", "t"}}, "body"));
    EXPECT_NE(of({{"ce-a", "bc"}}, ""), of({{"ce-ab", "c"}}, ""));
}

// ---------------------------------------------------------------------------------------------- which are known

TEST(IdempotencyKeys, knows_the_last_ones_and_forgets_the_others) {
    IdempotencyKeys keys(3);
    for (const char* key : {"a", "b", "c", "d"}) {
        const auto claim = keys.claim(key, "f");
        ASSERT_EQ(claim.use, KeyUse::fresh) << key;
        keys.done(claim.sequence, "told");
    }
    EXPECT_EQ(keys.claim("d", "f").use, KeyUse::answered);
    EXPECT_EQ(keys.claim("b", "g").use, KeyUse::reused);
    EXPECT_EQ(keys.claim("a", "g").use, KeyUse::fresh) << "three are kept";
    EXPECT_EQ(keys.claim("a", "g").use, KeyUse::in_progress);
}

TEST(IdempotencyKeys, are_the_same_after_their_cursors_were_loaded_in_any_order) {
    IdempotencyKeys keys(4);
    std::map<std::string, std::string> cursors;
    for (int i = 0; i < 10; ++i) {
        const auto claim = keys.claim("k" + std::to_string(i), std::string(32, static_cast<char>('0' + i)));
        const auto place = keys.place(claim.sequence, i == 9 ? "" : "told " + std::to_string(i));
        cursors[place.partition] = place.cursor;
        keys.done(claim.sequence, "told");
    }
    EXPECT_EQ(cursors.size(), 4u);
    for (const bool backwards : {false, true}) {
        IdempotencyKeys again(4);
        again.load("somebody's", "cursor");
        again.load("idempotency-key/1", "too short");
        std::vector<std::pair<std::string, std::string>> order(cursors.begin(), cursors.end());
        if (backwards) std::reverse(order.begin(), order.end());
        for (const auto& [partition, cursor] : order) again.load(partition, cursor);
        EXPECT_EQ(again.claim("k8", std::string(32, '8')).answer, "told 8");
        EXPECT_EQ(again.claim("k7", std::string(32, 'x')).use, KeyUse::reused);
        EXPECT_EQ(again.claim("k9", std::string(32, 'x')).use, KeyUse::reused);
        const auto repeated = again.claim("k9", std::string(32, '9'));
        EXPECT_EQ(repeated.use, KeyUse::fresh) << "its answer is not known";
        again.forget(repeated.sequence);
        EXPECT_EQ(again.claim("k9", std::string(32, 'x')).use, KeyUse::reused) << "but its records are there";
        EXPECT_EQ(again.claim("k5", std::string(32, 'x')).use, KeyUse::fresh);
    }
}

// ---------------------------------------------------------------------------------------------- the source

class Keyed {
  public:
    explicit Keyed(const char* mode = "required", json more = json::object())
        : harness_(host, ::source, config(mode, more)) {
        EXPECT_TRUE(harness_) << harness_.error.message;
    }
    static json config(const char* mode, json more) {
        more.update({{"path", "/in"}, {"idempotency_key", mode}});
        return more;
    }
    // As the host does with what the journal has.
    void resume(const std::vector<Submit>& submits) {
        std::map<std::string, std::string> cursors;
        for (const Submit& one : submits) {
            if (!one.partition.empty()) cursors[one.partition] = one.cursor;
        }
        for (const auto& [partition, cursor] : cursors) EXPECT_EQ(harness_.resume(partition, cursor), WEIR_OK);
    }
    void start() { EXPECT_EQ(harness_.start(), WEIR_OK) << harness_.error.message; }
    std::uint64_t begin(const std::string& key, const std::string& body, const std::string& type) {
        FakeListener::Incoming request;
        request.path = "/in";
        request.headers = {{"content-type", type}, {"content-length", std::to_string(body.size())}};
        if (!key.empty()) request.headers.emplace_back("idempotency-key", key);
        request.body = body;
        return host.listener.send(std::move(request));
    }
    Reply reply(std::uint64_t id) { return host.listener.reply(id).value_or(Reply{.status = 0}); }
    Reply send(const std::string& key, const std::string& body,
               const std::string& type = "application/cloudevents+json") {
        const std::uint64_t id = begin(key, body, type);
        harness_.ack_all();
        return reply(id);
    }
    static std::string code(const Reply& reply) { return json::parse(reply.body).value("code", ""); }

    FakeHost host;
    Harness harness_;
};

constexpr const char* kBatch = "application/cloudevents-batch+json";

TEST(IdempotencyKeySource, wants_a_key_where_one_is_required) {
    Keyed keyed;
    keyed.start();
    const Reply missing = keyed.send("", event("1"));
    EXPECT_EQ(missing.status, 400);
    EXPECT_EQ(Keyed::code(missing), "IDEMPOTENCY_KEY_MISSING");
    const Reply invalid = keyed.send("\"open", event("1"));
    EXPECT_EQ(invalid.status, 400);
    EXPECT_EQ(Keyed::code(invalid), "IDEMPOTENCY_KEY_INVALID");
    EXPECT_TRUE(keyed.harness_.submits.empty());
    Keyed optional("optional");
    optional.start();
    EXPECT_EQ(optional.send("", event("1")).status, 202);
    EXPECT_EQ(optional.send("", event("1")).status, 202);
    EXPECT_EQ(optional.harness_.submits.size(), 2u);
    EXPECT_TRUE(optional.harness_.submits[0].partition.empty());
    Keyed off("off");
    off.start();
    EXPECT_EQ(off.send("\"open", event("1")).status, 202);
}

TEST(IdempotencyKeySource, answers_a_repeated_request_as_the_first_one_and_takes_it_once) {
    Keyed keyed;
    keyed.start();
    const Reply first = keyed.send("\"k\"", event("1"));
    EXPECT_EQ(first.status, 202);
    for (const char* key : {"\"k\"", "k"}) {
        const Reply again = keyed.send(key, event("1"));
        EXPECT_EQ(again.status, first.status);
        EXPECT_EQ(again.body, first.body);
    }
    EXPECT_EQ(keyed.harness_.submits.size(), 1u);
    EXPECT_EQ(keyed.send("\"other\"", event("1")).status, 202);
    EXPECT_EQ(keyed.harness_.submits.size(), 2u);
}

TEST(IdempotencyKeySource, refuses_a_key_with_another_request_and_takes_nothing_of_it) {
    Keyed keyed;
    keyed.start();
    ASSERT_EQ(keyed.send("k", event("1")).status, 202);
    const Reply reused = keyed.send("k", event("1", 2));
    EXPECT_EQ(reused.status, 422);
    EXPECT_EQ(Keyed::code(reused), "IDEMPOTENCY_KEY_REUSED");
    EXPECT_EQ(keyed.harness_.submits.size(), 1u);
}

TEST(IdempotencyKeySource, refuses_a_key_while_its_request_is_worked_on) {
    Keyed keyed;
    keyed.start();
    const std::uint64_t first = keyed.begin("k", event("1"), "application/cloudevents+json");
    const std::uint64_t second = keyed.begin("k", event("1"), "application/cloudevents+json");
    EXPECT_EQ(keyed.reply(second).status, 409);
    EXPECT_EQ(Keyed::code(keyed.reply(second)), "IDEMPOTENCY_KEY_IN_USE");
    keyed.harness_.ack_all();
    EXPECT_EQ(keyed.reply(first).status, 202);
    EXPECT_EQ(keyed.send("k", event("1")).body, keyed.reply(first).body);
}

TEST(IdempotencyKeySource, forgets_a_key_of_which_nothing_was_taken) {
    Keyed keyed;
    keyed.start();
    EXPECT_EQ(keyed.send("k", "{").status, 400);
    keyed.harness_.inlet_full = true;
    EXPECT_EQ(keyed.send("k", event("1")).status, 503);
    keyed.harness_.inlet_full = false;
    keyed.harness_.busy_submits = 1;
    EXPECT_EQ(keyed.send("k", event("2")).status, 503);
    keyed.harness_.busy_submits = 0;
    const std::uint64_t failed = keyed.begin("k", event("3"), "application/cloudevents+json");
    ASSERT_FALSE(keyed.harness_.submits.empty());
    keyed.harness_.ack(keyed.harness_.submits.back().token, WEIR_OUT_RETRY);
    EXPECT_EQ(keyed.reply(failed).status, 503);
    const std::uint64_t good = keyed.begin("k", event("4"), "application/cloudevents+json");
    keyed.harness_.ack(keyed.harness_.submits.back().token);
    EXPECT_EQ(keyed.reply(good).status, 202);
}

weir_outcome outcome(std::uint32_t kind, const char* code = "") {
    weir_outcome one{};
    one.struct_size = sizeof one;
    one.kind = kind;
    one.code = to_str(code);
    return one;
}

// The answer that was foreseen is stored with the records; any other before it is given.
TEST(IdempotencyKeySource, gives_the_first_answer_after_a_restart_whatever_it_was) {
    const std::string batch = "[" + event("1") + "," + event("2") + ",{}," + event("3") + "]";
    std::vector<Submit> journal;
    std::string single;
    std::string all;
    std::string mixed;
    {
        Keyed keyed;
        keyed.start();
        single = keyed.send("single", event("1")).body;
        all = keyed.send("all", "[" + event("1") + "," + event("2") + "]", kBatch).body;
        ASSERT_EQ(keyed.harness_.submits.size(), 2u) << "no second write for what was foreseen";
        const std::uint64_t id = keyed.begin("mixed", batch, kBatch);
        const std::uint64_t token = keyed.harness_.submits.back().token;
        keyed.harness_.ack(
            token, WEIR_OUT_OK, {},
            {outcome(WEIR_OUT_OK), outcome(WEIR_OUT_DUPLICATE), outcome(WEIR_OUT_REJECTED, "ID_CONFLICT")});
        EXPECT_EQ(keyed.reply(id).status, 0) << "not before it is stored";
        ASSERT_EQ(keyed.harness_.submits.size(), 4u);
        EXPECT_TRUE(keyed.harness_.submits.back().records.empty());
        keyed.harness_.ack(keyed.harness_.submits.back().token);
        EXPECT_EQ(keyed.reply(id).status, 202);
        mixed = keyed.reply(id).body;
        EXPECT_THAT(mixed, HasSubstr(R"("accepted":1,"duplicates":1,"held":1,"rejected":1)"));
        EXPECT_EQ(keyed.send("mixed", batch, kBatch).body, mixed);
        journal = keyed.harness_.submits;
    }
    Keyed keyed;
    keyed.resume(journal);
    keyed.start();
    EXPECT_EQ(keyed.send("single", event("1")).body, single);
    EXPECT_EQ(keyed.send("all", "[" + event("1") + "," + event("2") + "]", kBatch).body, all);
    EXPECT_EQ(keyed.send("mixed", batch, kBatch).body, mixed);
    EXPECT_EQ(keyed.send("mixed", event("9")).status, 422);
    EXPECT_TRUE(keyed.harness_.submits.empty()) << "nothing of all this is taken again";
    EXPECT_EQ(keyed.send("new", event("1")).status, 202);
}

TEST(IdempotencyKeySource, a_crash_before_the_answer_was_stored_leaves_the_records_to_the_journal) {
    const std::string batch = "[" + event("1") + ",{}]";
    std::vector<Submit> journal;
    {
        Keyed keyed;
        keyed.start();
        (void)keyed.begin("k", batch, kBatch);
        journal = keyed.harness_.submits;
    }
    Keyed keyed;
    keyed.resume(journal);
    keyed.start();
    EXPECT_EQ(keyed.send("k", event("1")).status, 422);
    const Reply again = keyed.send("k", batch, kBatch);
    EXPECT_EQ(again.status, 202);
    ASSERT_FALSE(keyed.harness_.submits.empty()) << "the journal knows what it repeats";
    EXPECT_EQ(keyed.harness_.submits.front().partition, journal.front().partition);
}

TEST(IdempotencyKeySource, names_plain_records_by_the_key_without_its_quotes) {
    Keyed keyed("required", {{"type", "t"}});
    keyed.start();
    EXPECT_EQ(keyed.send("\"order-7\"", R"({"a":1})", "application/json").status, 202);
    ASSERT_EQ(keyed.harness_.submits.size(), 1u);
    EXPECT_EQ(keyed.harness_.submits[0].records[0].id, "order-7");
}

}  // namespace
}  // namespace http_plugin
