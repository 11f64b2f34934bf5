// weir status, routes, connections, offsets, trace: what there is and how it stands.

#include "runtime/app/print_answer.hpp"
#include "runtime/app/verb_operation.hpp"

namespace weir::app {

using admin::OperationId;

void add_status(CLI::App& verb, int& exit_code) { add_operation(verb, exit_code, {OperationId::status, print_status}); }

void add_routes(CLI::App& verb, int& exit_code) { add_operation(verb, exit_code, {OperationId::routes, print_routes}); }

void add_connections(CLI::App& verb, int& exit_code) {
    add_operation(verb, exit_code, {OperationId::connections, print_connections});
}

void add_offsets(CLI::App& verb, int& exit_code) {
    add_operation(verb, exit_code, {OperationId::offsets, print_offsets});
}

void add_trace(CLI::App& verb, int& exit_code) { add_operation(verb, exit_code, {OperationId::trace, print_traces}); }

}  // namespace weir::app
