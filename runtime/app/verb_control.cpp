// weir redrive, replay, pause, resume, reload, audit: what operators ask of a host, running or stopped.

#include "runtime/app/print_answer.hpp"
#include "runtime/app/verb_operation.hpp"

namespace weir::app {

using admin::Json;
using admin::OperationId;

void add_redrive(CLI::App& verb, int& exit_code) {
    OperationVerb redrive{OperationId::redrive, print_redriven};
    redrive.all_pages = true;
    add_operation(verb, exit_code, redrive);
}

// A range that was typed wrongly can be large: without --yes it only says what it would do.
void add_replay(CLI::App& verb, int& exit_code) {
    auto yes = std::make_shared<bool>(false);
    verb.add_flag("--yes", *yes, "do it; without this it is a dry run");
    OperationVerb replay{OperationId::replay, print_replayed};
    replay.prepare = [yes](Json& given) { given["dry_run"] = !*yes; };
    replay.left_out = {"dry_run"};
    replay.all_pages = true;
    add_operation(verb, exit_code, replay);
}

void add_pause(CLI::App& verb, int& exit_code) { add_operation(verb, exit_code, {OperationId::pause, print_paused}); }

void add_resume(CLI::App& verb, int& exit_code) { add_operation(verb, exit_code, {OperationId::resume, print_paused}); }

void add_reload(CLI::App& verb, int& exit_code) {
    OperationVerb reload{OperationId::reload, print_reload};
    reload.exit_code = [](const Json& answer) {
        if (answer.value("applied", false)) return kDone;
        return answer.value("code", "") == "invalid_configuration" ? kUsage : kFailed;
    };
    add_operation(verb, exit_code, reload);
}

void add_audit(CLI::App& verb, int& exit_code) {
    verb.require_subcommand(0, 1);
    add_operation(verb, exit_code, {OperationId::audit, print_audit});
    CLI::App* verify = verb.add_subcommand("verify", "recompute the hashes of all entries");
    verify->footer("Example:\n  weir audit verify");
    OperationVerb verified{OperationId::audit_verify, print_verified};
    verified.exit_code = [](const Json& answer) { return answer.value("intact", false) ? kDone : kFailed; };
    add_operation(*verify, exit_code, verified);
}

}  // namespace weir::app
