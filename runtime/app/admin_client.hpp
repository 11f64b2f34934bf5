// Calls one operation of a running host through its administration API.
#pragma once

#include <weir/result.hpp>

#include <filesystem>
#include <optional>
#include <string>

#include "runtime/admin/operation.hpp"

namespace weir::app {

struct AdminAddress {
    std::string url;    // "http://127.0.0.1:39211"
    std::string token;  // never shown
    std::string user;   // of a local verb: who the audit names; "" with a token of somebody
};

// What a host that runs over this data directory wrote down. nullopt: none runs, or it has no administration API.
// `unavailable`: one runs, and this user may not read its token.
[[nodiscard]] Result<std::optional<AdminAddress>> local_host(const std::filesystem::path& data_dir);
// `invalid`: the file cannot be read.
[[nodiscard]] Result<std::string> read_token(const std::filesystem::path& file);
[[nodiscard]] std::string user_name();

// `given` as call() of operation.hpp takes it. Errors as call() has them; `unavailable`, code "HTTP_...": nobody
// answered.
[[nodiscard]] Result<admin::Json> call_host(const AdminAddress& host, const admin::OperationInfo& operation,
                                            const admin::Json& given);

}  // namespace weir::app
