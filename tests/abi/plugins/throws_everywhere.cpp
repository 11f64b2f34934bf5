// Throws from the place and of the kind its configuration names: {"at": "create" | "start" | "call" | "flush" |
// "resolve" | "resume" | "probe" | "limits" | "never", "what": "exception" | "number"}. Nothing of it may reach the
// host but a status.
#include <weir/sdk.hpp>

#include <stdexcept>
#include <string_view>

namespace {

struct Config {
    std::string at = "call";
    std::string what = "exception";
};
WEIR_CONFIG(Config, at, what)

void maybe_throw(const Config& config, std::string_view place) {
    if (config.at != place) return;
    if (config.what == "number") throw 42;
    throw std::runtime_error("thrown at " + config.at);
}

class Source final : public weir::PolledSource<Config> {
  public:
    Source(weir::Host host, Config config) : PolledSource(host, std::move(config)) { maybe_throw(cfg(), "create"); }
    void start(weir::Call&) override { maybe_throw(cfg(), "start"); }
    void probe(weir::Call&) override { maybe_throw(cfg(), "probe"); }
    void resume(std::string_view, std::string_view) override { maybe_throw(cfg(), "resume"); }
    weir::Polled poll(weir::Call&, weir::Outlet&, const weir::PollLimits&) override {
        maybe_throw(cfg(), "call");
        return weir::Polled::idle;
    }
};

class Transform final : public weir::Transform<Config> {
  public:
    Transform(weir::Host host, Config config) : weir::Transform<Config>(host, std::move(config)) {
        maybe_throw(cfg(), "create");
    }
    void start(weir::Call&) override { maybe_throw(cfg(), "start"); }
    void probe(weir::Call&) override { maybe_throw(cfg(), "probe"); }
    // Only records whose payload is "bad" throw: the others of the batch must survive.
    void each(weir::Call&, const weir::Record& in, weir::Emit& emit) override {
        if (in.payload() == "bad") maybe_throw(cfg(), "call");
        emit.pass();
    }
};

class Sink final : public weir::Sink<Config> {
  public:
    Sink(weir::Host host, Config config) : weir::Sink<Config>(host, std::move(config)) { maybe_throw(cfg(), "create"); }
    void start(weir::Call&) override { maybe_throw(cfg(), "start"); }
    void probe(weir::Call&) override { maybe_throw(cfg(), "probe"); }
    void limits(weir_sink_limits&) override { maybe_throw(cfg(), "limits"); }
    void flush(weir::Call&) override { maybe_throw(cfg(), "flush"); }
    void resolve(weir::Call&, weir::Delivery&) override { maybe_throw(cfg(), "resolve"); }
    void deliver(weir::Call&, weir::Delivery& delivery) override {
        maybe_throw(cfg(), "call");
        for (const weir::Item item : delivery) item.delivered();
    }
};

}  // namespace

WEIR_COMPONENT(source, Source, 0)
WEIR_COMPONENT(transform, Transform, WEIR_TRAIT_PURE)
WEIR_COMPONENT(sink, Sink, 0)
WEIR_PLUGIN(&source, &transform, &sink)
