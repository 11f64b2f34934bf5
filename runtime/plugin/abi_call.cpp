#include "runtime/plugin/abi_call.hpp"

#include <cstring>

namespace weir::plugin {

namespace {

Errc to_errc(weir_status status) noexcept {
    switch (status) {
        case WEIR_E_RETRY:
        case WEIR_E_DISCONNECTED:
        case WEIR_E_BUSY:
            return Errc::unavailable;
        case WEIR_E_CANCELLED:
            return Errc::cancelled;
        case WEIR_E_NOT_FOUND:
        case WEIR_E_UNSUPPORTED:
            return Errc::not_found;
        case WEIR_E_CONFIG:
        case WEIR_E_TOO_LARGE:
        case WEIR_E_PROTOCOL:
            return Errc::invalid;
        default:
            return Errc::unknown;  // FATAL, INTERNAL and values of a later minor: it broke somewhere inside
    }
}

template <std::size_t N>
std::string_view field(const char (&text)[N]) noexcept {
    return {text, ::strnlen(text, N)};
}

}  // namespace

AbiCall::AbiCall(const CallContext& context) noexcept : cancelled_(context.cancelled) {
    abi_.struct_size = sizeof abi_;
    abi_.flags = context.flags;
    abi_.id = context.id;
    abi_.deadline_mono_ns = context.deadline_mono_ns;
    abi_.traceparent = str(context.traceparent);
    abi_.cancelled = &AbiCall::is_cancelled;
}

std::uint32_t AbiCall::is_cancelled(const weir_call* call) noexcept {
    const auto* flag = reinterpret_cast<const AbiCall*>(call)->cancelled_;
    return flag != nullptr && flag->load(std::memory_order_relaxed) ? 1 : 0;
}

Error AbiError::error(weir_status status, std::string_view what) const {
    const std::string_view message = field(abi_.message);
    const std::string_view pointer = field(abi_.pointer);
    const std::string_view code = field(abi_.code);
    Error error{to_errc(status), {}, std::string(code.empty() ? status_name(status) : code), {}};
    if (!pointer.empty()) error.message = std::string(pointer) + ": ";
    error.message += message.empty() ? std::string(what) + " failed: " + std::string(status_name(status))
                                     : bounded_text(message, message.size());
    return error;
}

CallEnd call_end(weir_status status) noexcept {
    if (status >= 0) return CallEnd::ok;
    switch (status) {
        case WEIR_E_DISCONNECTED:
            return CallEnd::disconnected;
        case WEIR_E_RETRY:
        case WEIR_E_BUSY:
        case WEIR_E_CANCELLED:
        case WEIR_E_TOO_LARGE:
            return CallEnd::busy;
        default:
            return CallEnd::broken;
    }
}

std::string_view status_name(weir_status status) noexcept {
    constexpr std::string_view kNames[] = {"retry",       "disconnected", "config",    "fatal",    "cancelled", "busy",
                                           "unsupported", "not_found",    "too_large", "protocol", "internal"};
    if (status >= 0) return "ok";
    const auto index = static_cast<std::size_t>(-(static_cast<std::int64_t>(status) + 1));
    return index < std::size(kNames) ? kNames[index] : "fatal";
}

std::string bounded_text(std::string_view text, std::size_t max) {
    if (text.size() <= max) return std::string(text);
    const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; };
    while (max > 0 && continues(text[max])) --max;
    return std::string(text.substr(0, max));
}

}  // namespace weir::plugin
