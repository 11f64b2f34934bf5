#include "runtime/flow/events.hpp"

#include "runtime/base/counters.hpp"
#include "runtime/base/log.hpp"

namespace weir::flow::events {

void steps_failed(std::string_view route, const Error& error, std::uint32_t tries) {
    log::warn("steps failed", {{"route", route}, {"try", tries}, {"code", error.code}, {"error", error.message}});
}
void step_waits(std::string_view route, const Error& error) {
    log::warn("records wait for what a step needs", {{"route", route}, {"error", error.message}});
}
void step_goes_on(std::string_view route, std::uint32_t waits) {
    log::info("a step has what it waited for", {{"route", route}, {"waits", waits}});
}
void journal_refused(std::string_view route, std::string_view destination, const Error& error) {
    count(Counter::journal_refused);
    log::error("journal refused a transition",
               {{"route", route}, {"destination", destination}, {"code", error.code}, {"error", error.message}});
}
void sink_start_failed(std::string_view route, std::string_view destination, const Error& error,
                       std::uint32_t failures) {
    log::warn("sink did not start", {{"route", route},
                                     {"destination", destination},
                                     {"failures", failures},
                                     {"code", error.code},
                                     {"error", error.message}});
}
void sink_started(std::string_view route, std::string_view destination) {
    log::debug("sink started", {{"route", route}, {"destination", destination}});
}
void sink_broken(std::string_view route, std::string_view destination, const Error& error) {
    count(Counter::sink_broken);
    log::error("sink broke, a new instance takes over",
               {{"route", route}, {"destination", destination}, {"code", error.code}, {"error", error.message}});
}
void sink_call_failed(std::string_view route, std::string_view destination, const Error& error) {
    log::warn("sink call failed",
              {{"route", route}, {"destination", destination}, {"code", error.code}, {"error", error.message}});
}
void record_put_aside(std::string_view route, std::string_view state, std::string_view code, std::uint64_t offset) {
    if (!log::enabled(log::Level::debug)) return;
    log::debug("record put aside", {{"route", route}, {"state", state}, {"code", code}, {"offset", offset}});
}
void breaker_opened(std::string_view connection, std::uint32_t failures, std::int64_t for_ns) {
    log::warn("nothing is sent to a connection that fails",
              {{"connection", connection}, {"failures", failures}, {"for_ms", for_ns / 1'000'000}});
}

void breaker_closed(std::string_view connection) {
    log::info("a connection works again", {{"connection", connection}});
}

void source_failed(std::string_view connection, const Error& error) {
    log::warn("source failed", {{"connection", connection}, {"code", error.code}, {"error", error.message}});
}

}  // namespace weir::flow::events
