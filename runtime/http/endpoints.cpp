#include "runtime/http/endpoints.hpp"

#include <algorithm>
#include <mutex>

namespace weir::http {

namespace {

// What can stand in a request line as a path (RFC 3986 section 3.3) and names one endpoint.
bool is_path(std::string_view path) {
    constexpr std::string_view kMarks = "-._~!$&'()*+,;=:@/%";
    return path.starts_with('/') && std::all_of(path.begin(), path.end(), [&](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      kMarks.find(c) != std::string_view::npos;
           });
}

}  // namespace

bool Endpoint::handle(const weir_http_incoming& request) {
    const bool entered = (gate_.fetch_add(1) & kClosed) == 0;
    if (entered) handle_(arg_, &request);
    // The last one out wakes whoever waits in close().
    if (gate_.fetch_sub(1) == (kClosed | 1u)) gate_.notify_all();
    return entered;
}

void Endpoint::close() {
    std::uint32_t gate = gate_.fetch_or(kClosed) | kClosed;
    while (gate != kClosed) {
        gate_.wait(gate);
        gate = gate_.load();
    }
}

Result<std::uint64_t> Endpoints::add(const weir_http_endpoint& endpoint, std::uint64_t host_body_max) {
    const std::string_view path(endpoint.path.data, endpoint.path.size);
    if (!is_path(path)) {
        return Error{Errc::invalid,
                     "not an URL path: \"" + std::string(path) + "\", expected one like \"/v1/usage\"",
                     "bad_path",
                     {}};
    }
    const std::unique_lock lock(mutex_);
    Endpoint*& entry = by_path_[std::string(path)];
    if (entry != nullptr && entry->open()) {
        return Error{Errc::conflict, "path \"" + std::string(path) + "\" is taken by another source", "path_taken", {}};
    }
    entry = open_endpoint(endpoint, host_body_max);
    return all_.size();
}

Result<std::uint64_t> Endpoints::add_rest(const weir_http_endpoint& endpoint, std::uint64_t host_body_max) {
    const std::unique_lock lock(mutex_);
    if (rest_ != nullptr && rest_->open())
        return Error{Errc::conflict, "the rest of the paths is taken", "path_taken", {}};
    rest_ = open_endpoint(endpoint, host_body_max);
    return all_.size();
}

// The operator's limit holds for every endpoint; a plugin may only ask for less.
Endpoint* Endpoints::open_endpoint(const weir_http_endpoint& endpoint, std::uint64_t host_body_max) {
    const std::uint64_t body_max = endpoint.body_max != 0 ? std::min(endpoint.body_max, host_body_max) : host_body_max;
    return &all_.emplace_back(body_max, endpoint.handle, endpoint.arg);
}

void Endpoints::close(std::uint64_t number) {
    Endpoint* endpoint = nullptr;
    {
        const std::shared_lock lock(mutex_);
        if (number == 0 || number > all_.size()) return;
        endpoint = &all_[number - 1];
    }
    endpoint->close();  // outside the lock: it waits for handlers, which may look up or add paths
}

Endpoint* Endpoints::find(std::string_view path) const {
    const std::shared_lock lock(mutex_);
    const auto found = by_path_.find(path);
    return found == by_path_.end() ? rest_ : found->second;
}

}  // namespace weir::http
