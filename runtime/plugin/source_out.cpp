#include "runtime/plugin/source_out.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "runtime/base/id.hpp"
#include "runtime/base/log.hpp"
#include "runtime/plugin/abi_call.hpp"
#include "runtime/plugin/outcomes.hpp"
#include "runtime/plugin/record_intake.hpp"

namespace weir::plugin {

namespace {
constexpr std::size_t kCursorMax = 64 * 1024;
constexpr std::size_t kPartitionMax = 1024;
}  // namespace

SourceOut::SourceOut(SourceContext& context) : context_(context) {
    abi_.owner = this;
    abi_.out = {sizeof(weir_out),
                0,
                [](weir_out* out, std::size_t size) noexcept { return of(out).allocate(size); },
                [](weir_out* out, const weir_record* record, std::uint32_t record_size) noexcept {
                    return of(out).emit(record, record_size);
                },
                [](weir_out* out, std::uint32_t index, const weir_outcome* outcome) noexcept {
                    return of(out).set_outcome(index, outcome);
                },
                [](weir_out* out, weir_str partition, weir_str cursor, std::uint64_t token) noexcept {
                    return of(out).submit(partition, cursor, token);
                }};
}

SourceOut& SourceOut::of(weir_out* out) noexcept {
    return *reinterpret_cast<Abi*>(out)->owner;  // Abi is standard layout and begins with the weir_out
}

weir_out* SourceOut::open(bool any_thread) {
    any_thread_ = any_thread;
    open_on_ = std::this_thread::get_id();
    return &abi_.out;
}

std::uint32_t SourceOut::close() {
    open_on_ = std::thread::id{};
    any_thread_ = false;
    const std::uint32_t left = encoded_.count();
    clear();
    return left;
}

bool SourceOut::is_open() const noexcept {
    return any_thread_.load(std::memory_order_relaxed) ||
           open_on_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void SourceOut::clear() {
    encoded_ = {};
    holds_.clear();
    arena_.reset();
}

void* SourceOut::allocate(std::size_t size) {
    if (!is_open()) return nullptr;
    return arena_.allocate(size, context_.host.context().out_bytes_max);
}

weir_status SourceOut::emit(const weir_record* from, std::uint32_t record_size) {
    if (!is_open()) return WEIR_E_PROTOCOL;
    if (context_.closed) return WEIR_E_CANCELLED;
    const HostContext& host = context_.host.context();
    weir_record record;
    const weir_status loaded = load_record(from, record_size, host.payload_bytes_max, record);
    if (loaded != WEIR_OK) return loaded;
    if (encoded_.frames.size() + record.payload.size > host.out_bytes_max) return WEIR_E_TOO_LARGE;
    record.ingest_unix_ns = host.clock->wall_ns();
    std::string id;
    if (record.id.size == 0) {
        id = uuid7(record.ingest_unix_ns);
        record.id = str(id);
    }
    // Straight into the form the journal stores: the only copy of the payload on the way in.
    return encode_record(record, nullptr, encoded_) ? WEIR_OK : WEIR_E_TOO_LARGE;
}

weir_status SourceOut::set_outcome(std::uint32_t index, const weir_outcome* from) {
    if (!is_open() || index >= encoded_.count()) return WEIR_E_PROTOCOL;
    const auto outcome = read_outcome(from);
    if (!outcome || (outcome->kind != WEIR_OUT_REJECTED && outcome->kind != WEIR_OUT_OK)) return WEIR_E_PROTOCOL;
    const auto same = [&](const Hold& hold) { return hold.index == index; };
    if (std::any_of(holds_.begin(), holds_.end(), same)) return WEIR_E_PROTOCOL;
    if (outcome->kind == WEIR_OUT_OK) return WEIR_OK;  // what a record is without a verdict
    holds_.push_back({index, outcome->error_class, outcome->code, context_.host.redact(outcome->message)});
    return WEIR_OK;
}

// Writes the frames again with the verdicts in them. Rare: a batch has bad rows or it has not.
Status SourceOut::apply_holds() {
    std::sort(holds_.begin(), holds_.end(), [](const Hold& a, const Hold& b) { return a.index < b.index; });
    WEIR_TRY(const DecodedBatch decoded, decode_records(encoded_.frames, encoded_.count(), nullptr));
    std::vector<const Hold*> of_record(encoded_.count(), nullptr);
    for (const Hold& hold : holds_) of_record[hold.index] = &hold;
    for (const Hold& hold : decoded.holds) of_record[hold.index] = &hold;  // said before a submit that was put off
    EncodedBatch again;
    for (std::uint32_t i = 0; i < encoded_.count(); ++i) {
        WEIR_CHECK_OK(encode_record((*decoded.batch)[i], of_record[i], again));
    }
    encoded_ = std::move(again);
    holds_.clear();
    return ok();
}

weir_status SourceOut::submit(weir_str partition, weir_str cursor, std::uint64_t token) {
    if (!is_open()) return WEIR_E_PROTOCOL;
    if (context_.closed) return WEIR_E_CANCELLED;
    if (partition.size > kPartitionMax || cursor.size > kCursorMax) return WEIR_E_TOO_LARGE;
    if ((partition.data == nullptr && partition.size > 0) || (cursor.data == nullptr && cursor.size > 0)) {
        return WEIR_E_PROTOCOL;
    }
    if (!holds_.empty()) {
        if (!apply_holds()) return WEIR_E_TOO_LARGE;
    }
    const auto place = cursor.data == nullptr ? std::nullopt : std::optional(view(cursor));
    AckQueue::Pending* pending = context_.acks->reserve(token);
    // One pointer: it fits into the function object, so that a submit allocates nothing for it.
    const Status taken =
        context_.intake.submit(std::move(encoded_), plugin_view(partition), place,
                               [pending](const SubmitResult& result) { AckQueue::complete(pending, result); });
    if (taken) {
        clear();
        return WEIR_OK;
    }
    context_.acks->withdraw(pending);
    if (taken.error().errc == Errc::unavailable) {
        context_.no_room();
        return WEIR_E_BUSY;  // the records stay
    }
    log::warn(
        "submit refused",
        {{"instance", context_.host.instance()}, {"code", taken.error().code}, {"message", taken.error().message}});
    clear();
    return taken.error().errc == Errc::invalid ? WEIR_E_TOO_LARGE : WEIR_E_CANCELLED;
}

}  // namespace weir::plugin
