// The three kinds of documents as Tryton keeps them: how one is written, found and compared.
#pragma once

#include <weir/call.hpp>

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "directory.hpp"
#include "document.hpp"
#include "rpc.hpp"

namespace tryton {

enum class State { draft, posted, cancelled };

// A document that Tryton has under one of our references.
struct Found {
    std::string ref;
    std::int64_t id = 0;
    State state = State::draft;
    std::string number;  // "": not numbered yet
    std::string name;    // customers only, as the next ones are of invoices and entries
    std::string date;
    std::string party;
    std::string currency;
    weir::Decimal subtotal;
    weir::Decimal total;
};

// One thread at a time.
class Model {
  public:
    Model(Rpc& rpc, Directory& directory, const Config& config) noexcept
        : rpc_(rpc), directory_(directory), config_(config) {}
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;
    virtual ~Model() = default;

    [[nodiscard]] virtual std::string_view name() const noexcept = 0;  // "account.move"
    // Is there a draft first, and a post that makes it final?
    [[nodiscard]] virtual bool has_drafts() const noexcept { return true; }

    // Looks up what all of these need, a call for each kind of thing.
    [[nodiscard]] virtual weir::Status load(const weir::Call& call, std::span<const Document* const> documents) = 0;
    // The values of create() as JSON. `rejected` when something in it has no counterpart in Tryton. load() first.
    [[nodiscard]] virtual weir::Result<std::string> values(const weir::Call& call, const Document& document) = 0;
    // Everything Tryton has under these references, cancelled ones included.
    [[nodiscard]] virtual weir::Result<std::vector<Found>> search(const weir::Call& call,
                                                                  const std::set<std::string>& refs) = 0;
    // What differs between the two; "" when the content is the same.
    [[nodiscard]] virtual weir::Result<std::string> difference(const weir::Call& call, const Found& found,
                                                               const Document& document) = 0;
    // What Tryton computed against what the document says; "" when they agree.
    [[nodiscard]] virtual std::string miscalculation(const Found&, const Document&) const { return {}; }

    [[nodiscard]] std::string method(std::string_view verb) const {
        return "model." + std::string(name()) + '.' + std::string(verb);
    }
    // "account.move,17": what Tryton itself calls a reference to a document.
    [[nodiscard]] std::string handle(std::int64_t id) const { return std::string(name()) + ',' + std::to_string(id); }

  protected:
    // search_read of everything whose `field` is one of `refs`, in the company when `per_company`.
    [[nodiscard]] weir::Result<weir::JsonValue> search_refs(const weir::Call& call, std::string_view field,
                                                            const std::set<std::string>& refs, bool per_company,
                                                            std::span<const std::string_view> fields);
    // search_read of the lines of document `id`.
    [[nodiscard]] weir::Result<weir::JsonValue> search_lines(const weir::Call& call, std::string_view model,
                                                             std::string_view parent, std::int64_t id,
                                                             std::span<const std::string_view> fields);
    [[nodiscard]] weir::Result<std::int64_t> id_of(Table table, const std::string& name) const {
        WEIR_TRY(const Row row, directory_.find(table, name));
        return row.id;
    }
    [[nodiscard]] const Config& config() const noexcept { return config_; }
    [[nodiscard]] Directory& directory() noexcept { return directory_; }
    [[nodiscard]] const Directory& directory() const noexcept { return directory_; }

  private:
    Rpc& rpc_;
    Directory& directory_;
    const Config& config_;
};

[[nodiscard]] std::unique_ptr<Model> make_model(Kind kind, Rpc& rpc, Directory& directory, const Config& config);

// The text at `key`; "" when there is none.
[[nodiscard]] inline std::string text_at(const weir::JsonValue& row, std::string_view key) {
    return std::string(row[key].string().value_or(""));
}

// "party is \"C-1\" in Tryton, \"C-2\" in the record"
[[nodiscard]] std::string differs(std::string_view what, std::string_view there, std::string_view here);

}  // namespace tryton
