#include "call_log.hpp"

#include <algorithm>

namespace weir::standin {

namespace {

constexpr std::size_t kEntriesMax = 100'000;

Json to_json(const CallEntry& entry) {
    return {{"n", entry.number},          {"at_ms", entry.at_ms},
            {"done_ms", entry.done_ms},   {"method", entry.method},
            {"target", entry.target},     {"path", entry.target.substr(0, entry.target.find('?'))},
            {"ref", entry.ref},           {"key", entry.key},
            {"status", entry.status},     {"faults", entry.faults},
            {"replayed", entry.replayed}, {"committed", entry.committed}};
}

}  // namespace

std::int64_t CallLog::begin(CallEntry entry) {
    entry.number = ++last_;
    entries_.push_back(std::move(entry));
    if (entries_.size() > kEntriesMax) entries_.pop_front();
    return last_;
}

CallEntry* CallLog::find(std::int64_t number) {
    if (entries_.empty() || number < entries_.front().number) return nullptr;
    const auto index = static_cast<std::size_t>(number - entries_.front().number);
    return index < entries_.size() ? &entries_[index] : nullptr;
}

Json CallLog::list(std::int64_t after) const {
    Json all = Json::array();
    for (const CallEntry& entry : entries_) {
        if (entry.number > after) all.push_back(to_json(entry));
    }
    return all;
}

}  // namespace weir::standin
