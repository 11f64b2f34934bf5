// What transforms read of their durable state: the journal's, as of its last commit.
#pragma once

#include "runtime/journal/journal.hpp"
#include "runtime/plugin/handles.hpp"

namespace weir::flow {

class JournalState final : public plugin::StateReader {
  public:
    // The journal outlives it.
    explicit JournalState(journal::Journal& journal) : journal_(journal) {}
    [[nodiscard]] Result<std::optional<std::string>> get(std::string_view scope, std::string_view key) override {
        return journal_.state_get(scope, key);
    }

  private:
    journal::Journal& journal_;
};

}  // namespace weir::flow
