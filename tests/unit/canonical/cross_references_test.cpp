// One external id, one canonical id; whatever else happens, and whoever writes at the same time.

#include "runtime/canonical/cross_references.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

namespace weir::canonical {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const ChangedBy kMia{"cli:mia", "CRM export of June"};

Link acme(std::string system, std::string id, std::string canonical = "weir:customer:ACME") {
    return {{std::move(system), "prod", "customer", std::move(id)}, std::move(canonical)};
}

class CrossReferencesTest : public ::testing::Test {
  protected:
    CrossReferencesTest() {
        char path[] = "/tmp/weir-xref-XXXXXX";
        if (mkdtemp(path) != nullptr) dir_ = path;
        references_ = open();
    }
    ~CrossReferencesTest() override {
        references_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(dir_, ignored);
    }
    [[nodiscard]] std::unique_ptr<CrossReferences> open() const {
        auto opened = CrossReferences::open(dir_ / "xref.db", clock_);
        EXPECT_TRUE(opened.ok()) << opened.error().message;
        return std::move(opened).value();
    }
    std::string canonical(const char* system, const char* id) {
        const auto found = references_->canonical_id(system, "prod", "customer", id);
        return found.ok() ? *found : std::string(to_string(found.error().errc));
    }
    std::string external(const char* system, const char* canonical) {
        const auto found = references_->external_id(system, "prod", "customer", canonical);
        return found.ok() ? *found : std::string(to_string(found.error().errc));
    }

    std::filesystem::path dir_;
    ManualClock clock_{1'780'000'000'000'000'000};
    std::unique_ptr<CrossReferences> references_;
};

TEST_F(CrossReferencesTest, finds_both_ways_also_after_a_restart) {
    ASSERT_TRUE(references_->link(acme("crm", "cus_acme"), kMia).ok());
    ASSERT_TRUE(references_->link(acme("erp", "C-1001"), kMia).ok());
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(canonical("crm", "cus_acme"), "weir:customer:ACME");
        EXPECT_EQ(canonical("erp", "C-1001"), "weir:customer:ACME");
        EXPECT_EQ(external("erp", "weir:customer:ACME"), "C-1001");
        EXPECT_EQ(canonical("erp", "cus_acme"), "not_found");
        EXPECT_EQ(external("billing", "weir:customer:ACME"), "not_found");
        references_ = open();
    }
    const auto missing = references_->canonical_id("erp", "prod", "customer", "X");
    EXPECT_EQ(missing.error().message, "customer \"X\" of \"erp/prod\" has no canonical id");
    EXPECT_EQ(missing.error().code, "XREF_UNKNOWN");
}

TEST_F(CrossReferencesTest, tells_environments_and_types_apart) {
    Link sandbox = acme("erp", "C-1001", "weir:customer:TEST");
    sandbox.external.environment = "sandbox";
    Link vendor = acme("erp", "C-1001", "weir:vendor:ACME");
    vendor.external.type = "vendor";
    for (const Link& link : {acme("erp", "C-1001"), sandbox, vendor}) {
        EXPECT_TRUE(references_->link(link, kMia).ok());
    }
    EXPECT_EQ(canonical("erp", "C-1001"), "weir:customer:ACME");
    EXPECT_EQ(*references_->canonical_id("erp", "sandbox", "customer", "C-1001"), "weir:customer:TEST");
    EXPECT_EQ(*references_->canonical_id("erp", "prod", "vendor", "C-1001"), "weir:vendor:ACME");
}

TEST_F(CrossReferencesTest, refuses_a_second_canonical_id_and_names_both) {
    ASSERT_TRUE(references_->link(acme("erp", "C-1001"), kMia).ok());
    const auto second = references_->link(acme("erp", "C-1001", "weir:customer:GLOBEX"), kMia);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().errc, Errc::conflict);
    EXPECT_THAT(second.error().message, HasSubstr("\"weir:customer:ACME\""));
    EXPECT_THAT(second.error().message, HasSubstr("\"weir:customer:GLOBEX\""));
    // Asking for several does not help: that is about the other direction.
    EXPECT_FALSE(references_->link(acme("erp", "C-1001", "weir:customer:GLOBEX"), kMia, true).ok());
    EXPECT_EQ(canonical("erp", "C-1001"), "weir:customer:ACME");
}

