// One function per thing that happens in delivery: it logs. Nothing else in flow writes a warning or an error.
#pragma once

#include <cstdint>
#include <string_view>

#include <weir/result.hpp>

namespace weir::flow::events {

void steps_failed(std::string_view route, const Error& error, std::uint32_t tries);
void step_waits(std::string_view route, const Error& error);
void step_goes_on(std::string_view route, std::uint32_t waits);
void journal_refused(std::string_view route, std::string_view destination, const Error& error);
void sink_start_failed(std::string_view route, std::string_view destination, const Error& error,
                       std::uint32_t failures);
void sink_started(std::string_view route, std::string_view destination);
void sink_broken(std::string_view route, std::string_view destination, const Error& error);
void sink_call_failed(std::string_view route, std::string_view destination, const Error& error);
void record_put_aside(std::string_view route, std::string_view state, std::string_view code, std::uint64_t offset);
void breaker_opened(std::string_view connection, std::uint32_t failures, std::int64_t for_ns);
void breaker_closed(std::string_view connection);
void source_failed(std::string_view connection, const Error& error);

}  // namespace weir::flow::events
