#include "runtime/base/record_frame.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <limits>

namespace weir {

namespace {

static_assert(std::endian::native == std::endian::little, "frames are little-endian; add byte swaps for others");

// In the order of the lengths in the header and of the bytes behind it. Append only.
constexpr std::array kStrings = {
    &weir_record::id,           &weir_record::key,         &weir_record::type,         &weir_record::schema,
    &weir_record::source,       &weir_record::subject,     &weir_record::content_type, &weir_record::correlation_id,
    &weir_record::causation_id, &weir_record::traceparent, &weir_record::tracestate,
};

constexpr std::uint16_t kStoredFlags = WEIR_REC_TOMBSTONE;
constexpr std::uint16_t kFlagHold = 1u << 15;

#pragma pack(push, 1)
struct Header {
    std::uint32_t size;  // of the frame, this header included
    std::uint16_t flags;
    std::uint16_t attr_count;
    std::int64_t time_unix_ns;
    std::int64_t ingest_unix_ns;
    std::array<std::uint16_t, kStrings.size()> lengths;
    std::uint16_t hold_size;   // u8 class, u8 code length, code, message
    std::uint32_t attrs_size;  // u16 key length, u16 value length, key, value; attr_count times
    std::uint32_t payload_size;
};
#pragma pack(pop)
static_assert(sizeof(Header) == 56);

constexpr std::size_t kHoldMessageMax = 1024;

struct Writer {
    char* at;
    void bytes(const void* data, std::size_t size) {
        if (size > 0) std::memcpy(at, data, size);
        at += size;
    }
    void bytes(std::string_view s) { bytes(s.data(), s.size()); }
    template <class Int>
    void integer(Int value) {
        bytes(&value, sizeof value);
    }
};

std::string_view hold_message(const Hold& hold) { return std::string_view(hold.message).substr(0, kHoldMessageMax); }

// Walks one frame; every read is checked against its end.
struct Reader {
    const char* at;
    const char* end;
    bool good = true;

    std::string_view bytes(std::size_t size) {
        if (!good || static_cast<std::size_t>(end - at) < size) {
            good = false;
            return {};
        }
        std::string_view result(at, size);
        at += size;
        return result;
    }
    template <class Int>
    Int integer() {
        Int value{};
        const std::string_view raw = bytes(sizeof value);
        if (good) std::memcpy(&value, raw.data(), sizeof value);
        return value;
    }
};

weir_str absent_if_empty(std::string_view s) { return s.empty() ? weir_str{nullptr, 0} : str(s); }

void read_attrs(Reader& reader, const Header& header, BatchBuilder& builder, weir_record& record) {
    if (header.attr_count == 0) return;
    auto* attrs = reinterpret_cast<weir_attr*>(builder.allocate(sizeof(weir_attr) * header.attr_count));
    for (std::uint16_t i = 0; i < header.attr_count; ++i) {
        const auto key_size = reader.integer<std::uint16_t>();
        const auto value_size = reader.integer<std::uint16_t>();
        const std::string_view key = reader.bytes(key_size);
        attrs[i] = {str(key), str(reader.bytes(value_size))};
    }
    record.attrs = attrs;
    record.attr_count = header.attr_count;
}

void read_hold(Reader& reader, const Header& header, std::uint32_t index, std::vector<Hold>& holds) {
    if ((header.flags & kFlagHold) == 0) return;
    Reader inner{reader.at, reader.at + reader.bytes(header.hold_size).size()};
    if (!reader.good) return;
    Hold hold;
    hold.index = index;
    hold.error_class = inner.integer<std::uint8_t>();
    hold.code = inner.bytes(inner.integer<std::uint8_t>());
    hold.message = std::string_view(inner.at, static_cast<std::size_t>(inner.end - inner.at));
    reader.good = inner.good;
    holds.push_back(std::move(hold));
}

// The record at `bytes`' front; moves `bytes` past it. False: the bytes are not a frame.
bool decode_one(std::string_view& bytes, std::uint32_t index, BatchBuilder& builder, std::vector<Hold>& holds) {
    Header header;
    if (bytes.size() < sizeof header) return false;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.size < sizeof header || header.size > bytes.size()) return false;
    Reader reader{bytes.data() + sizeof header, bytes.data() + header.size};