TEST_F(CrossReferencesTest, takes_a_further_external_id_only_when_asked_to) {
    ASSERT_TRUE(references_->link(acme("erp", "C-1001"), kMia).ok());
    const auto further = references_->link(acme("erp", "C-2002"), kMia);
    ASSERT_FALSE(further.ok());
    EXPECT_EQ(further.error().errc, Errc::conflict);
    EXPECT_THAT(further.error().message, HasSubstr("\"C-1001\""));
    EXPECT_THAT(further.error().message, HasSubstr("\"C-2002\""));
    ASSERT_TRUE(references_->link(acme("erp", "C-2002"), kMia, true).ok());
    EXPECT_EQ(canonical("erp", "C-2002"), "weir:customer:ACME");
    EXPECT_EQ(external("erp", "weir:customer:ACME"), "C-1001") << "the first stays the one given out";
    // The one given out cannot go before its alternates.
    const auto early = references_->unlink(acme("erp", "C-1001").external, kMia);
    ASSERT_FALSE(early.ok());
    EXPECT_EQ(early.error().errc, Errc::conflict);
    EXPECT_THAT(early.error().message, HasSubstr("C-2002"));
    EXPECT_TRUE(references_->unlink(acme("erp", "C-2002").external, kMia).ok());
    EXPECT_TRUE(references_->unlink(acme("erp", "C-1001").external, kMia).ok());
    EXPECT_EQ(external("erp", "weir:customer:ACME"), "not_found");
}

TEST_F(CrossReferencesTest, linking_again_changes_nothing) {
    ASSERT_TRUE(references_->link(acme("erp", "C-1001"), kMia).ok());
    const Link links[] = {acme("erp", "C-1001"), acme("crm", "cus_acme")};
    const auto linked = references_->link_all(links, kMia);
    ASSERT_TRUE(linked.ok());
    EXPECT_EQ(linked->added, 1U);
    EXPECT_EQ(linked->present, 1U);
    EXPECT_EQ(references_->history({})->size(), 2U);
}

TEST_F(CrossReferencesTest, writes_all_of_several_or_nothing) {
    const Link links[] = {acme("erp", "C-1001"), acme("erp", "C-1001", "weir:customer:GLOBEX"), acme("erp", ""),
                          acme("crm", "x", "ACME")};
    const auto linked = references_->link_all(links, kMia);
    ASSERT_TRUE(linked.ok());
    ASSERT_EQ(linked->problems.size(), 3U);
    EXPECT_EQ(linked->problems[0].first, 1U);
    EXPECT_EQ(linked->problems[2].second.message,
              "canonical id: found \"ACME\", expected one like \"weir:customer:ACME\"");
    EXPECT_EQ(canonical("erp", "C-1001"), "not_found");
    EXPECT_TRUE(references_->history({})->empty());
}

