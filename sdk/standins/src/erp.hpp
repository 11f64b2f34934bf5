// An ERP: unique external references, posting rules, periods, drafts, exact books.
#pragma once

#include <memory>
#include <optional>

#include "erp_document.hpp"
#include "service.hpp"

namespace weir::standin {

[[nodiscard]] Json erp_defaults();

// One thread.
class Erp final : public Service {
  public:
    Erp(Settings& settings, Store& store) : settings_(settings), store_(store) {}

    [[nodiscard]] std::vector<Endpoint> endpoints() override;

  private:
    [[nodiscard]] std::vector<Endpoint> document_endpoints();
    [[nodiscard]] std::vector<Endpoint> master_data_endpoints();

    // documents
    [[nodiscard]] Reply create(const std::string& kind, Call& call);
    [[nodiscard]] Reply create_customer(Call& call);
    [[nodiscard]] Reply store_document(const ErpDocument& document);
    [[nodiscard]] Reply duplicate(const Json& stored, bool same_content);
    [[nodiscard]] Reply post_draft(Call& call);
    [[nodiscard]] Reply get(Call& call) const;
    [[nodiscard]] Reply by_ref(Call& call) const;
    [[nodiscard]] Reply list(const std::string& kind, Call& call) const;
    [[nodiscard]] const Json* find_by_ref(const std::string& company, const std::string& ref) const;

    // rules, see erp_rules.cpp
    [[nodiscard]] std::optional<Error> check(const ErpDocument& document, const std::string& fault_period) const;
    [[nodiscard]] std::optional<Error> check_master_data(const ErpDocument& document) const;
    [[nodiscard]] std::optional<Error> check_amounts(const ErpDocument& document) const;
    [[nodiscard]] bool period_closed(const std::string& company, const std::string& period,
                                     const std::string& fault_period) const;
    // By the sender's name for it or by the ERP's own.
    [[nodiscard]] bool knows_customer(const std::string& name) const;
    // A customer or account: set while running, or in the settings; nullptr: unknown.
    [[nodiscard]] const Json* master(const char* collection, const std::string& key) const;

    // books, see erp_books.cpp
    [[nodiscard]] Reply books(Call& call) const;

    // master data, see erp_master_data.cpp
    [[nodiscard]] Reply list_master(const char* collection) const;
    [[nodiscard]] Reply put_master(const char* collection, Call& call);
    [[nodiscard]] Reply delete_master(const char* collection, Call& call);
    [[nodiscard]] Reply set_period(Call& call, bool closed);
    [[nodiscard]] Reply list_periods() const;

    Settings& settings_;
    Store& store_;
};

}  // namespace weir::standin
