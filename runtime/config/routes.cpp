#include "runtime/config/routes.hpp"

#include <algorithm>
#include <set>

#include "runtime/config/plugin_schema.hpp"
#include "runtime/config/values.hpp"

namespace weir::config {
namespace {

RetrySettings read_retry(const Values& values) {
    RetrySettings retry;
    retry.first_delay = values.duration("first_delay");
    retry.max_delay = values.duration("max_delay");
    retry.multiplier = values.ratio("multiplier");
    retry.jitter = values.ratio("jitter");
    retry.max_attempts = values.count("max_attempts");
    retry.max_probes = values.count("max_probes");
    retry.deadline = values.duration("deadline");
    return retry;
}

// What the rule leaves out is as in `common`.
RetryRule read_rule(const Values& values, const RetrySettings& common) {
    RetryRule rule;
    rule.retry = common;
    const auto given = [&values](const char* key) { return values.node(key) != nullptr; };
    if (given("first_delay")) rule.retry.first_delay = values.duration("first_delay");
    if (given("max_delay")) rule.retry.max_delay = values.duration("max_delay");
    if (given("multiplier")) rule.retry.multiplier = values.ratio("multiplier");
    if (given("jitter")) rule.retry.jitter = values.ratio("jitter");
    if (given("max_attempts")) rule.retry.max_attempts = values.count("max_attempts");
    if (given("max_probes")) rule.retry.max_probes = values.count("max_probes");
    if (given("deadline")) rule.retry.deadline = values.duration("deadline");
    if (const Node* codes = values.node("codes")) {
        for (const Node& code : codes->items) rule.codes.push_back(code.text);
    }
    return rule;
}

ObjectKey read_object(const Values& values) { return {values.text("object"), values.text("key")}; }

// "validate" or "vat@^1.2/validate".
struct TransformReference {
    PluginReference plugin;
    std::string name;
};

TransformReference split_transform(const std::string& text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos) return {{}, text};
    return {split_plugin_reference(text.substr(0, slash)), text.substr(slash + 1)};
}

class RouteReader {
  public:
    RouteReader(const Components& components, ConnectionTable& connections, Problems& problems)
        : components_(components), connections_(connections), problems_(problems) {}

    void read(Node& node, const std::filesystem::path& folder) {
        if (node.kind != Node::Kind::map) return;
        const Values values(&node, SectionId::route, folder);
        Route route;
        route.name = values.text("route");
        route.owner = values.text("owner");
        route.key = values.text("key");
        route.where = node.where;
        if (const Member* name = node.find("route")) route.where = name->value.where;
        check_name(route);
        read_policies(values, folder, route);
        read_from(values.section("from"), route);
        if (Member* steps = node.find("steps")) read_steps(steps->value, folder, route);
        if (const Node* to = values.node("to")) read_destinations(*to, folder, route);
        routes_.push_back(std::move(route));
    }

    [[nodiscard]] std::vector<Route> take() { return std::move(routes_); }

    // What nobody provides would be waited for in vain.
    void check_objects() {
        for (const auto& [object, where] : wanted_objects_) {
            if (object.empty() || provided_objects_.contains(object)) continue;
            std::vector<std::string_view> names(provided_objects_.begin(), provided_objects_.end());
            problems_.add(where, "unknown_object", "no route provides " + quote(object),
                          names.empty() ? "write provides: { object: " + object + " } in the route that delivers it"
                                        : suggest(object, std::move(names)));
        }
    }

  private:
    void check_name(const Route& route) {
        if (route.name.empty()) return;
        const auto first =
            std::find_if(routes_.begin(), routes_.end(), [&](const Route& r) { return r.name == route.name; });
        if (first == routes_.end()) return;
        problems_.add(route.where, "duplicate_route", "route " + quote(route.name) + " is here twice",
                      "first at " + first->where.to_string());
    }

    void read_policies(const Values& values, const std::filesystem::path& folder, Route& route) {
        route.priority = values.text("priority");
        if (values.node("provides") != nullptr) route.provides = read_object(values.section("provides"));
        if (const Node* after = values.node("after")) {
            for (const Node& one : after->items) {
                const Values predecessor(&one, SectionId::after, folder);
                route.after.push_back({read_object(predecessor), predecessor.duration("wait")});
                wanted_objects_.push_back({route.after.back().object.object, one.where});
            }
        }
        if (!route.provides.object.empty()) provided_objects_.insert(route.provides.object);
        const Values exceptions = values.section("exceptions");
        route.exception_service_level = exceptions.duration("service_level");
        route.exception_assignee = exceptions.text("assignee");
    }

    void read_from(const Values& from, Route& route) {
        route.from = from.text("connection");
        route.from_begin = from.text("start") == "oldest";
        if (const Node* connection = from.node("connection"); connection != nullptr && !route.from.empty()) {
            connections_.use(route.from, "source", connection->where, problems_);
        }
    }

    void read_destinations(const Node& to, const std::filesystem::path& folder, Route& route) {
        if (to.kind == Node::Kind::map) read_destination(to, folder, route);
        for (const Node& destination : to.items) read_destination(destination, folder, route);
    }

