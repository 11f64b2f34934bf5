#include "runtime/flow/events.hpp"

#include "runtime/base/log.hpp"

namespace weir::flow::events {

void steps_failed(std::string_view route, const Error& error, std::uint32_t tries) {
    log::warn("steps failed", {{"route", route}, {"try", tries}, {"code", error.code}, {"error", error.message}});
}
void journal_refused(std::string_view route, std::string_view destination, const Error& error) {
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
void source_failed(std::string_view connection, const Error& error) {
    log::warn("source failed", {{"connection", connection}, {"code", error.code}, {"error", error.message}});
}

}  // namespace weir::flow::events
