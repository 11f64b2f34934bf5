#include "store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace weir::standin {

namespace {

constexpr const char* kSequences = "sequences";

Error unavailable(const std::string& path, const char* what) {
    return {Errc::unavailable, "state file \"" + path + "\": " + what + ": " + std::strerror(errno), "state_file", {}};
}

}  // namespace

Store::~Store() {
    if (file_ >= 0) ::close(file_);
}

Status Store::open(const std::string& path) {
    path_ = path;
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file_ < 0) return unavailable(path, "open");
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    std::size_t begin = 0;
    for (std::size_t line = 1; begin < text.size(); ++line) {
        const std::size_t end = text.find('\n', begin);
        if (end == std::string::npos) break;
        const auto changes = parse_json(std::string_view(text).substr(begin, end - begin));
        if (!changes.ok() || !changes->is_array()) {
            return Error{
                Errc::corrupt, "state file \"" + path + "\": line " + std::to_string(line) + " is no commit", {}, {}};
        }
        for (const Json& change : *changes) apply(change);
        begin = end + 1;
    }
    if (begin < text.size() && ::ftruncate(file_, static_cast<off_t>(begin)) != 0) return unavailable(path, "truncate");
    return ok();
}

void Store::apply(const Json& change) {
    if (!change.is_array() || change.size() != 3) {
        collections_.clear();  // [] is what clear() wrote
        return;
    }
    const auto collection = text_of(change[0]), key = text_of(change[1]);
    if (change[2].is_null()) {
        collections_[collection].erase(key);
    } else {
        collections_[collection][key] = change[2];
    }
}

const Json* Store::find(const std::string& collection, const std::string& key) const {
    const Collection& all = this->collection(collection);
    const auto found = all.find(key);
    return found == all.end() ? nullptr : &found->second;
}

const Store::Collection& Store::collection(const std::string& name) const {
    static const Collection none;
    const auto found = collections_.find(name);
    return found == collections_.end() ? none : found->second;
}

void Store::put(const std::string& collection, const std::string& key, Json value) {
    if (file_ >= 0) changes_.push_back({collection, key, value});
    collections_[collection][key] = std::move(value);
}

void Store::erase(const std::string& collection, const std::string& key) {
    if (file_ >= 0) changes_.push_back({collection, key, nullptr});
    collections_[collection].erase(key);
}

void Store::clear() {
    if (file_ >= 0) changes_.push_back(Json::array());
    collections_.clear();
}

std::int64_t Store::next_number(const std::string& sequence) {
    const Json* last = find(kSequences, sequence);
    const std::int64_t next = last == nullptr ? 1 : last->get<std::int64_t>() + 1;
    put(kSequences, sequence, next);
    return next;
}

std::string Store::next_id(const std::string& sequence, const std::string& prefix) {
    constexpr std::size_t kDigits = 8;
    const std::string number = std::to_string(next_number(sequence));
    return prefix + std::string(kDigits - std::min(kDigits, number.size()), '0') + number;
}

Status Store::commit() {
    if (changes_.empty()) return ok();
    const std::string line = changes_.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    changes_ = Json::array();
    std::size_t done = 0;
    while (done < line.size()) {
        const ssize_t written = ::write(file_, line.data() + done, line.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return unavailable(path_, "write");
        done += static_cast<std::size_t>(written);
    }
    if (::fdatasync(file_) != 0) return unavailable(path_, "sync");
    return ok();
}

}  // namespace weir::standin
