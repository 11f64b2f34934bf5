// How a route comes into being and goes: instances first (prepare), then lanes and threads (install).
#include <algorithm>
#include <utility>

#include "runtime/app/host.hpp"
#include "runtime/base/log.hpp"
#include "runtime/flow/connection_gate.hpp"
#include "runtime/flow/route_settings.hpp"

namespace weir::app {

namespace {

// How long a call under way may go on when its route is replaced.
constexpr std::chrono::seconds kDrainCall{30};

// Seeds jitter only.
std::uint64_t seed_of(const Clock& clock, journal::LaneId lane) {
    return static_cast<std::uint64_t>(clock.wall_ns()) ^ (std::uint64_t{lane} << 48);
}

}  // namespace

bool Host::marked_paused(const std::string& what) {
    const auto mark = journal_->state_get("control", "pause/" + what);
    return mark && mark->has_value();
}

Host::Target& Host::target(const config::Connection& connection) {
    const auto found = targets_.find(connection.name);
    if (found != targets_.end()) return found->second;
    Target made;
    made.gate = std::make_shared<flow::ConnectionGate>(flow::gate_settings(connection), *journal_, clock_);
    made.posted = std::make_shared<flow::PostedObjects>(connection.name, *journal_);
    made.gate->set_paused(marked_paused("connection/" + connection.name));
    return targets_.emplace(connection.name, std::move(made)).first->second;
}

// ---------------------------------------------------------------------------------------------- prepare

Result<Host::PreparedRoute> Host::prepare(const std::shared_ptr<const Workshop>& workshop, const config::Route& route) {
    PreparedRoute prepared;
    prepared.workshop = workshop;
    prepared.route = &route;
    WEIR_TRY(prepared.staged, workshop->keeps_state(route));
    if (prepared.staged) {
        WEIR_TRY(prepared.staged_steps, workshop->make_steps(route));
    }
    for (const config::Destination& to : route.to) {
        if (auto status = prepare_destination(prepared, to); !status) {
            return std::move(status).error().in("destination " + to.name);
        }
    }
    return prepared;
}

Status Host::prepare_destination(PreparedRoute& prepared, const config::Destination& to) {
    PreparedDestination destination;
    destination.to = &to;
    Target& shared = target(prepared.workshop->config().connections.at(to.connection));
    destination.caller = shared.gate->enter(flow::priority_of(*prepared.route));
    WEIR_TRY(destination.factory,
             prepared.workshop->sink_factory(*prepared.route, to, shared.gate, destination.caller));
    auto sink = destination.factory();
    if (!sink) {
        if (!to.optional) return std::move(sink).error();
        log::warn("optional destination left out",
                  {{"route", prepared.route->name}, {"destination", to.name}, {"error", sink.error().message}});
        shared.gate->leave(destination.caller);
        return ok();
    }
    destination.sink = std::move(*sink);
    if (!prepared.staged || to.is_tap()) {
        WEIR_TRY(destination.steps, prepared.workshop->make_steps(*prepared.route, to.steps));
    }
    prepared.destinations.push_back(std::move(destination));
    return ok();
}

// ---------------------------------------------------------------------------------------------- install

Result<Host::Lanes> Host::open_lanes(const PreparedRoute& prepared) {
    const config::Route& route = *prepared.route;
    Lanes lanes;
    WEIR_TRY(lanes.stream, journal_->open_stream(route.from));
    WEIR_TRY(lanes.steps, journal_->open_lane(route.name, "", lanes.stream, route.from_begin));
    journal::StreamId from = lanes.stream;
    if (prepared.staged) {
        WEIR_TRY(from, journal_->open_stream(route.name + "/staged"));
    }
    journal::Offset reached = 0;
    for (const PreparedDestination& destination : prepared.destinations) {
        const config::Destination& to = *destination.to;
        const journal::StreamId read = to.is_tap() ? lanes.stream : from;
        WEIR_TRY(const journal::LaneId lane,
                 journal_->open_lane(route.name, to.name, read, route.from_begin || read != lanes.stream));
        lanes.destinations.push_back({lane, to.name, to.branch});
        if (to.is_tap()) continue;
        WEIR_TRY(const auto state, journal_->lane_state(lane));
        reached = std::max(reached, flow::reached(state));
    }
    lanes.aside = std::make_shared<flow::AsideBook>(route.name, lanes.steps, reached, *journal_, clock_);
    return lanes;
}

Status Host::install(PreparedRoute&& prepared) {
    const std::string name = prepared.route->name;
    RunningRoute running;
    running.fingerprint = prepared.workshop->fingerprint(*prepared.route);
    running.paused = std::make_shared<std::atomic<bool>>(marked_paused("route/" + name));
    WEIR_TRY(const Lanes lanes, open_lanes(prepared));
    RunningRoute& known = routes_[name] = std::move(running);
    if (prepared.staged) WEIR_CHECK_OK(install_stager(prepared, lanes));
    if (prepared.staged) known.pipes.push_back(name);
    bool first = true;
    for (PreparedDestination& destination : prepared.destinations) {
        if (auto status = install_destination(prepared, destination, lanes, first, known); !status) {
            return std::move(status).error().in("destination " + destination.to->name);
        }
        first = first && destination.to->is_tap();
    }
    return ok();
}

Result<journal::StreamId> Host::install_stager(PreparedRoute& prepared, const Lanes& lanes) {
    const std::string& name = prepared.route->name;
    WEIR_TRY(const journal::StreamId into, journal_->open_stream(name + "/staged"));
    WEIR_TRY(auto state, journal_->lane_state(lanes.steps));
    flow::Reader::Settings settings;
    settings.route = name;
    settings.stream = lanes.stream;
    settings.steps_lane = lanes.steps;
    settings.groups_max = 1;
    flow::Reader reader(settings, std::move(prepared.staged_steps), *journal_, clock_, state.progress.position);
    reader.post_redo(std::move(state.live));
    engine_->add(name, std::make_unique<flow::Stager>(flow::Stager::Settings{name, lanes.steps, into},
                                                      std::move(reader), *journal_, clock_, state.progress));
    return into;
}

flow::LaneSettings Host::lane_settings(const PreparedRoute& prepared, const PreparedDestination& destination,
                                       journal::LaneId id) {
    const config::Destination& to = *destination.to;
    const Target& shared = targets_.at(to.connection);
    return flow::lane_settings(*prepared.route, to, id, *destination.sink, *shared.gate, shared.posted,
                               prepared.workshop->config().journal.retention_age);
}

Status Host::install_destination(PreparedRoute& prepared, PreparedDestination& destination, const Lanes& lanes,
                                 bool first, RunningRoute& running) {
    const config::Route& route = *prepared.route;
    const std::string& connection = destination.to->connection;
    const std::string& name = destination.to->name;
    const bool tap = destination.to->is_tap();
    const auto lane = std::ranges::find(lanes.destinations, name, &flow::LaneName::destination);
    flow::LaneSettings settings = lane_settings(prepared, destination, lane->id);
    WEIR_TRY(auto state, journal_->lane_state(lane->id));
    flow::Lane resumed(std::move(settings), std::move(state), flow::now_of(clock_), seed_of(clock_, lane->id));

    flow::Reader::Settings reading;
    reading.route = route.name;
    reading.stream = lanes.stream;
    if (prepared.staged && !tap) {
        WEIR_TRY(reading.stream, journal_->open_stream(route.name + "/staged"));
    }
    reading.steps_lane = lanes.steps;
    reading.destination = name;
    reading.branch = destination.to->branch;
    reading.tap = tap;
    // A stager writes it in the same transaction as outputs and position.
    if (!prepared.staged && !tap) reading.aside = lanes.aside;
    reading.takes_aside = first && reading.aside != nullptr;
    for (std::size_t i = 0; i < lanes.destinations.size(); ++i) {
        // A tap saw the record already.
        if (!prepared.destinations[i].to->is_tap()) reading.lanes.push_back(lanes.destinations[i]);
    }
    reading.hand_over = [this](std::vector<journal::DeliveryRow>&& rows) { engine_->post(std::move(rows)); };
    auto reader =
        std::make_unique<flow::Reader>(reading, std::move(destination.steps), *journal_, clock_, resumed.next_offset());
    if (reading.takes_aside) {
        WEIR_TRY(auto aside, journal_->lane_state(lanes.steps));
        reader->post_redo(std::move(aside.live));
    }
    flow::LaneWorker::Settings worker;
    worker.deadline = destination.to->deadline;
    worker.linger = destination.to->linger;
    worker.gate = targets_.at(connection).gate;
    worker.caller = destination.caller;
    worker.paused = running.paused;
    worker.run_steps = [to = reader.get()](std::vector<journal::DeliveryRow>&& rows) {
        to->post_redo(std::move(rows));
    };
    const std::string pipe = route.name + "/" + name;
    engine_->add(
        pipe, std::move(reader),
        std::make_unique<flow::LaneWorker>(std::move(worker), std::move(resumed), std::move(destination.factory),
                                           std::move(destination.sink), *journal_, clock_));
    running.pipes.push_back(pipe);
    return ok();
}

void Host::uninstall(const std::string& route) {
    const auto found = routes_.find(route);
    if (found == routes_.end()) return;
    for (const std::string& pipe : found->second.pipes) engine_->remove(pipe, kDrainCall);
    routes_.erase(found);
}

// ---------------------------------------------------------------------------------------------- sources

Result<Host::PreparedSource> Host::prepare_source(const std::shared_ptr<const Workshop>& workshop,
                                                  const std::string& name) {
    PreparedSource prepared;
    prepared.connection = &workshop->config().connections.at(name);
    prepared.source.workshop = workshop;
    prepared.source.fingerprint = workshop->fingerprint(*prepared.connection);
    WEIR_TRY(const journal::StreamId stream, journal_->open_stream(name));
    WEIR_TRY(const auto component, workshop->source_component(*prepared.connection));
    const bool stable_ids = (component.component->traits & WEIR_TRAIT_STABLE_IDS) != 0;
    auto intake = std::make_unique<flow::StreamIntake>(*journal_, stream, stable_ids);
    WEIR_TRY(auto source, workshop->make_source(*prepared.connection, component, *intake));
    prepared.source.runner = std::make_unique<SourceRunner>(name, std::move(intake), std::move(source), clock_);
    return prepared;
}

// The one before, if there is one, has been stopped: its last cursors are in the journal.
Status Host::install_source(PreparedSource&& prepared, bool start) {
    const std::string& name = prepared.connection->name;
    WEIR_TRY(const journal::StreamId stream, journal_->open_stream(name));
    WEIR_TRY(const auto cursors, journal_->cursors(stream));
    WEIR_CHECK_OK(prepared.source.runner->resume(cursors));
    RunningSource& source = sources_[name] = std::move(prepared.source);
    return start ? source.runner->start() : ok();
}

}  // namespace weir::app
