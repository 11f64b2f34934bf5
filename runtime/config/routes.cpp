#include "runtime/config/routes.hpp"

#include <algorithm>
#include <set>

#include "runtime/config/delivery.hpp"
#include "runtime/config/values.hpp"

namespace weir::config {
namespace {

ObjectKey read_object(const Values& values) { return {values.text("object"), values.text("key")}; }

class RouteReader {
  public:
    RouteReader(ConnectionTable& connections, StepReader& steps, Problems& problems)
        : connections_(connections), steps_(steps), problems_(problems) {}

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
        if (const Node* to = values.node("to")) read_destinations(*to, folder, route);
        if (Member* steps = node.find("steps")) steps_.read(steps->value, folder, route);
        check_branches(route);
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
        route.reconciliation = values.text("reconciliation");
        if (const Node* waivers = values.node("waive")) {
            for (const Node& one : waivers->items) {
                const Values waiver(&one, SectionId::waiver, folder);
                route.waivers.push_back({waiver.text("code"), waiver.text("why"), one.where});
            }
        }
        const Values exceptions = values.section("exceptions");
        route.exception_service_level = exceptions.duration("service_level");
        route.exception_assignee = exceptions.text("assignee");
    }

    void read_from(const Values& from, Route& route) {
        route.from = from.text("connection");
        route.from_begin = from.text("start") == "oldest";
        route.contract = from.text("contract");
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
        destination.name = destination.connection;
        destination.contract = values.text("contract");
        destination.branch = values.text("branch");
        destination.optional = values.flag("optional");
        destination.where = node.where;
        read_delivery(values, folder, destination, problems_);
        if (const Node* connection = values.node("connection");
            connection != nullptr && !destination.connection.empty()) {
            destination.where = connection->where;
            check_once(destination, route);
            connections_.use(destination.connection, "sink", connection->where, problems_);
        }
        route.to.push_back(std::move(destination));
    }

    // What no switch sends there would never come.
    void check_branches(const Route& route) {
        for (const Destination& to : route.to) {
            if (to.branch.empty() || to.is_tap()) continue;
            const auto known = steps_.branches();
            if (std::ranges::find(known, to.branch) != known.end()) continue;
            problems_.add(to.where, "unknown_branch", "no switch of the route has the branch " + quote(to.branch),
                          suggest(to.branch, {known.begin(), known.end()}));
        }
    }

    void check_once(const Destination& destination, const Route& route) {
        const auto same = [&](const Destination& other) { return other.connection == destination.connection; };
        const auto first = std::find_if(route.to.begin(), route.to.end(), same);
        if (first == route.to.end()) return;
        problems_.add(destination.where, "duplicate_destination",
                      "the route delivers to " + quote(destination.connection) + " twice",
                      "first at " + first->where.to_string());
    }

    ConnectionTable& connections_;
    StepReader& steps_;
    Problems& problems_;
    std::vector<Route> routes_;
    std::set<std::string> provided_objects_;
    std::vector<std::pair<std::string, Location>> wanted_objects_;
};

}  // namespace

std::vector<Route> read_routes(Sources& sources, ConnectionTable& connections, StepReader& steps, Problems& problems) {
    RouteReader reader(connections, steps, problems);
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
