#include "runtime/config/connections.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "runtime/base/lane_names.hpp"
#include "runtime/config/mappings.hpp"
#include "runtime/config/plugin_schema.hpp"
#include "runtime/config/values.hpp"

namespace weir::config {
namespace {

Node without_core_keys(const Node& connection) {
    Node settings = connection;
    std::erase_if(settings.members,
                  [](const Member& member) { return find_key(SectionId::connection, member.key) != nullptr; });
    return settings;
}

void read_limits(const Values& values, Connection& connection) {
    const Values quota = values.section("quota");
    connection.quota.concurrency = quota.count("concurrency");
    connection.quota.per_second = quota.count("per_second");
    connection.quota.per_minute = quota.count("per_minute");
    connection.quota.per_day = quota.count("per_day");
    connection.quota.batch = quota.count("batch");
    connection.quota.critical_reserve = quota.ratio("critical_reserve");
    connection.quota.bulk_at_least = quota.count("bulk_at_least");
    const Values breaker = values.section("breaker");
    connection.breaker.failures = breaker.count("failures");
    connection.breaker.open_for = breaker.duration("open_for");
    connection.breaker.open_for_max = breaker.duration("open_for_max");
}

std::string names_of(const std::vector<const ComponentSchema*>& components) {
    std::string names;
    for (const ComponentSchema* component : components) names += (names.empty() ? "" : ", ") + component->component;
    return names;
}

}  // namespace

ConnectionTable::ConnectionTable(const Sources& sources, const Components& components, Problems& problems)
    : components_(components), complete_(sources.complete) {
    for (const SourceFile& file : sources.files) {
        const Member* connections = file.section == SectionId::route || file.section == SectionId::mapping
                                        ? nullptr
                                        : file.root.find("connections");
        if (connections == nullptr) continue;
        for (const Member& member : connections->value.members) add(member, file.path.parent_path(), problems);
    }
}

void ConnectionTable::add(const Member& member, const std::filesystem::path& folder, Problems& problems) {
    if (const auto first = drafts_.find(member.key); first != drafts_.end()) {
        problems.add(member.where, "duplicate_connection", "connection " + quote(member.key) + " is here twice",
                     "first at " + first->second.value.where.to_string());
        return;
    }
    if (is_tap_name(member.key)) {
        problems.add(member.where, "wrong_value",
                     "expected a name that does not begin with " + quote(kTapPrefix) + ", found " + quote(member.key),
                     "names of wire taps begin so");
    }
    Draft draft;
    draft.value.name = member.key;
    draft.value.where = member.where;
    draft.folder = folder;
    draft.settings = without_core_keys(member.value);
    draft.value.literals = literals_of(draft.settings);
    draft.value.role = Values(&member.value, SectionId::connection, folder).text("role");
    read_limits(Values(&member.value, SectionId::connection, folder), draft.value);
    if (const Member* plugin = member.value.find("plugin")) {
        const PluginReference reference = split_plugin_reference(plugin->value.text);
        draft.value.plugin = reference.id;
        draft.value.plugin_range = is_version_range(reference.range) ? reference.range : "";
        draft.plugin_where = plugin->value.where;
    }
    if (const Member* component = member.value.find("component")) {
        draft.value.component = component->value.text;
        draft.component_where = component->value.where;
    }
    drafts_.emplace(member.key, std::move(draft));
}

void ConnectionTable::use(const std::string& name, const std::string& kind, const Location& where, Problems& problems) {
    if (const auto draft = drafts_.find(name); draft != drafts_.end()) {
        draft->second.kinds.emplace(kind, where);
        return;
    }
    if (!complete_) return;
    std::vector<std::string_view> names;
    for (const auto& [known, draft] : drafts_) names.push_back(known);
    problems.add(where, "unknown_connection", "unknown connection " + quote(name),
                 names.empty() ? "there are no connections" : suggest(name, std::move(names)));
}

std::map<std::string, Connection> ConnectionTable::settle(const HttpSettings& http, Problems& problems) {
    std::map<std::string, Connection> connections;
    for (auto& [name, draft] : drafts_) {
        // Without the id of a plugin, which was reported, nothing can be said about the rest.
        if (!draft.value.plugin.empty() && draft.settings.kind == Node::Kind::map) {
            const Chosen chosen = choose(draft, problems);
            if (!chosen.empty()) check(draft, chosen, http, problems);
        }
        draft.value.settings_json = to_json(draft.settings);
        connections.emplace(name, draft.value);
    }
    return connections;
}

ConnectionTable::Chosen ConnectionTable::choose(const Draft& draft, Problems& problems) const {
    const Chosen of_plugin = components_.of(draft.value.plugin, draft.value.plugin_range, draft.plugin_where, problems);
    if (of_plugin.empty()) return {};
    const auto has_name = [&](const ComponentSchema* c) {
        return c->kind != "transform" && c->component == draft.value.component;
    };
    if (!draft.value.component.empty() && std::none_of(of_plugin.begin(), of_plugin.end(), has_name)) {
        std::vector<std::string_view> names;
        for (const ComponentSchema* component : of_plugin) {
            if (component->kind != "transform") names.push_back(component->component);
        }
        problems.add(draft.component_where, "unknown_component",
                     "plugin " + quote(draft.value.plugin) + " has no source or sink " + quote(draft.value.component),
                     suggest(draft.value.component, std::move(names)));
        return {};
    }
    if (draft.kinds.empty()) return choose_unused(draft, of_plugin);
    Chosen chosen;
    for (const auto& [kind, where] : draft.kinds) {
        const ComponentSchema* component = choose_kind(draft, of_plugin, kind, where, problems);
        if (component == nullptr) return {};
        chosen.push_back(component);
    }
    return chosen;
}

const ComponentSchema* ConnectionTable::choose_kind(const Draft& draft, const Chosen& of_plugin,
                                                    const std::string& kind, const Location& where,
                                                    Problems& problems) {
    Chosen fitting;
    for (const ComponentSchema* component : of_plugin) {
        const bool named = draft.value.component.empty() || component->component == draft.value.component;
        if (component->kind == kind && named) fitting.push_back(component);
    }
    if (fitting.size() == 1) return fitting.front();
    if (fitting.empty()) {
        std::string subject = "plugin " + quote(draft.value.plugin);
        if (!draft.value.component.empty()) subject = "component " + quote(draft.value.component) + " of " + subject;
        problems.add(where, "wrong_kind",
                     "connection " + quote(draft.value.name) + " cannot be a " + kind + ": " + subject + " has none",
                     "the connection is at " + draft.value.where.to_string());
        return nullptr;
    }
    problems.add(
        draft.value.where, "ambiguous_component",
        "plugin " + quote(draft.value.plugin) + " has several components of kind " + kind + ": " + names_of(fitting),
        "write component: " + fitting.front()->component);
    return nullptr;
}

// No route says what it is for: checked only when there is no doubt.
ConnectionTable::Chosen ConnectionTable::choose_unused(const Draft& draft, const Chosen& of_plugin) {
    Chosen fitting;
    for (const ComponentSchema* component : of_plugin) {
        const bool named = draft.value.component.empty() || component->component == draft.value.component;
        if (component->kind != "transform" && named) fitting.push_back(component);
    }
    return fitting.size() == 1 ? fitting : Chosen{};
}

void ConnectionTable::check(Draft& draft, const Chosen& chosen, const HttpSettings& http, Problems& problems) {
    std::vector<nlohmann::json> schemas;
    for (const ComponentSchema* component : chosen) {
        auto schema = parse_schema(*component, draft.plugin_where, problems);
        if (!schema) return;
        schemas.push_back(std::move(*schema));
    }
    Schemas pointers;
    for (const nlohmann::json& schema : schemas) pointers.push_back(&schema);
    if (draft.kinds.size() == 2 && !serves_both(draft, pointers, problems)) return;
    check_settings(draft.settings, draft.value.where, pointers, draft.folder, problems);

    for (std::size_t i = 0; i < chosen.size(); ++i) {
        if (has_flag(schemas[i], "x-weir-listens") && !draft.kinds.empty() && http.listen.empty()) {
            problems.add(draft.value.where, "missing_listen",
                         "connection " + quote(draft.value.name) + " takes HTTP requests, and http.listen is missing",
                         "write http: { listen: 127.0.0.1:8080 }");
        }
        const auto properties = schemas[i].find("properties");
        if (properties == schemas[i].end()) continue;
        for (const auto& property : properties->items()) {
            if (!has_flag(property.value(), "x-weir-unique")) continue;
            check_unique(draft, *chosen[i], property.key(), problems);
        }
    }
}

// Both get the same settings, with the defaults of both. What is wrong with that is the second use, not a key.
bool ConnectionTable::serves_both(const Draft& draft, const Schemas& schemas, Problems& problems) {
    const auto check_as = [&](std::span<const nlohmann::json* const> some) {
        Problems found;
        Node settings = draft.settings;
        check_settings(settings, draft.value.where, some, draft.folder, found);
        return std::move(found).take_sorted();
    };
    if (check_as(schemas).empty()) return true;
    // In the order of the kinds: the sink, then the source.
    const auto as_sink = check_as(std::span(schemas).first(1));
    const auto as_source = check_as(std::span(schemas).last(1));
    if (!as_sink.empty() && !as_source.empty()) return true;  // the settings themselves are wrong
    const bool is_source = as_source.empty();
    const std::string more = is_source ? "sink" : "source";
    const std::string is = is_source ? "source" : "sink";
    const auto& wrong = is_source ? as_sink : as_source;
    problems.add(
        draft.kinds.at(more), "wrong_kind",
        "connection " + quote(draft.value.name) + " cannot be a " + more + " as well as a " + is + ": " +
            (wrong.empty() ? "the two do not take the same settings" : wrong.front().message),
        "it is a " + is + " at " + draft.kinds.at(is).to_string() + "; write another connection for the " + more);
    return false;
}

void ConnectionTable::check_unique(const Draft& draft, const ComponentSchema& component, const std::string& property,
                                   Problems& problems) {
    const Member* member = draft.settings.find(property);
    if (member == nullptr || !member->value.is_scalar()) return;
    const std::string key = component.plugin + '\n' + component.component + '\n' + property + '\n' + member->value.text;
    const auto [first, fresh] = unique_.emplace(key, std::pair(draft.value.name, member->value.where));
    if (fresh) return;
    problems.add(
        member->value.where, "not_unique",
        property + ": connection " + quote(first->second.first) + " has " + describe(member->value) + " as well",
        "at " + first->second.second.to_string());
}

}  // namespace weir::config
