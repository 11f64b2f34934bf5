#include "runtime/admin/server.hpp"

#include <weir/http_listener.h>

#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "runtime/admin/answer.hpp"
#include "runtime/admin/gate.hpp"
#include "runtime/admin/metrics.hpp"
#include "runtime/admin/openapi.hpp"
#include "runtime/admin/router.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/record_batch.hpp"
#include "runtime/http/server.hpp"

namespace weir::admin {

namespace {

constexpr std::uint64_t kBodyMax = 1u << 20;
constexpr std::size_t kJobsMax = 64;
constexpr std::chrono::milliseconds kStopDeadline{2000};

// A request that may be worked on, with everything of it that work needs.
struct Job {
    std::uint64_t exchange = 0;
    const OperationInfo* operation = nullptr;
    Actor actor;
    Json given = Json::object();
    std::string body;
};

bool is_json_type(std::string_view type) {
    const std::string_view media = type.substr(0, type.find(';'));
    return media == "application/json" || media == "application/json ";
}

bool is_loopback(std::string_view listen) {
    return listen.starts_with("127.") || listen.starts_with("localhost:") || listen.starts_with("[::1]:");
}

// What stands in path, query and body, in one object.
Status add_body(Job& job) {
    if (job.body.empty()) return ok();
    WEIR_TRY(Json body, parse_json(job.body));
    if (!body.is_object()) return Error{Errc::invalid, "expected a JSON object with the parameters", "BAD_JSON", {}};
    for (auto at = body.begin(); at != body.end(); ++at) {
        if (job.given.contains(at.key())) {
            return Error{Errc::invalid, "parameter \"" + at.key() + "\" stands in the path", "BAD_PARAMETER", {}};
        }
        job.given[at.key()] = std::move(*at);
    }
    return ok();
}

class AdminServer final : public Server {
  public:
    AdminServer(const ServerOptions& options, const Plant& plant, const std::string& local)
        : options_(options),
          plant_(plant),
          started_ns_(plant.clock->mono_ns()),
          gate_(token_file(options.data_dir), local, *plant.clock) {}
    ~AdminServer() override { stop(); }

    Status open();
    [[nodiscard]] std::string address() const override { return address_; }
    void stop() override;

  private:
    static void handle(void* self, const weir_http_incoming* request) noexcept;
    // On the listener's thread: everything that needs no journal. nullopt: a job was queued.
    [[nodiscard]] std::optional<Answer> receive(const weir_http_incoming& request);
    [[nodiscard]] std::optional<Answer> queue(Job&& job);
    void respond(std::uint64_t exchange, const Answer& answer);

    void work(const std::stop_token& stop);
    [[nodiscard]] Answer run(Job& job);
    [[nodiscard]] Answer run_page(OperationId page);

