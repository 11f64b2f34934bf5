// Every entry of the catalogue, by the sentence that Tryton 6.0 really says.
#include "catalogue.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <weir/plugin.hpp>

#include <map>

namespace tryton {
namespace {

using nlohmann::json;
using weir::Errc;

struct Said {
    const char* text;
    Errc errc;
    const char* code;
};

// From message.xml of trytond 6.0 and its modules account and account_invoice, with values filled in.
constexpr Said kUserErrors[] = {
    {R"(The value for field "Period" in "Account Move" is not valid according to its domain.)", Errc::rejected,
     "PERIOD_CLOSED"},
    {R"(You cannot create a journal-period in closed period "2026-05".)", Errc::rejected, "PERIOD_CLOSED"},
    {R"(You cannot add/modify/delete lines on closed journal-period "GEN - 2026-05".)", Errc::rejected,
     "PERIOD_CLOSED"},
    {R"(You cannot add/modify/delete tax lines in closed period "2026-05".)", Errc::rejected, "PERIOD_CLOSED"},
    {R"(To continue, you must create a period for the date "05/10/2026".)", Errc::rejected, "PERIOD_CLOSED"},
    {R"(To continue, you must create a fiscal year for the date "05/10/2031".)", Errc::rejected, "PERIOD_CLOSED"},
    {R"(The date of move "4" is outside the period, you must change the date or the period.)", Errc::rejected,
     "PERIOD_CLOSED"},
    {R"(The value for field "Account" in "Account Move Line" is not valid according to its domain.)", Errc::rejected,
     "ACCOUNT_BLOCKED"},
    {R"(The value for field "Account" in "Invoice Line" is not valid according to its domain.)", Errc::rejected,
     "ACCOUNT_BLOCKED"},
    {R"(To create a line on account "4020 - Revenue", you must set a type or unclose it.)", Errc::rejected,
     "ACCOUNT_BLOCKED"},
    {R"(You cannot use the same account "1100" on invoice "1" and on line "x".)", Errc::rejected, "ACCOUNT_BLOCKED"},
    {R"(A value is required for field "Party" in "Account Move Line".)", Errc::rejected, "PARTY_MISSING"},
    {R"(To create a line on account "1100", you must set a party on line "7".)", Errc::rejected, "PARTY_MISSING"},
    {R"(To create a line on account "4020", you must remove the party on line "7".)", Errc::rejected,
     "PARTY_NOT_ALLOWED"},
    {R"(To post move "3", you must balance all its lines debits and credits.)", Errc::rejected, "UNBALANCED"},
    {"The number of digits in the value \"Decimal('10.001')\" for field \"Credit\" in \"Account Move Line\" "
     "exceeds the limit of \"2\".",
     Errc::rejected, "TOO_MANY_DECIMALS"},
    {"To number the invoice \"7\", you must set an accounting date after \"05/10/2026\" because the sequence "
     "\"Inv\" has already been used for invoice \"8\".",
     Errc::rejected, "OUT_OF_ORDER"},
    {R"(To post invoice "7", you must define a sequence on fiscal year "2026".)", Errc::rejected, "SEQUENCE_MISSING"},
    {R"(A value is required for field "Name" in "Party".)", Errc::rejected, "VALUE_MISSING"},
    {R"(You cannot modify posted move "2".)", Errc::unavailable, "ALREADY_POSTED"},
    {R"(You cannot modify invoice "I-1" because it is posted, paid or cancelled.)", Errc::unavailable,
     "ALREADY_POSTED"},
    {R"(The code on party must be unique.)", Errc::unavailable, "ALREADY_POSTED"},
    {R"(You are trying to read records "999" of "Period" that don't exist anymore.)", Errc::unavailable,
     "STALE_REFERENCE"},
    {R"(You are not allowed to access "Account Move".)", Errc::rejected, "ACCESS_DENIED"},
    {R"(A sentence of some other module.)", Errc::rejected, "TRYTON_REFUSED"},
};

constexpr Said kFaults[] = {
    {"could not serialize access due to concurrent update", Errc::unavailable, "CONCURRENCY"},
    {"could not obtain lock on row in relation \"ir_sequence\"", Errc::unavailable, "LOCKED"},
    {"deadlock detected", Errc::unavailable, "LOCKED"},
    {"canceling statement due to lock timeout", Errc::unavailable, "LOCKED"},
    {"database is locked", Errc::unavailable, "LOCKED"},
    {"Database '/var/lib/tryton/books.sqlite' doesn't exist!", Errc::unavailable, "DATABASE_MISSING"},
};

weir::Error classified(const json& error, Effect effect = Effect::write) {
    const std::string text = error.dump();
    weir::JsonParser parser;
    return classify(parser.parse(text).value(), effect);
}

TEST(Catalogue, knows_what_tryton_says_to_users) {
    for (const Said& said : kUserErrors) {
        const weir::Error error = classified({"UserError", {said.text, "", nullptr}});
        EXPECT_EQ(error.code, said.code) << said.text;
        EXPECT_EQ(error.errc, said.errc) << said.text;
        EXPECT_EQ(error.message, said.text);
    }
}

TEST(Catalogue, knows_faults_of_the_database) {
    for (const Said& said : kFaults) {
        const weir::Error error = classified({said.text, ""});
        EXPECT_EQ(error.code, said.code) << said.text;
        EXPECT_EQ(error.errc, said.errc) << said.text;
        EXPECT_EQ(error.message, said.text);
    }
}

template <std::size_t N>
bool exercised(const Rule& rule, const Said (&sentences)[N]) {
    const std::string_view first = rule.pattern.substr(0, rule.pattern.find('*'));
    for (const Said& said : sentences) {
        if (said.code == rule.code && std::string_view(said.text).find(first) != std::string_view::npos) return true;
    }
    return false;
}

TEST(Catalogue, has_no_entry_without_a_sentence) {
    for (const Rule& rule : user_errors()) EXPECT_TRUE(exercised(rule, kUserErrors)) << rule.pattern;
    for (const Rule& rule : faults()) EXPECT_TRUE(exercised(rule, kFaults)) << rule.pattern;
}

TEST(Catalogue, joins_message_and_description) {
    EXPECT_EQ(classified({"UserError", {"Message.", "Description.", nullptr}}).message, "Message.: Description.");
}

TEST(Catalogue, takes_concurrency_for_not_done) {
    EXPECT_EQ(classified({"ConcurrencyException", "Records have been modified"}).errc, Errc::unavailable);
}

TEST(Catalogue, cannot_tell_what_an_unknown_fault_left) {
    const json fault{"'refrence'", ""};
    EXPECT_EQ(classified(fault, Effect::write).errc, Errc::unknown);
    EXPECT_EQ(classified(fault, Effect::read).errc, Errc::unavailable);
    EXPECT_EQ(classified(fault, Effect::write).code, "TRYTON_FAULT");
    EXPECT_EQ(classified(json{{"odd", 1}}).code, "TRYTON_FAULT");
}

TEST(Catalogue, says_whose_business_a_rejection_is) {
    EXPECT_EQ(class_of("PERIOD_CLOSED"), weir::ErrorClass::business);
    EXPECT_EQ(class_of("ACCESS_DENIED"), weir::ErrorClass::technical);
}

// The manifest and the code must not drift apart.
TEST(Catalogue, is_in_the_manifest) {
    const json manifest = json::parse(
        std::string_view(weir_manifest_begin, static_cast<std::size_t>(weir_manifest_end - weir_manifest_begin)));
    std::map<std::string, std::string> classes;
    for (const json& error : manifest["errors"]) classes[error["code"]] = error["class"];
    for (const auto rules : {user_errors(), faults()}) {
        for (const Rule& rule : rules) {
            const auto found = classes.find(std::string(rule.code));
            ASSERT_NE(found, classes.end()) << rule.code;
            if (rule.errc != Errc::rejected) continue;
            EXPECT_EQ(found->second == "business", class_of(rule.code) == weir::ErrorClass::business) << rule.code;
        }
    }
}

}  // namespace
}  // namespace tryton
