// A support desk: tickets with comments and custom fields, versions, an incremental listing, signed webhooks.
#pragma once

#include <optional>
#include <string>

#include "webhooks.hpp"

namespace weir::standin {

[[nodiscard]] Json support_defaults();

// One thread.
class Support final : public Service {
  public:
    Support(boost::asio::io_context& io, Settings& settings, Store& store)
        : settings_(settings), store_(store), webhooks_(io, settings, store, "zendesk") {}

    [[nodiscard]] std::vector<Endpoint> endpoints() override;
    void reset() override { webhooks_.reset(); }

  private:
    [[nodiscard]] Reply create(Call& call);
    [[nodiscard]] Reply update(Call& call);
    [[nodiscard]] Reply get(Call& call) const;
    [[nodiscard]] Reply comments(Call& call) const;
    [[nodiscard]] Reply incremental(Call& call) const;
    [[nodiscard]] Reply list(Call& call) const;
    [[nodiscard]] Reply create_organization(Call& call);
    [[nodiscard]] Reply get_organization(Call& call) const;

    // What is wrong with a change of `ticket` (null: a new one), if anything.
    [[nodiscard]] std::optional<Error> check(const Json& change, const Json& ticket) const;
    static void apply(const Json& change, Json& ticket);
    void add_comment(const Json& change, const std::string& id);
    void save(Json& ticket, const char* type);

    Settings& settings_;
    Store& store_;
    Webhooks webhooks_;
};

}  // namespace weir::standin