    weir_record record{};
    record.flags = header.flags & kStoredFlags;
    record.time_unix_ns = header.time_unix_ns;
    record.ingest_unix_ns = header.ingest_unix_ns;
    for (std::size_t i = 0; i < kStrings.size(); ++i) {
        record.*kStrings[i] = absent_if_empty(reader.bytes(header.lengths[i]));
    }
    read_hold(reader, header, index, holds);
    read_attrs(reader, header, builder, record);
    record.payload = str(reader.bytes(header.payload_size));
    if (!reader.good || reader.at != reader.end) return false;
    builder.add(record);
    bytes.remove_prefix(header.size);
    return true;
}

bool same_attrs(const weir_record& a, const weir_record& b) {
    if (a.attr_count != b.attr_count) return false;
    for (std::uint32_t i = 0; i < a.attr_count; ++i) {
        if (view(a.attrs[i].key) != view(b.attrs[i].key) || view(a.attrs[i].value) != view(b.attrs[i].value)) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::uint64_t identity_hash(std::string_view source, std::string_view id) noexcept {
    // Seeded with the source's hash, so that ("ab","c") and ("a","bc") differ without building a string.
    return XXH3_64bits_withSeed(id.data(), id.size(), XXH3_64bits(source.data(), source.size()));
}

Status encode_record(const weir_record& record, const Hold* hold, EncodedBatch& out) {
    Header header{};
    std::size_t size = sizeof header + record.payload.size;
    for (std::size_t i = 0; i < kStrings.size(); ++i) {
        const weir_str& s = record.*kStrings[i];
        if (s.size > kFrameStringMax)
            return Error{Errc::invalid, "an attribute is longer than 65535 bytes", "too_large", {}};
        header.lengths[i] = static_cast<std::uint16_t>(s.size);
        size += s.size;
    }
    std::size_t attrs_size = 0;
    for (std::uint32_t i = 0; i < record.attr_count; ++i) {
        const weir_attr& attr = record.attrs[i];
        if (attr.key.size > kFrameStringMax || attr.value.size > kFrameStringMax) {
            return Error{Errc::invalid, "an attribute is longer than 65535 bytes", "too_large", {}};
        }
        attrs_size += 4 + attr.key.size + attr.value.size;
    }
    const std::string_view hold_code = hold ? std::string_view(hold->code).substr(0, 255) : std::string_view{};
    const std::size_t hold_size = hold ? 2 + hold_code.size() + hold_message(*hold).size() : 0;
    size += attrs_size + hold_size;
    if (size > std::numeric_limits<std::uint32_t>::max() || record.attr_count > kFrameStringMax) {
        return Error{Errc::invalid, "the record is larger than a frame can hold", "too_large", {}};
    }

    header.size = static_cast<std::uint32_t>(size);
    header.flags = static_cast<std::uint16_t>((record.flags & kStoredFlags) | (hold ? kFlagHold : 0));
    header.attr_count = static_cast<std::uint16_t>(record.attr_count);
    header.time_unix_ns = record.time_unix_ns;
    header.ingest_unix_ns = record.ingest_unix_ns;
    header.hold_size = static_cast<std::uint16_t>(hold_size);
    header.attrs_size = static_cast<std::uint32_t>(attrs_size);
    header.payload_size = static_cast<std::uint32_t>(record.payload.size);

    const std::size_t begin = out.frames.size();
    out.frames.resize(begin + size);
    Writer writer{out.frames.data() + begin};
    writer.integer(header);
    for (const auto field : kStrings) writer.bytes(view(record.*field));
    if (hold) {
        writer.integer(static_cast<std::uint8_t>(hold->error_class));
        writer.integer(static_cast<std::uint8_t>(hold_code.size()));
        writer.bytes(hold_code);
        writer.bytes(hold_message(*hold));
    }
    for (std::uint32_t i = 0; i < record.attr_count; ++i) {
        writer.integer(static_cast<std::uint16_t>(record.attrs[i].key.size));
        writer.integer(static_cast<std::uint16_t>(record.attrs[i].value.size));
        writer.bytes(view(record.attrs[i].key));
        writer.bytes(view(record.attrs[i].value));
    }
    writer.bytes(view(record.payload));
    out.sizes.push_back(header.size);
    out.id_hashes.push_back(identity_hash(view(record.source), view(record.id)));
    return ok();
}

Result<DecodedBatch> decode_records(std::string_view bytes, std::uint32_t count, std::shared_ptr<const void> keep) {
    BatchBuilder builder;
    builder.reserve(count);
    builder.keep(std::move(keep));
    DecodedBatch decoded;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!decode_one(bytes, i, builder, decoded.holds)) {
            return Error{Errc::corrupt,
                         "record " + std::to_string(i) + " of " + std::to_string(count) + " is not a frame",
                         "bad_frame",
                         {}};
        }
    }
    if (!bytes.empty()) return Error{Errc::corrupt, "bytes are left after the last record", "bad_frame", {}};
    decoded.batch = builder.seal();
    return decoded;
}

bool frame_is_held(std::string_view frame) noexcept {
    std::uint16_t flags = 0;
    if (frame.size() < sizeof(Header)) return false;
    std::memcpy(&flags, frame.data() + offsetof(Header, flags), sizeof flags);
    return (flags & kFlagHold) != 0;
}

bool same_content(const weir_record& a, const weir_record& b) noexcept {
    if ((a.flags & kStoredFlags) != (b.flags & kStoredFlags) || a.time_unix_ns != b.time_unix_ns ||
        view(a.payload) != view(b.payload))
        return false;
    for (const auto field : kStrings) {
        // Trace context differs each time a sender retries; it is not content.
        if (field == &weir_record::traceparent || field == &weir_record::tracestate) continue;
        if (view(a.*field) != view(b.*field)) return false;
    }
    return same_attrs(a, b);
}

}  // namespace weir
