// The two structs that go along with nearly every call into a plugin: weir_call in, weir_error out.
#pragma once

#include <weir/plugin.h>
#include <weir/result.hpp>

#include <atomic>
#include <string>

#include "runtime/plugin/handles.hpp"

namespace weir::plugin {

// A weir_call for the duration of one call. Does not move: the plugin holds its address.
class AbiCall {
  public:
    explicit AbiCall(const CallContext& context) noexcept;
    AbiCall(const AbiCall&) = delete;
    AbiCall& operator=(const AbiCall&) = delete;
    [[nodiscard]] const weir_call* get() const noexcept { return &abi_; }

  private:
    static std::uint32_t is_cancelled(const weir_call* call) noexcept;
    weir_call abi_{};  // first, so that the address leads back here
    const std::atomic<bool>* cancelled_;
};

// A weir_error to be filled. A status below zero without detail still gives an error that says something.
class AbiError {
  public:
    AbiError() noexcept { abi_.struct_size = sizeof abi_; }
    [[nodiscard]] weir_error* get() noexcept { return &abi_; }
    // `what` names the call: "create", "deliver". The code is the plugin's, or the status's name in lower case.
    [[nodiscard]] Error error(weir_status status, std::string_view what) const;

  private:
    weir_error abi_{};
};

// >= 0: ok, an unknown value included. < 0: which move the engine has.
[[nodiscard]] CallEnd call_end(weir_status status) noexcept;
[[nodiscard]] std::string_view status_name(weir_status status) noexcept;
// A view the plugin filled: one that points nowhere is absent.
[[nodiscard]] inline std::string_view plugin_view(weir_str s) noexcept {
    return s.data == nullptr ? std::string_view{} : std::string_view(s.data, s.size);
}
// At most `max` bytes, without cutting a UTF-8 character in two.
[[nodiscard]] std::string bounded_text(std::string_view text, std::size_t max);

}  // namespace weir::plugin
