// Files into contracts, with everything that is wrong with them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/canonical/builtin_schemas.hpp"
#include "runtime/canonical/keywords.hpp"
#include "runtime/canonical/registry.hpp"

namespace weir::canonical {

// For one filling of `Contracts`, which must outlive it: read, then finish.
class ContractReader {
  public:
    explicit ContractReader(Contracts& contracts) : contracts_(contracts) {}

    void read_builtin(const BuiltinSchema& schema);
    void read_dir(const std::filesystem::path& dir);
    // Follows references, compares versions. Problems by file and line.
    [[nodiscard]] std::vector<Problem> finish() &&;

  private:
    using Key = std::pair<std::string, Version>;

    void read_file(const std::filesystem::path& dir, const std::filesystem::path& file);
    void read_text(Contract contract, std::string_view text);
    void read_annotation(Contract& contract, const Json& schema);
    void check_successor(const Contract& contract);
    void check_versions(const std::string& name);
    [[nodiscard]] bool complete(Contract& contract);

    // At what stands at `pointer` in the contract's file.
    void report(const Contract& contract, std::string_view pointer, std::string message);

    Contracts& contracts_;
    std::vector<Key> read_;
    std::vector<Problem> problems_;
};

}  // namespace weir::canonical
