// weir dead-letters and weir exceptions: the two work lists, and what people do with one entry of them.

#include "runtime/app/print_answer.hpp"
#include "runtime/app/verb_operation.hpp"

namespace weir::app {

namespace {

using admin::Json;
using admin::OperationId;

CLI::App& add_action(CLI::App& verb, const char* name, const char* about, const char* example) {
    CLI::App* action = verb.add_subcommand(name, about);
    action->footer(std::string("Example:\n  ") + example);
    return *action;
}

// Scripts want everything; the text shows no payloads.
void with_payloads(Json& given) { given["payload"] = true; }

void dead_and_held(Json& given) {
    with_payloads(given);
    if (!given.contains("state")) given["state"] = "all";
}

}  // namespace

void add_dead_letters(CLI::App& verb, int& exit_code) {
    const OperationVerb list{OperationId::dead_letters, print_dead_letters, dead_and_held, {"payload"}};
    verb.require_subcommand(0, 1);
    add_operation(verb, exit_code, list);
    add_operation(
        add_action(verb, "list", "list them; also what happens without a word", "weir dead-letters list --route r"),
        exit_code, list);
    add_operation(
        add_action(verb, "show", "show one with payload, attempts and notes", "weir dead-letters show r/erp/42.0"),
        exit_code, {OperationId::dead_letter, print_item});
    add_operation(add_action(verb, "edit", "change the payload of one; the original is kept",
                             "weir dead-letters edit r/erp/42.0 --patch '{\"account\":\"4020\"}' --reason \"typo\""),
                  exit_code, {OperationId::dead_letter_edit, print_change});
    add_operation(add_action(verb, "resolve", "close one without delivering it",
                             "weir dead-letters resolve r/erp/42.0 --reason \"posted by hand\" --remote-id INV-7"),
                  exit_code, {OperationId::dead_letter_resolve, print_change});
}

void add_exceptions(CLI::App& verb, int& exit_code) {
    const OperationVerb list{OperationId::exceptions, print_exceptions, with_payloads, {"payload"}};
    verb.require_subcommand(0, 1);
    add_operation(verb, exit_code, list);
    add_operation(add_action(verb, "list", "list them; also what happens without a word",
                             "weir exceptions list --code PERIOD_CLOSED"),
                  exit_code, list);
    add_operation(
        add_action(verb, "show", "show one with payload, attempts and notes", "weir exceptions show r/erp/42.0"),
        exit_code, {OperationId::exception, print_item});
    add_operation(add_action(verb, "assign", "give one to somebody",
                             "weir exceptions assign r/erp/42.0 --to mia --reason \"her customer\""),
                  exit_code, {OperationId::exception_assign, print_change});
    add_operation(add_action(verb, "note", "write something beside one",
                             "weir exceptions note r/erp/42.0 --note \"asked ACME\" --reason \"for the record\""),
                  exit_code, {OperationId::exception_note, print_change});
    add_operation(
        add_action(verb, "edit", "change the payload of one; the original is kept",
                   "weir exceptions edit r/erp/42.0 --patch '{\"date\":\"2026-07-01\"}' --reason \"June is closed\""),
        exit_code, {OperationId::exception_edit, print_change});
    add_operation(add_action(verb, "resolve", "close one without delivering it",
                             "weir exceptions resolve r/erp/42.0 --reason \"credited by hand\""),
                  exit_code, {OperationId::exception_resolve, print_change});
    add_operation(add_action(verb, "resubmit", "try one again, after its cause was removed",
                             "weir exceptions resubmit r/erp/42.0 --reason \"customer is mapped now\""),
                  exit_code, {OperationId::exception_resubmit, print_redriven});
}

}  // namespace weir::app
