#include "runtime/plugin/secret_service.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/plugin/abi_call.hpp"

namespace weir::plugin {

namespace {

constexpr std::size_t kRedactMin = 4;
constexpr std::size_t kRememberedMax = 64;  // rotation brings new values; the oldest are forgotten

void wipe(std::string& text) { OPENSSL_cleanse(text.data(), text.size()); }

void fill(weir_error* error, std::string_view code, std::string_view message) {
    if (error == nullptr || error->struct_size < sizeof(weir_error)) return;
    const auto put = [](auto& field, std::string_view text) {
        const std::size_t size = std::min(text.size(), sizeof field - 1);
        std::memcpy(field, text.data(), size);
        field[size] = '\0';
    };
    put(error->code, code);
    put(error->pointer, "");
    put(error->message, message);
}

}  // namespace

SecretService::SecretService(const SecretLookup& lookup) : lookup_(lookup) {
    service_.owner = this;
    service_.table = {sizeof(weir_svc_secrets), 0,
                      [](const void* self, const weir_host*, weir_str name, char* buffer, std::size_t* size,
                         weir_error* error) noexcept {
                          if (self == nullptr) return weir_status{WEIR_E_PROTOCOL};
                          return static_cast<const Service*>(self)->owner->get(name, buffer, size, error);
                      }};
}

SecretService::~SecretService() {
    for (std::string& value : given_) wipe(value);
}

weir_status SecretService::get(weir_str name, char* buffer, std::size_t* size, weir_error* error) {
    if (size == nullptr || (buffer == nullptr && *size > 0) || name.data == nullptr) return WEIR_E_PROTOCOL;
    if (closed_) return WEIR_E_CANCELLED;
    auto found = lookup_(view(name));
    if (!found) {
        fill(error, found.error().code, found.error().message);
        const bool missing = found.error().errc == Errc::not_found || found.error().errc == Errc::rejected;
        return missing ? WEIR_E_NOT_FOUND : WEIR_E_RETRY;
    }
    std::string& value = *found;
    const std::size_t capacity = std::exchange(*size, value.size());
    weir_status status = WEIR_E_TOO_LARGE;
    if (value.size() <= capacity) {
        remember(value);
        if (!value.empty()) std::memcpy(buffer, value.data(), value.size());
        status = WEIR_OK;
    }
    wipe(value);
    return status;
}

void SecretService::remember(const std::string& value) {
    if (value.size() < kRedactMin) return;
    const std::lock_guard lock(mutex_);
    if (std::find(given_.begin(), given_.end(), value) != given_.end()) return;
    if (given_.size() == kRememberedMax) {
        wipe(given_.front());
        given_.erase(given_.begin());
    }
    given_.push_back(value);
    any_given_ = true;
}

std::string SecretService::redact(std::string_view text) const {
    std::string result(text);
    if (!any_given_) return result;
    const std::lock_guard lock(mutex_);
    for (const std::string& secret : given_) {
        for (auto at = result.find(secret); at != std::string::npos; at = result.find(secret, at + 3)) {
            result.replace(at, secret.size(), "***");
        }
    }
    return result;
}

}  // namespace weir::plugin
