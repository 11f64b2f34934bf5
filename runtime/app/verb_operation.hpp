// A verb that is one operation of the administration: its options come from operations.def.
//
// With a running host the verb asks its administration API; with a stopped one it runs the operation itself over the
// journal. What it prints is the same.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/admin/operation.hpp"
#include "runtime/app/verbs.hpp"

namespace weir::app {

struct OperationOptions : CommonOptions {
    std::string url;
    std::string token_file;
    std::vector<std::vector<std::string>> values;  // as given, one per parameter of the operation
};

struct OperationVerb {
    admin::OperationId operation;
    // Prints the answer as text.
    void (*print)(const admin::Json& answer);
    // Changes what is asked for before it is: what the command line says otherwise than the operation.
    std::function<void(admin::Json& given)> prepare = {};
    std::vector<std::string> left_out = {};                  // parameters that get no option
    int (*exit_code)(const admin::Json& answer) = nullptr;  // null: an answer is success
    bool all_pages = false;                                  // goes on until nothing is left, and prints the sums
};

// Adds options and callback. The parent of subcommands may be such a verb, too: it runs when none of them is named.
void add_operation(CLI::App& verb, int& exit_code, const OperationVerb& what);

// Runs one operation, wherever the host is. `invalid` is for exit code 2.
[[nodiscard]] Result<admin::Json> perform(const OperationOptions& options, const admin::OperationInfo& operation,
                                          const admin::Json& given);

}  // namespace weir::app
