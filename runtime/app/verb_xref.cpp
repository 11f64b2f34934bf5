// weir xref: which id of which system stands for which canonical id. A running host sees a change at its next look-up.

#include <cstdio>

#include "runtime/admin/json.hpp"
#include "runtime/app/admin_client.hpp"
#include "runtime/app/table.hpp"
#include "runtime/app/verbs.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/text.hpp"
#include "runtime/canonical/cross_references.hpp"
#include "runtime/canonical/csv.hpp"
#include "runtime/canonical/problem.hpp"
#include "runtime/canonical/text_file.hpp"
#include "runtime/config/config.hpp"

namespace weir::app {

namespace {

using admin::Json;
using admin::write_json;
using canonical::CrossReferences;
using canonical::Link;
using canonical::LinkFilter;

constexpr std::uintmax_t kImportBytesMax = 256 << 20;

struct XrefOptions : CommonOptions {
    std::string canonical;
    canonical::ExternalId external;
    std::string file;
    std::string reason;
    bool also = false;
    std::size_t limit = 1000;

    [[nodiscard]] canonical::ChangedBy by() const { return {"local:" + user_name(), reason}; }
    [[nodiscard]] LinkFilter filter() const {
        return {canonical, external.system, external.environment, external.type, external.id, limit};
    }
};

// Runs `body` over the cross-references of the configuration; prints why it cannot.
template <class Body>
int with_references(const XrefOptions& options, const Body& body) {
    const auto run = [&]() -> Status {
        const auto data_dir = config::find_data_dir(options.config);
        if (!data_dir) return Error{Errc::invalid, options.config + " does not say where its data is", "", {}};
        std::error_code error;
        std::filesystem::create_directories(*data_dir, error);
        const SystemClock clock;
        WEIR_TRY(const auto references, CrossReferences::open(*data_dir / "xref.db", clock));
        return body(*references);
    };
    const Status status = run();
    if (status) return kDone;
    if (!status.error().message.empty()) std::fprintf(stderr, "weir: %s\n", status.error().message.c_str());
    return status.error().errc == Errc::invalid ? kUsage : kFailed;
}

Json as_json(const Link& link) {
    return {{"canonical", link.canonical},
            {"system", link.external.system},
            {"environment", link.external.environment},
            {"type", link.external.type},
            {"id", link.external.id},
            {"alternate", link.alternate},
            {"at", format_time(link.at_wall_ns)}};
}

Status print_links(const XrefOptions& options, const std::vector<Link>& links) {
    Json listed = Json::array();
    Table table({"CANONICAL", "SYSTEM", "ENVIRONMENT", "TYPE", "ID", "SINCE", ""});
    for (const Link& link : links) {
        listed.push_back(as_json(link));
        table.add({link.canonical, link.external.system, link.external.environment, link.external.type,
                   link.external.id, format_time(link.at_wall_ns), link.alternate ? "alternate" : ""});
    }
    if (options.json) {
        std::puts(write_json(Json{{"links", listed}}, 2).c_str());
    } else if (table.empty()) {
        std::puts("none");
    } else {
        table.print();
    }
    return ok();
}

Status link(const XrefOptions& options, CrossReferences& references) {
    const Link wanted{options.external, options.canonical};
    WEIR_TRY(const canonical::Linked linked, references.link_all({&wanted, 1}, options.by(), options.also));
    if (!linked.problems.empty()) return linked.problems.front().second;
    if (options.json) {
        std::puts(write_json(Json{{"added", linked.added}, {"present", linked.present}}, 2).c_str());
    } else {
        std::printf("%s stands for %s%s\n", options.external.to_string().c_str(), options.canonical.c_str(),
                    linked.present != 0 ? " already" : "");
    }
    return ok();
}

Status unlink(const XrefOptions& options, CrossReferences& references) {
    WEIR_CHECK_OK(references.unlink(options.external, options.by()));
    if (options.json) {
        std::puts("{\"removed\":1}");
    } else {
        std::printf("%s stands for nothing any more\n", options.external.to_string().c_str());
    }
    return ok();
}

Status list(const XrefOptions& options, CrossReferences& references) {
    WEIR_TRY(const auto links, references.list(options.filter()));
    return print_links(options, links);
}

// All ids of the object that one of its ids, canonical or not, stands for.
Status show(const XrefOptions& options, CrossReferences& references) {
    LinkFilter filter = options.filter();
    if (!options.canonical.starts_with("weir:")) {
        filter.id = std::exchange(filter.canonical, "");
        WEIR_TRY(const auto meant, references.list(filter));
        if (meant.empty()) return Error{Errc::not_found, "nobody has linked \"" + filter.id + '"', "", {}};
        for (const Link& other : meant) {
            if (other.canonical == meant.front().canonical) continue;
            return Error{Errc::conflict,
                         '"' + filter.id + "\" is " + meant.front().external.to_string() + " and " +
                             other.external.to_string() + "; say --system, --environment or --type",
                         "",
                         {}};
        }
        filter = {.canonical = meant.front().canonical, .limit = options.limit};
    }
    WEIR_TRY(const auto links, references.list(filter));
    if (links.empty()) return Error{Errc::not_found, "nothing is linked to \"" + filter.canonical + '"', "", {}};
    return print_links(options, links);
}

Status history(const XrefOptions& options, CrossReferences& references) {
    WEIR_TRY(const auto changes, references.history(options.filter()));
    Json listed = Json::array();
    Table table({"WHEN", "WHO", "ACTION", "CANONICAL", "SYSTEM", "ENVIRONMENT", "TYPE", "ID", "WHY"});
    for (const canonical::LinkChange& change : changes) {
        Json one = as_json(change.link);
        one["sequence"] = change.sequence;
        one["action"] = change.action;
        one["who"] = change.by.who;
        one["why"] = change.by.why;
        listed.push_back(std::move(one));
        const canonical::ExternalId& external = change.link.external;
        table.add({format_time(change.at_wall_ns), change.by.who, change.action, change.link.canonical, external.system,
                   external.environment, external.type, external.id, change.by.why});
    }
    if (options.json) {
        std::puts(write_json(Json{{"history", listed}}, 2).c_str());
    } else if (table.empty()) {
        std::puts("none");
    } else {
        table.print();
    }
    return ok();
}

// ------------------------------------------------------------------------------------------------------------ import

struct Import {
    std::vector<Link> links;
    std::vector<std::size_t> offsets;  // of each in the file
};

// Columns by name, in any order; `environment` may be left out.
Result<Import> read_import(const std::string& file, std::string_view text) {
    const auto wrong = [&](std::size_t offset, std::string message) {
        return Error{Errc::invalid, canonical::problem_at(file, text, offset, std::move(message)).to_string(), "", {}};
    };
    constexpr std::string_view kColumns[] = {"canonical_id", "system", "environment", "type", "external_id"};
    canonical::CsvReader reader(text);
    std::vector<canonical::CsvField> row;
    std::vector<std::size_t> order;  // of each field, which column it is
    Import import;
    for (bool header = true;; header = false) {
        const std::size_t begin = reader.offset();
        const auto any = reader.next(row);
        if (!any) return wrong(reader.offset(), any.error().message);
        if (!*any && header) return wrong(0, "expected a header row");
        if (!*any) return import;
        std::string values[std::size(kColumns)];
        if (!header && row.size() != order.size()) return wrong(begin, "expected as many fields as in the header");
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (!header) {
                values[order[i]] = row[i].text;
                continue;
            }
            const auto* column = std::ranges::find(kColumns, row[i].text);
            const auto place = static_cast<std::size_t>(column - std::begin(kColumns));
            if (column == std::end(kColumns) || std::ranges::find(order, place) != order.end()) {
                return wrong(row[i].offset, "found column \"" + row[i].text +
                                                "\", expected canonical_id, system, environment, type, external_id");
            }
            order.push_back(place);
        }
        if (header) continue;
        import.links.push_back({{values[1], values[2], values[3], values[4]}, values[0]});
        import.offsets.push_back(begin);
    }
}

Status import_file(const XrefOptions& options, CrossReferences& references) {
    const auto text = canonical::read_text_file(options.file, kImportBytesMax);
    if (!text) return Error(text.error()).in(options.file);
    if (!is_utf8(*text)) return Error{Errc::invalid, options.file + " is not UTF-8", "", {}};
    WEIR_TRY(const Import import, read_import(options.file, *text));
    WEIR_TRY(const canonical::Linked linked, references.link_all(import.links, options.by(), options.also));
    for (const auto& [index, error] : linked.problems) {
        const auto problem = canonical::problem_at(options.file, *text, import.offsets[index], error.message);
        std::fprintf(stderr, "%s\n", problem.to_string().c_str());
    }
    if (!linked.problems.empty()) {
        return Error{Errc::conflict,
                     std::to_string(linked.problems.size()) + (linked.problems.size() == 1 ? " problem" : " problems") +
                         "; nothing was linked",
                     "",
                     {}};
    }
    if (options.json) {
        std::puts(write_json(Json{{"added", linked.added}, {"present", linked.present}}, 2).c_str());
    } else {
        std::printf("%zu linked, %zu were there already\n", linked.added, linked.present);
    }
    return ok();
}

// ------------------------------------------------------------------------------------------------------------- verbs

using Options = std::shared_ptr<XrefOptions>;

CLI::App& add_action(CLI::App& verb, const char* name, const char* about, const char* example, const Options& options,
                     int& exit_code, Status (*run)(const XrefOptions&, CrossReferences&)) {
    CLI::App* action = verb.add_subcommand(name, about);
    action->footer(std::string("Example:\n  ") + example);
    add_config_option(*action, *options);
    add_json_option(*action, *options);
    action->callback([options, &exit_code, run] {
        exit_code = with_references(*options, [&](CrossReferences& references) { return run(*options, references); });
    });
    return *action;
}

// To name one external id, or with `required` false to choose some.
void add_external(CLI::App& action, const Options& options, bool required) {
    action.add_option("--system", options->external.system, "the system, as routes name it")->required(required);
    action.add_option("--environment", options->external.environment,
                      "which installation of it, where there are several");
    action.add_option("--type", options->external.type, "the type of object there: customer")->required(required);
    action.add_option("--id", options->external.id, "what the system calls it")->required(required);
}

void add_reason(CLI::App& action, const Options& options) {
    action.add_option("--reason", options->reason, "why; it is kept")->required();
}

void add_also(CLI::App& action, const Options& options) {
    action.add_flag("--also", options->also,
                    "a further id in the same system is right: it is recognised, the first stays the one given out");
}

}  // namespace

