// The models themselves; everybody else uses Model.
#pragma once

#include "model.hpp"

namespace tryton {

// party.party; its `code` is unique and is the reference. Created at once, without a draft.
class CustomerModel final : public Model {
  public:
    using Model::Model;
    [[nodiscard]] std::string_view name() const noexcept override { return "party.party"; }
    [[nodiscard]] bool has_drafts() const noexcept override { return false; }
    [[nodiscard]] weir::Status load(const weir::Call& call, std::span<const Document* const> documents) override;
    [[nodiscard]] weir::Result<std::string> values(const weir::Call& call, const Document& document) override;
    [[nodiscard]] weir::Result<std::vector<Found>> search(const weir::Call& call,
                                                          const std::set<std::string>& refs) override;
    [[nodiscard]] weir::Result<std::string> difference(const weir::Call& call, const Found& found,
                                                       const Document& document) override;
};

// account.invoice of type "out"; `reference` has the reference, and is not unique.
class InvoiceModel final : public Model {
  public:
    using Model::Model;
    [[nodiscard]] std::string_view name() const noexcept override { return "account.invoice"; }
    [[nodiscard]] weir::Status load(const weir::Call& call, std::span<const Document* const> documents) override;
    [[nodiscard]] weir::Result<std::string> values(const weir::Call& call, const Document& document) override;
    [[nodiscard]] weir::Result<std::vector<Found>> search(const weir::Call& call,
                                                          const std::set<std::string>& refs) override;
    [[nodiscard]] weir::Result<std::string> difference(const weir::Call& call, const Found& found,
                                                       const Document& document) override;
    [[nodiscard]] std::string miscalculation(const Found& found, const Document& document) const override;

  private:
    [[nodiscard]] std::string receivable() const;
    [[nodiscard]] weir::Status write_line(weir::JsonWriter& out, const InvoiceLine& line, std::int64_t currency) const;
};

// account.move; `description` is all there is for the reference, and is not unique.
class EntryModel final : public Model {
  public:
    using Model::Model;
    [[nodiscard]] std::string_view name() const noexcept override { return "account.move"; }
    [[nodiscard]] weir::Status load(const weir::Call& call, std::span<const Document* const> documents) override;
    [[nodiscard]] weir::Result<std::string> values(const weir::Call& call, const Document& document) override;
    [[nodiscard]] weir::Result<std::vector<Found>> search(const weir::Call& call,
                                                          const std::set<std::string>& refs) override;
    [[nodiscard]] weir::Result<std::string> difference(const weir::Call& call, const Found& found,
                                                       const Document& document) override;

  private:
    [[nodiscard]] weir::Status write_line(weir::JsonWriter& out, const EntryLine& line) const;
};

}  // namespace tryton