TEST_F(CrossReferencesTest, keeps_who_when_and_why) {
    ASSERT_TRUE(references_->link(acme("erp", "C-1001"), kMia).ok());
    clock_.advance(1'000);
    ASSERT_TRUE(references_->unlink(acme("erp", "C-1001").external, {"token:crm", "wrong customer"}).ok());
    EXPECT_FALSE(references_->link(acme("erp", "C-1001"), {"", "x"}).ok());
    EXPECT_FALSE(references_->link(acme("erp", "C-1001"), {"x", ""}).ok());
    const auto history = references_->history({});
    ASSERT_TRUE(history.ok());
    ASSERT_EQ(history->size(), 2U);
    EXPECT_EQ((*history)[0].action, "unlink");
    EXPECT_EQ((*history)[0].by.who, "token:crm");
    EXPECT_EQ((*history)[0].by.why, "wrong customer");
    EXPECT_EQ((*history)[0].at_wall_ns, (*history)[1].at_wall_ns + 1'000);
    EXPECT_EQ((*history)[1].link.external, acme("erp", "C-1001").external);
    // Nobody rewrites it, not even with a database tool.
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open((dir_ / "xref.db").c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, "UPDATE history SET who = 'x'", nullptr, nullptr, nullptr), SQLITE_CONSTRAINT);
    EXPECT_EQ(sqlite3_exec(db, "DELETE FROM history", nullptr, nullptr, nullptr), SQLITE_CONSTRAINT);
    sqlite3_close(db);
}

TEST_F(CrossReferencesTest, lists_by_any_part) {
    ASSERT_TRUE(references_->link(acme("erp", "C-1001"), kMia).ok());
    ASSERT_TRUE(references_->link(acme("crm", "cus_acme"), kMia).ok());
    ASSERT_TRUE(references_->link(acme("erp", "C-1002", "weir:customer:GLOBEX"), kMia).ok());
    const auto ids = [&](const LinkFilter& filter) {
        std::vector<std::string> made;
        const auto links = references_->list(filter);
        for (const Link& link : *links) made.push_back(link.external.id);
        return made;
    };
    EXPECT_THAT(ids({}), ElementsAre("cus_acme", "C-1001", "C-1002"));
    EXPECT_THAT(ids({.system = "erp"}), ElementsAre("C-1001", "C-1002"));
    EXPECT_THAT(ids({.canonical = "weir:customer:ACME"}), ElementsAre("cus_acme", "C-1001"));
    EXPECT_THAT(ids({.id = "C-1002"}), ElementsAre("C-1002"));
    EXPECT_THAT(ids({.limit = 1}), ElementsAre("cus_acme"));
}

// What another process writes is seen although answers are kept.
TEST_F(CrossReferencesTest, sees_what_others_write) {
    const auto other = open();
    EXPECT_EQ(canonical("erp", "C-1001"), "not_found");
    ASSERT_TRUE(other->link(acme("erp", "C-1001"), kMia).ok());
    EXPECT_EQ(canonical("erp", "C-1001"), "weir:customer:ACME") << "a new link at once";
    ASSERT_TRUE(other->unlink(acme("erp", "C-1001").external, kMia).ok());
    ASSERT_TRUE(other->link(acme("erp", "C-1001", "weir:customer:GLOBEX"), kMia).ok());
    clock_.advance(CrossReferences::kTrustedForNs - 1);
    EXPECT_EQ(canonical("erp", "C-1001"), "weir:customer:ACME") << "not asked yet";
    clock_.advance(1);
    EXPECT_EQ(canonical("erp", "C-1001"), "weir:customer:GLOBEX");
    EXPECT_EQ(external("erp", "weir:customer:ACME"), "not_found");
    EXPECT_EQ(external("erp", "weir:customer:GLOBEX"), "C-1001");
}

TEST_F(CrossReferencesTest, sees_its_own_changes_at_once) {
    ASSERT_TRUE(references_->link(acme("erp", "C-1001"), kMia).ok());
    EXPECT_EQ(canonical("erp", "C-1001"), "weir:customer:ACME");
    ASSERT_TRUE(references_->unlink(acme("erp", "C-1001").external, kMia).ok());
    EXPECT_EQ(canonical("erp", "C-1001"), "not_found");
    EXPECT_EQ(external("erp", "weir:customer:ACME"), "not_found");
}

TEST_F(CrossReferencesTest, lets_one_of_several_writers_win) {
    constexpr int kIds = 50;
    std::atomic<int> won{0};
    std::atomic<int> refused{0};
    const auto writer = [&](const std::string& canonical_id) {
        const auto own = open();
        for (int i = 0; i < kIds; ++i) {
            // Each id is its own customer: only the external id is fought for.
            const auto done = own->link(acme("erp", std::to_string(i), canonical_id + std::to_string(i)), kMia);
            if (!done.ok()) {
                EXPECT_EQ(done.error().errc, Errc::conflict) << done.error().message;
            }
            ++(done.ok() ? won : refused);
        }
    };
    const auto reader = [&] {
        for (int i = 0; i < kIds * 4; ++i) {
            const auto found = references_->canonical_id("erp", "prod", "customer", std::to_string(i % kIds));
            if (!found.ok()) {
                EXPECT_EQ(found.error().errc, Errc::not_found) << found.error().message;
            }
        }
    };
    {
        std::vector<std::jthread> threads;
        threads.emplace_back(writer, "weir:customer:A");
        threads.emplace_back(writer, "weir:customer:B");
        threads.emplace_back(reader);
        threads.emplace_back(reader);
    }
    EXPECT_EQ(won, kIds);
    EXPECT_EQ(refused, kIds);
    const auto history = references_->history({});
    EXPECT_EQ(history->size(), static_cast<std::size_t>(kIds));
}

TEST_F(CrossReferencesTest, leaves_files_of_others_alone) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open((dir_ / "other.db").c_str(), &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA application_id = 7", nullptr, nullptr, nullptr);
    sqlite3_close(db);
    std::ofstream(dir_ / "text.db") << std::string(4096, 'x');
    const auto other = CrossReferences::open(dir_ / "other.db", clock_);
    ASSERT_FALSE(other.ok());
    EXPECT_THAT(other.error().message, HasSubstr("of another program"));
    const auto text = CrossReferences::open(dir_ / "text.db", clock_);
    ASSERT_FALSE(text.ok());
    EXPECT_EQ(text.error().errc, Errc::corrupt);
    EXPECT_FALSE(CrossReferences::open(dir_ / "none" / "xref.db", clock_).ok());
}

}  // namespace
}  // namespace weir::canonical