    ServerOptions options_;
    Plant plant_;
    std::int64_t started_ns_;
    Gate gate_;
    std::unique_ptr<http::Server> http_;
    std::uint64_t endpoint_ = 0;
    std::string address_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<Job> jobs_;  // guarded by mutex_
    std::jthread worker_;
};

Status AdminServer::open() {
    http::ServerOptions listener;
    listener.listen = options_.listen;
    listener.threads = 1;
    listener.body_max = kBodyMax;
    listener.connections_max = 128;
    listener.tls_certificate = options_.tls_certificate;
    listener.tls_key = options_.tls_key;
    WEIR_TRY(http_, http::Server::start(listener));
    if (options_.tls_certificate.empty() && !is_loopback(options_.listen)) {
        log::warn("the administration listens beyond this machine without TLS", {{"listen", options_.listen}});
    }
    const std::string scheme = options_.tls_certificate.empty() ? "http://" : "https://";
    address_ = scheme + options_.listen.substr(0, options_.listen.rfind(':') + 1) + std::to_string(http_->port());
    worker_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
    weir_http_endpoint endpoint{};
    endpoint.struct_size = sizeof endpoint;
    endpoint.body_max = kBodyMax;
    endpoint.handle = handle;
    endpoint.arg = this;
    WEIR_TRY(endpoint_, http_->listen_to_rest(endpoint));
    const Json told{{"pid", ::getpid()}, {"admin", address_}};
    return write_private_file(options_.data_dir / "host.json", write_json(told) + "\n");
}

void AdminServer::stop() {
    if (!http_) return;
    std::error_code ignored;
    std::filesystem::remove(options_.data_dir / "host.json", ignored);
    std::filesystem::remove(options_.data_dir / "admin" / "local.token", ignored);
    http_->service()->unlisten(http_->service(), endpoint_);
    worker_.request_stop();
    if (worker_.joinable()) worker_.join();
    http_->stop(kStopDeadline);
    http_.reset();
}

// ------------------------------------------------------------------------------------------------ the listener

void AdminServer::handle(void* self, const weir_http_incoming* request) noexcept {
    auto& server = *static_cast<AdminServer*>(self);
    if (const auto answer = server.receive(*request)) server.respond(request->id, *answer);
}

std::optional<Answer> AdminServer::receive(const weir_http_incoming& request) {
    Route route = find_operation(view(request.method), view(request.path));
    const bool open =
        route.operation != nullptr && (route.operation->role == Role::anybody ||
                                       (route.operation->id == OperationId::metrics && options_.open_metrics));
    if (open && route.operation->id == OperationId::live) return answer_with(Json{{"live", true}});
    Job job;
    job.exchange = request.id;
    job.actor.role = to_string(Role::viewer);
    if (!open) {
        // Before anything else: who has no token is not told what is here.
        auto actor = gate_.admit(request);
        if (!actor) return problem(actor.error());
        job.actor = std::move(*actor);
    }
    if (route.operation == nullptr) {
        if (!route.wrong_method) return problem(404, "NOT_FOUND", "no operation has this path");
        return problem(405, "METHOD_NOT_ALLOWED", "the operation of this path has another method");
    }
    job.operation = route.operation;
    job.given = std::move(route.path_parameters);
    if (auto status = add_query(*job.operation, view(request.query), job.given); !status)
        return problem(status.error());
    const std::string_view body = view(request.body);
    if (!body.empty() && job.operation->method == "GET") {
        return problem(400, "BAD_REQUEST", "a GET takes no body");
    }
    if (!body.empty() && !is_json_type(only_header(request, "content-type").value_or(""))) {
        return problem(415, "UNSUPPORTED_MEDIA_TYPE", "expected Content-Type: application/json");
    }
    job.body = body;
    return queue(std::move(job));
}

std::optional<Answer> AdminServer::queue(Job&& job) {
    {
        const std::scoped_lock lock(mutex_);
        if (jobs_.size() < kJobsMax) {
            jobs_.push_back(std::move(job));
            wake_.notify_one();
            return std::nullopt;
        }
    }
    Answer busy = problem(503, "BUSY", "other operations wait already");
    busy.headers.emplace_back("Retry-After", "1");
    return busy;
}

void AdminServer::respond(std::uint64_t exchange, const Answer& answer) {
    std::vector<weir_attr> headers{{str("Content-Type"), str(answer.content_type)},
                                   {str("Cache-Control"), str("no-store")},
                                   {str("X-Content-Type-Options"), str("nosniff")}};
    for (const auto& [name, value] : answer.headers) headers.push_back({str(name), str(value)});
    weir_http_reply reply{};
    reply.struct_size = sizeof reply;
    reply.status = answer.status;
    reply.headers = headers.data();
    reply.header_count = static_cast<std::uint32_t>(headers.size());
    reply.body = str(answer.body);
    // Not found: the client has gone; what was asked for is done all the same.
    (void)http_->service()->respond(http_->service(), exchange, &reply);
}

// ------------------------------------------------------------------------------------------------ the worker

// Ends when it was told to and everything queued before is answered.
void AdminServer::work(const std::stop_token& stop) {
    for (;;) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, stop, [&] { return !jobs_.empty(); });
            if (jobs_.empty()) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        Answer answer;
        try {
            answer = run(job);
        } catch (const std::exception&) {
            // The top of a thread. What it says could quote the request, so it is not told.
            log::error("an operation failed", {{"operation", job.operation->name}});
            answer = problem(500, "INTERNAL", "the operation failed; this is a defect");
        }
        respond(job.exchange, answer);
    }
}

Answer AdminServer::run(Job& job) {
    const OperationInfo& operation = *job.operation;
    if (auto status = add_body(job); !status) return problem(status.error());
    if (operation.kind == OperationKind::page) {
        if (auto checked = check_parameters(operation, job.given); !checked) return problem(checked.error());
        return run_page(operation.id);
    }
    OperationContext context{plant_, job.actor};
    auto result = call(operation, context, job.given);
    if (operation.kind == OperationKind::change) {
        log::info("administration", {{"operation", operation.name},
                                     {"actor", job.actor.name},
                                     {"result", result ? std::string("done") : result.error().code}});
    }
    return result ? answer_with(*result) : problem(result.error());
}

Answer AdminServer::run_page(OperationId page) {
    if (page == OperationId::openapi) return answer_with(openapi_document(options_.version));
    if (page == OperationId::metrics) {
        const MetricsContext context{options_.version, plant_.clock->mono_ns() - started_ns_, gate_.failures()};
        return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_text(plant_, context)};
    }
    const HealthReport report = plant_.live->health();
    Json problems = Json::array();
    for (const auto& [what, why] : report.problems) problems.push_back({{"what", what}, {"why", why}});
    Answer answer = answer_with(Json{{"ready", report.ready}, {"problems", problems}});
    answer.status = report.ready ? 200 : 503;
    return answer;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, const Plant& plant) {
    WEIR_TRY(const std::string local, new_secret());
    auto server = std::make_unique<AdminServer>(options, plant, local);
    WEIR_CHECK_OK(write_private_file(options.data_dir / "admin" / "local.token", local + "\n"));
    WEIR_CHECK_OK(server->open());
    return std::unique_ptr<Server>(std::move(server));
}

}  // namespace weir::admin
