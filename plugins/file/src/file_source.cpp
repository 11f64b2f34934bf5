#include "file_source.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace weir::file {
namespace {

// Upper limit of one wait: what no event announces (network file systems) is noticed after that long.
constexpr std::chrono::milliseconds kWaitMax{250};

// Only `*` and `?` are wildcards; fnmatch knows more.
std::string escaped_pattern(std::string_view name) {
    std::string pattern;
    for (const char c : name) {
        if (c == '[' || c == '\\') pattern += '\\';
        pattern += c;
    }
    return pattern;
}

bool has_wildcard(std::string_view text) noexcept { return text.find_first_of("*?") != std::string_view::npos; }

void check(const SourceConfig& config) {
    if (config.path.empty()) throw ConfigError("/path", "expected a file or a pattern like \"in/*.csv\"");
    if (config.delimiter.size() != 1 || config.delimiter == "\"" || config.delimiter == "\n") {
        throw ConfigError("/delimiter", "found \"" + config.delimiter + "\", expected one character");
    }
    constexpr std::uint32_t kRowMax = 8u << 20;
    if (config.max_row_bytes == 0 || config.max_row_bytes > kRowMax) {
        throw ConfigError("/max_row_bytes", "expected 1 to " + std::to_string(kRowMax));
    }
    if (config.envelope == Envelope::cloudevents && config.format == Format::csv) {
        throw ConfigError("/envelope", "found \"cloudevents\" with format \"csv\", expected format \"ndjson\"");
    }
    const std::pair<const char*, const std::string*> pointers[] = {
        {"/id", &config.id}, {"/key", &config.key}, {"/subject", &config.subject}, {"/time", &config.time}};
    for (const auto& [where, value] : pointers) {
        if (value->empty()) continue;
        if (config.envelope == Envelope::cloudevents) {
            throw ConfigError(where, "found with envelope \"cloudevents\", whose attributes say it");
        }
        if (config.format == Format::ndjson && !value->starts_with('/')) {
            throw ConfigError(where, "found \"" + *value + "\", expected a JSON pointer like \"/id\"");
        }
    }
}

}  // namespace

FileSource::FileSource(Host host, SourceConfig config) : PolledSource(host, std::move(config)), parser_(cfg()) {
    check(cfg());
    const std::filesystem::path path = std::filesystem::absolute(cfg().path).lexically_normal();
    directory_ = path.parent_path().string();
    const std::string name = path.filename().string();
    if (has_wildcard(directory_)) {
        throw ConfigError("/path", "found \"" + cfg().path + "\", expected wildcards in the file's name only");
    }
    if (name.empty()) throw ConfigError("/path", "found the directory \"" + cfg().path + "\", expected a file");
    pattern_ = escaped_pattern(name);
    one_file_ = !has_wildcard(name);
}

void FileSource::resume(std::string_view partition, std::string_view cursor) {
    auto decoded = Cursor::decode(cursor);
    if (!decoded.ok()) throw ConfigError("", decoded.error().message, decoded.error().code);
    FollowedFile file;
    file.path = partition;
    file.cursor = *std::move(decoded);
    files_.insert_or_assign(std::string(partition), std::move(file));
}

void FileSource::start(Call&) {
    watch_.emplace(unwrap(DirectoryWatch::open(directory_)));
    started_.store(true, std::memory_order_release);
}

void FileSource::stop() noexcept {
    if (started_.load(std::memory_order_acquire)) watch_->wake();
}

void FileSource::probe(Call&) {
    const auto found = unwrap(list_matching(directory_, pattern_));
    if (found.empty() && one_file_) throw Retry("FILE_MISSING", "no file \"" + cfg().path + "\"");
}

Polled FileSource::poll(Call& call, Outlet& out, const PollLimits& limits) {
    if (FollowedFile* file = next_with_rows()) {
        if (const Read read = read_batch(*file, out, limits); read != Read::drained) return polled(read);
    }
    for (bool waited = false;; waited = true) {
        look();
        if (persist_moved(out)) return Polled::more;
        while (FollowedFile* file = next_with_rows()) {
            if (const Read read = read_batch(*file, out, limits); read != Read::drained) return polled(read);
            if (file->replaced) switch_to_replacement(*file);
        }
        if (cfg().on_end == OnEnd::stop) return at_end();
        const auto left = std::chrono::floor<std::chrono::milliseconds>(call.remaining());
        if (waited || left.count() == 0 || call.cancelled()) return Polled::idle;
        watch_->wait(std::min<std::chrono::milliseconds>(left, kWaitMax));
    }
}

Polled FileSource::polled(Read read) noexcept { return read == Read::submitted ? Polled::more : Polled::idle; }

Polled FileSource::at_end() const {
    // Nothing there at all is more likely a wrong path than an empty delivery.
    if (one_file_ && files_.empty()) throw Retry("FILE_MISSING", "no file \"" + cfg().path + "\"");
    return Polled::end;
}

// Makes the host forget nothing about a file that got another name: without a cursor under the new one it would be
// read again after a restart.
bool FileSource::persist_moved(Outlet& out) {
    for (auto& [path, file] : files_) {
        if (!file.moved) continue;
        if (!out.submit(token_ + 1, path, file.cursor.encode())) return false;
        submitted_.push_back({++token_, path, file.cursor});
        file.moved = false;
        return true;
    }
    return false;
}

void FileSource::ack(const Ack& ack) noexcept {
    const auto at =
        std::find_if(submitted_.begin(), submitted_.end(), [&](const Submitted& s) { return s.token == ack.token(); });
    if (at == submitted_.end()) return;
    const Submitted submitted = std::move(*at);
    submitted_.erase(at);
    if (ack.durable()) return;
    if (ack.rejected()) {
        host().error("the host refused a batch of rows",
                     {{"path", submitted.path}, {"code", ack.code()}, {"message", ack.message()}});
        return;
    }
    const auto found = files_.find(submitted.path);
    if (found == files_.end()) return;
    FollowedFile& file = found->second;
    const Cursor& before = submitted.before;
    const bool same = file.cursor.generation == before.generation;
    if (same && before.offset >= file.cursor.offset) return;  // an earlier batch went back further already
    if (!same) file.fd = UniqueFd();                          // the file before this one: found again by its inode
    file.cursor = before;
    file.drained = false;
}

}  // namespace weir::file
