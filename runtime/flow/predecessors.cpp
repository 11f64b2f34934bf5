#include "runtime/flow/predecessors.hpp"

namespace weir::flow {

namespace {

constexpr std::size_t kKnownMax = 100'000;

std::string name_of(std::string_view object, std::string_view key) {
    std::string name(object);
    name += '\n';
    name += key;
    return name;
}

}  // namespace

std::string PostedObjects::scope(std::string_view object) const {
    return "posted/" + connection_ + "/" + std::string(object);
}

bool PostedObjects::has(std::string_view object, std::string_view key) {
    std::string name = name_of(object, key);
    {
        const std::scoped_lock lock(mutex_);
        if (known_.contains(name)) return true;
    }
    const auto stored = journal_.state_get(scope(object), key);
    if (!stored || !*stored) return false;
    const std::scoped_lock lock(mutex_);
    if (known_.size() >= kKnownMax) known_.clear();
    known_.insert(std::move(name));
    return true;
}

journal::StateWrite PostedObjects::add(std::string_view object, std::string_view key, std::string_view reference,
                                       std::int64_t expires_wall_ns) {
    {
        const std::scoped_lock lock(mutex_);
        if (known_.size() >= kKnownMax) known_.clear();
        known_.insert(name_of(object, key));
    }
    return {scope(object), std::string(key), std::string(reference), expires_wall_ns};
}

}  // namespace weir::flow
