#include "runtime/admin/lockout.hpp"

#include <algorithm>

namespace weir::admin {

namespace {

std::string_view address_of(std::string_view remote) { return remote.substr(0, remote.rfind(':')); }

}  // namespace

std::optional<std::int64_t> Lockout::wait_ns(std::string_view remote, std::int64_t now_ns) {
    const std::scoped_lock lock(mutex_);
    const auto found = addresses_.find(address_of(remote));
    if (found == addresses_.end()) return std::nullopt;
    const std::int64_t left = found->second.first_ns + kWindowNs - now_ns;
    if (left <= 0) {
        addresses_.erase(found);
        return std::nullopt;
    }
    if (found->second.count < kFailuresMax) return std::nullopt;
    return left;
}

void Lockout::failed(std::string_view remote, std::int64_t now_ns) {
    const std::scoped_lock lock(mutex_);
    if (addresses_.size() >= kAddressesMax && !addresses_.contains(address_of(remote))) {
        addresses_.erase(
            std::ranges::min_element(addresses_, {}, [](const auto& entry) { return entry.second.first_ns; }));
    }
    Failures& failures = addresses_[std::string(address_of(remote))];
    if (failures.count == 0 || now_ns - failures.first_ns >= kWindowNs) failures = {now_ns, 0};
    ++failures.count;
}

void Lockout::succeeded(std::string_view remote) {
    const std::scoped_lock lock(mutex_);
    const auto found = addresses_.find(address_of(remote));
    if (found != addresses_.end()) addresses_.erase(found);
}

}  // namespace weir::admin
