// The file sink: appends each record as one line and answers "did this happen?" from the references beside the file.
#include "file_sink.hpp"

#include <charconv>
#include <filesystem>
#include <map>
#include <string>

namespace weir::file {
namespace {

// The key is hex by contract; the first 32 digits are the 16 bytes that are kept.
Key to_key(std::string_view hex) {
    Key key{};
    if (hex.size() < 2 * key.size()) throw Fatal("BAD_KEY", "an idempotency key is shorter than 32 hex digits");
    for (std::size_t i = 0; i < key.size(); ++i) {
        const char* digits = hex.data() + 2 * i;
        if (std::from_chars(digits, digits + 2, key[i], 16).ptr != digits + 2) {
            throw Fatal("BAD_KEY", "an idempotency key is not hexadecimal");
        }
    }
    return key;
}

}  // namespace

FileSink::FileSink(Host host, SinkConfig config) : Sink(host, std::move(config)) {
    if (cfg().path.empty()) throw ConfigError("/path", "expected a file");
    path_ = std::filesystem::absolute(cfg().path).lexically_normal().string();
}

void FileSink::start(Call&) {
    file_.reset();  // the lock of the old one must be gone before the new one asks for it
    auto opened = AppendFile::open(path_);
    if (!opened.ok() && opened.error().errc == Errc::corrupt) {
        throw Retry(opened.error().code, opened.error().message);  // a person must look; weir keeps the records
    }
    file_.emplace(unwrap(std::move(opened)));
}

void FileSink::limits(weir_sink_limits& limits) {
    limits.order = WEIR_ORDER_TOTAL;
    limits.max_in_flight = 1;
    // Two syncs per batch, whatever its size: large batches make them cheap.
    limits.max_batch_records = 10'000;
    limits.max_batch_bytes = 8u << 20;
    limits.settle_ns = 0;
}

void FileSink::probe(Call&) {
    std::error_code error;
    const auto parent = std::filesystem::path(path_).parent_path();
    if (!std::filesystem::is_directory(parent, error)) {
        throw Retry("FILE_MISSING", "no directory \"" + parent.string() + "\"");
    }
}

void FileSink::deliver(Call& call, Delivery& delivery) {
    if (!file_) throw Disconnected("the file is not open");
    lines_.clear();
    placed_.clear();
    written_.clear();
    for (const Item item : delivery) {
        const std::uint64_t offset = lines_.size();
        if (cfg().envelope == Envelope::cloudevents) {
            append_event(item.record(), item.external_ref(), lines_);
        } else if (const Status line = append_plain(item.record(), lines_); !line.ok()) {
            item.rejected(Status(line).error().code, Status(line).error().message, ErrorClass::technical);
            continue;
        }
        placed_.push_back({to_key(item.idempotency_key()), offset});
        written_.push_back(item);
    }
    if (written_.empty()) return;
    const Status appended = call.dry_run() ? ok() : file_->append(lines_, placed_);
    if (!appended.ok()) return report_failure(Status(appended).error());
    // Without saying where: a place in the file per record would cost the journal a row for each of millions of lines.
    // resolve() finds it when somebody asks.
    for (const Item& item : written_) item.delivered();
}

void FileSink::report_failure(const Error& error) {
    for (const Item& item : written_) {
        if (error.errc == Errc::unknown) {
            item.unknown(error.code, error.message);
        } else {
            item.retry(error.code, error.message);
        }
    }
    // start() looks at the file anew and repairs it.
    if (error.errc == Errc::unknown || error.code == "FILE_FOREIGN_WRITER") file_.reset();
}

void FileSink::resolve(Call&, Delivery& delivery) {
    if (!file_) throw Disconnected("the file is not open");
    std::map<Key, std::optional<std::uint64_t>> found;
    for (const Item item : delivery) found.emplace(to_key(item.idempotency_key()), std::nullopt);
    const Status searched = file_->find([&](const Key& key) { return found.contains(key); },
                                        [&](const Placed& placed) { found[placed.key] = placed.offset; });
    for (const Item item : delivery) {
        const auto& offset = found[to_key(item.idempotency_key())];
        if (!searched.ok()) {
            item.unknown("FILE_IO", Status(searched).error().message);
        } else if (offset) {
            item.delivered(remote_id(*offset));
        } else {
            item.retry("NOT_IN_FILE", "the file does not hold the record");
        }
    }
}

std::string FileSink::remote_id(std::uint64_t offset) const {
    return path_.substr(path_.rfind('/') + 1) + '@' + std::to_string(offset);
}

}  // namespace weir::file
