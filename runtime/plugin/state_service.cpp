#include "runtime/plugin/state_service.hpp"

#include <cassert>
#include <cstring>
#include <optional>
#include <utility>

#include "runtime/base/log.hpp"
#include "runtime/plugin/abi_call.hpp"

namespace weir::plugin {

namespace {

constexpr std::size_t kKeyMax = 512;
constexpr std::size_t kValueMax = 1u << 20;

weir_status check_key(weir_str key) {
    if (key.data == nullptr || key.size == 0) return WEIR_E_PROTOCOL;
    return key.size > kKeyMax ? WEIR_E_TOO_LARGE : WEIR_OK;
}

// Capacity going in, length coming out.
weir_status give(const std::optional<std::string>& value, char* buffer, std::size_t* size) {
    if (!value) return WEIR_E_NOT_FOUND;
    const std::size_t capacity = std::exchange(*size, value->size());
    if (value->size() > capacity) return WEIR_E_TOO_LARGE;
    if (!value->empty()) std::memcpy(buffer, value->data(), value->size());
    return WEIR_OK;
}

}  // namespace

StateService::StateService(StateReader& reader, std::string scope, const Clock& clock)
    : reader_(reader), scope_(std::move(scope)), clock_(clock) {
    service_.owner = this;
    service_.table = {
        sizeof(weir_svc_state), 0,
        [](const void* self, std::uint64_t call, weir_str key, char* buffer, std::size_t* size) noexcept {
            return self == nullptr ? WEIR_E_PROTOCOL : of(self).get(call, key, buffer, size);
        },
        [](const void* self, std::uint64_t call, weir_str key, weir_str value, std::int64_t ttl_ns) noexcept {
            if (self == nullptr || ttl_ns < 0) return weir_status{WEIR_E_PROTOCOL};
            if (value.size > kValueMax) return weir_status{WEIR_E_TOO_LARGE};
            return of(self).write(call, key, {{}, std::string(plugin_view(value)), ttl_ns});
        },
        [](const void* self, std::uint64_t call, weir_str key) noexcept {
            return self == nullptr ? WEIR_E_PROTOCOL : of(self).write(call, key, {});
        }};
}

StateService& StateService::of(const void* self) noexcept { return *static_cast<const Service*>(self)->owner; }

weir_status StateService::get(std::uint64_t call_id, weir_str key, char* buffer, std::size_t* size) {
    if (size == nullptr || (buffer == nullptr && *size > 0)) return WEIR_E_PROTOCOL;
    if (const weir_status bad = check_key(key); bad != WEIR_OK) return bad;
    {
        const std::lock_guard lock(mutex_);
        const auto session = sessions_.find(call_id);
        if (session == sessions_.end()) return WEIR_E_PROTOCOL;
        const auto own = session->second.index.find(view(key));
        if (own != session->second.index.end()) {
            const Write& write = session->second.list[own->second];
            const bool expired = write.change.ttl_ns > 0 && clock_.wall_ns() - write.at_unix_ns >= write.change.ttl_ns;
            return give(expired ? std::nullopt : write.change.value, buffer, size);
        }
    }
    auto stored = reader_.get(scope_, view(key));
    if (!stored) {
        log::error("state cannot be read", {{"scope", scope_}, {"code", stored.error().code}});
        return WEIR_E_RETRY;
    }
    return give(*stored, buffer, size);
}

weir_status StateService::write(std::uint64_t call_id, weir_str key, StateChange change) {
    if (const weir_status bad = check_key(key); bad != WEIR_OK) return bad;
    const std::lock_guard lock(mutex_);
    const auto session = sessions_.find(call_id);
    if (session == sessions_.end()) return WEIR_E_PROTOCOL;
    Writes& writes = session->second;
    change.key = std::string(view(key));
    const auto [place, is_new] = writes.index.try_emplace(change.key, writes.list.size());
    if (is_new) writes.list.emplace_back();
    writes.list[place->second] = {std::move(change), clock_.wall_ns()};
    return WEIR_OK;
}

void StateService::close() {
    const std::lock_guard lock(mutex_);
    sessions_.clear();
}

StateService::Session::Session(StateService* service, std::uint64_t call_id) : service_(service), call_id_(call_id) {
    if (service_ == nullptr) return;
    const std::lock_guard lock(service_->mutex_);
    [[maybe_unused]] const bool is_new = service_->sessions_.try_emplace(call_id).second;
    assert(is_new && "two calls at once have the same id");
}

StateService::Session::~Session() {
    if (service_ == nullptr) return;
    const std::lock_guard lock(service_->mutex_);
    service_->sessions_.erase(call_id_);
}

std::vector<StateChange> StateService::Session::take() {
    std::vector<StateChange> changes;
    if (service_ == nullptr) return changes;
    const std::lock_guard lock(service_->mutex_);
    for (Write& write : service_->sessions_[call_id_].list) changes.push_back(std::move(write.change));
    service_->sessions_[call_id_] = {};
    return changes;
}

}  // namespace weir::plugin