    void read_destination(const Node& node, const std::filesystem::path& folder, Route& route) {
        const Values values(&node, SectionId::destination, folder);
        Destination destination;
        destination.connection = values.text("connection");
        destination.retry = read_retry(values.section("retry"));
        destination.batch_records = values.count("batch");
        destination.deadline = values.duration("deadline");
        destination.linger = values.duration("linger");
        destination.optional = values.flag("optional");
        if (const Node* rules = values.section("retry").node("rules")) {
            for (const Node& rule : rules->items) {
                const Values limits(&rule, SectionId::retry_rule, folder);
                destination.retry_rules.push_back(read_rule(limits, destination.retry));
                check_retry(destination.retry_rules.back().retry, limits, rule.where);
            }
        }
        destination.where = node.where;
        check_retry(destination.retry, values.section("retry"), node.where);
        if (const Node* connection = values.node("connection");
            connection != nullptr && !destination.connection.empty()) {
            destination.where = connection->where;
            check_once(destination, route);
            connections_.use(destination.connection, "sink", connection->where, problems_);
        }
        route.to.push_back(std::move(destination));
    }

    void check_retry(const RetrySettings& retry, const Values& values, const Location& owner) {
        if (retry.first_delay <= retry.max_delay) return;
        const Node* written =
            values.node("max_delay") != nullptr ? values.node("max_delay") : values.node("first_delay");
        problems_.add(written == nullptr ? owner : written->where, "wrong_value",
                      "max_delay (" + values.text("max_delay") + ") is shorter than first_delay (" +
                          values.text("first_delay") + ")");
    }

    void check_once(const Destination& destination, const Route& route) {
        const auto same = [&](const Destination& other) { return other.connection == destination.connection; };
        const auto first = std::find_if(route.to.begin(), route.to.end(), same);
        if (first == route.to.end()) return;
        problems_.add(destination.where, "duplicate_destination",
                      "the route delivers to " + quote(destination.connection) + " twice",
                      "first at " + first->where.to_string());
    }

    void read_steps(Node& steps, const std::filesystem::path& folder, Route& route) {
        for (Node& item : steps.items) {
            if (item.kind == Node::Kind::map && item.members.size() == 1)
                read_step(item.members.front(), folder, route);
        }
    }

    void read_step(Member& written, const std::filesystem::path& folder, Route& route) {
        const ComponentSchema* component = find_transform(written);
        if (component == nullptr) return;
        if (written.value.kind == Node::Kind::null) written.value.kind = Node::Kind::map;  // "- normalize:"
        if (written.value.kind != Node::Kind::map) {
            problems_.add(written.value.where, "wrong_type",
                          component->component + ": expected a map of settings, found " + describe(written.value));
            return;
        }
        const auto schema = parse_schema(*component, written.where, problems_);
        if (!schema) return;
        const nlohmann::json* const schemas[] = {&*schema};
        check_settings(written.value, written.where, schemas, folder, problems_);
        const TransformReference reference = split_transform(written.key);
        route.steps.push_back(
            {component->component, component->plugin, reference.plugin.range, to_json(written.value), written.where});
    }

    const ComponentSchema* find_transform(const Member& written) {
        const TransformReference reference = split_transform(written.key);
        if (!reference.plugin.id.empty()) return find_in_plugin(written, reference);
        const auto found = components_.transforms(reference.name);
        if (found.size() == 1) return found.front();
        if (found.empty()) {
            problems_.add(written.where, "unknown_transform", "unknown transform " + quote(reference.name),
                          suggest(reference.name, components_.transform_names()));
            return nullptr;
        }
        std::string names;
        for (const ComponentSchema* component : found) {
            names += (names.empty() ? "" : " or ") + component->plugin + "/" + component->component;
        }
        problems_.add(written.where, "ambiguous_transform", "several plugins have a transform " + quote(reference.name),
                      "write " + names);
        return nullptr;
    }

    const ComponentSchema* find_in_plugin(const Member& written, const TransformReference& reference) {
        if (!is_version_range(reference.plugin.range)) {
            problems_.add(written.where, "wrong_value",
                          "expected a version such as 1.2.3 or a range such as ^1.2 or ~1.2 after @, found " +
                              quote(reference.plugin.range));
            return nullptr;
        }
        std::vector<std::string_view> names;
        const auto of_plugin = components_.of(reference.plugin.id, reference.plugin.range, written.where, problems_);
        for (const ComponentSchema* component : of_plugin) {
            if (component->kind != "transform") continue;
            if (component->component == reference.name) return component;
            names.push_back(component->component);
        }
        if (!of_plugin.empty()) {
            problems_.add(written.where, "unknown_transform",
                          "plugin " + quote(reference.plugin.id) + " has no transform " + quote(reference.name),
                          suggest(reference.name, std::move(names)));
        }
        return nullptr;
    }

    const Components& components_;
    ConnectionTable& connections_;
    Problems& problems_;
    std::vector<Route> routes_;
    std::set<std::string> provided_objects_;
    std::vector<std::pair<std::string, Location>> wanted_objects_;
};

}  // namespace

std::vector<Route> read_routes(Sources& sources, const Components& components, ConnectionTable& connections,
                               Problems& problems) {
    RouteReader reader(components, connections, problems);
    for (SourceFile& file : sources.files) {
        const std::filesystem::path folder = file.path.parent_path();
        if (file.section == SectionId::route) {
            reader.read(file.root, folder);
        } else if (Member* routes = file.root.find("routes")) {
            for (Node& route : routes->value.items) reader.read(route, folder);
        }
    }
    reader.check_objects();
    return reader.take();
}

}  // namespace weir::config