void add_xref(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<XrefOptions>();
    verb.require_subcommand(1);
    CLI::App& linking = add_action(verb, "link", "say that an id of a system stands for a canonical id",
                                   "weir xref link weir:customer:ACME --system netsuite --type customer --id 7001 "
                                   "--reason \"onboarding\"",
                                   options, exit_code, link);
    linking.add_option("canonical", options->canonical, "the canonical id: weir:customer:ACME")->required();
    add_external(linking, options, true);
    add_also(linking, options);
    add_reason(linking, options);
    CLI::App& ending = add_action(verb, "unlink", "take a link back",
                                  "weir xref unlink --system netsuite --type customer --id 7001 --reason \"wrong one\"",
                                  options, exit_code, unlink);
    add_external(ending, options, true);
    add_reason(ending, options);
    CLI::App& showing = add_action(verb, "show", "show all ids of one object", "weir xref show cus_A1 --system stripe",
                                   options, exit_code, show);
    showing.add_option("id", options->canonical, "its canonical id, or what a system calls it")->required();
    showing.add_option("--system", options->external.system, "which system, where several use the id");
    showing.add_option("--environment", options->external.environment, "which environment of it");
    showing.add_option("--type", options->external.type, "which type of object there");
    CLI::App& listing =
        add_action(verb, "list", "list links", "weir xref list --system netsuite", options, exit_code, list);
    listing.add_option("--canonical", options->canonical, "of this canonical id");
    add_external(listing, options, false);
    listing.add_option("--limit", options->limit, "so many at most")->capture_default_str();
    CLI::App& importing =
        add_action(verb, "import", "link all rows of a CSV file, or none of them",
                   "weir xref import customers.csv --reason \"CRM export of June\"", options, exit_code, import_file);
    importing.add_option("file", options->file, "columns: canonical_id, system, environment, type, external_id")
        ->required();
    add_also(importing, options);
    add_reason(importing, options);
    CLI::App& looking = add_action(verb, "history", "show who changed which link, when and why; the newest first",
                                   "weir xref history --canonical weir:customer:ACME", options, exit_code, history);
    looking.add_option("--canonical", options->canonical, "of this canonical id");
    add_external(looking, options, false);
    looking.add_option("--limit", options->limit, "so many at most")->capture_default_str();
}

}  // namespace weir::app
