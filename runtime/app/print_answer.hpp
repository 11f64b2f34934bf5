// Answers of operations as text: what the verbs print without --json.
#pragma once

#include "runtime/admin/json.hpp"

namespace weir::app {

void print_status(const admin::Json& answer);
void print_routes(const admin::Json& answer);
void print_connections(const admin::Json& answer);
void print_offsets(const admin::Json& answer);
void print_traces(const admin::Json& answer);
void print_dead_letters(const admin::Json& answer);
void print_exceptions(const admin::Json& answer);
void print_item(const admin::Json& answer);    // one of them, with everything
void print_change(const admin::Json& answer);  // one of them, after it was changed
void print_redriven(const admin::Json& answer);
void print_replayed(const admin::Json& answer);
void print_paused(const admin::Json& answer);
void print_reload(const admin::Json& answer);
void print_audit(const admin::Json& answer);
void print_verified(const admin::Json& answer);

}  // namespace weir::app
