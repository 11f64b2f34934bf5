// redact: removes, masks or hashes values of the data; the rest keeps its bytes.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <weir/services.hpp>

#include "runtime/steps/personal_data.hpp"
#include "runtime/steps/step.hpp"

namespace weir::steps {
namespace {

enum class Mode : std::uint8_t { remove, mask, hash };

constexpr std::string_view kMask = "***";

std::string hmac_sha256(std::string_view key, std::string_view text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(), digest, &size) == nullptr) {
        return {};
    }
    constexpr char kHex[] = "0123456789abcdef";
    std::string hex;
    for (unsigned i = 0; i < size; ++i) hex.append({kHex[digest[i] >> 4U], kHex[digest[i] & 15U]});
    return hex;
}

// The last `count` characters; nothing of a text that has no more than that.
std::string_view last_characters(std::string_view text, std::size_t count) {
    std::size_t at = text.size();
    for (; count > 0 && at > 0; --count) {
        do --at;
        while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
    }
    return at == 0 ? std::string_view() : text.substr(at);
}

class Redactor {
  public:
    Redactor(Mode mode, std::size_t keep_last, std::string_view key, std::string& out)
        : mode_(mode), keep_last_(keep_last), key_(key), out_(out) {}

    // Depth is that of the document: 64 at most.
    void write(const JsonValue& value, const Matches& matches) {
        if (matches.here()) return replace(value);
        if (matches.empty() || value.size() == 0) {
            out_ += value.raw();
        } else if (value.is_object()) {
            write_object(value, matches);
        } else {
            write_array(value, matches);
        }
    }

  private:
    [[nodiscard]] bool removes(const Matches& matches) const { return mode_ == Mode::remove && matches.here(); }

    void write_object(const JsonValue& value, const Matches& matches) {
        out_ += '{';
        bool first = true;
        for (const auto& [key, member] : value.members()) {
            const Matches inner = matches.below(key);
            if (removes(inner)) continue;
            if (!first) out_ += ',';
            first = false;
            sdk_1::append_json_string(out_, key);
            out_ += ':';
            write(member, inner);
        }
        out_ += '}';
    }
    // An element that is removed becomes null: the others keep their places.
    void write_array(const JsonValue& value, const Matches& matches) {
        out_ += '[';
        std::size_t index = 0;
        for (const JsonValue element : value.elements()) {
            const Matches inner = matches.below(std::to_string(index));
            if (index++ > 0) out_ += ',';
            if (removes(inner)) {
                out_ += "null";
            } else {
                write(element, inner);
            }
        }
        out_ += ']';
    }
    void replace(const JsonValue& value) {
        if (value.is_null() || mode_ == Mode::remove) {  // remove: of the document itself
            out_ += "null";
            return;
        }
        const std::string_view text = value.string().value_or(value.raw());
        if (mode_ == Mode::hash) return sdk_1::append_json_string(out_, hmac_sha256(key_, text));
        std::string masked(kMask);
        if (!value.is_array() && !value.is_object()) masked += last_characters(text, keep_last_);
        sdk_1::append_json_string(out_, masked);
    }

    Mode mode_;
    std::size_t keep_last_;
    std::string_view key_;
    std::string& out_;
};

// Depth is that of the document: 64 at most.
bool is_there(const JsonValue& value, const Matches& matches) {
    if (matches.empty() || matches.here()) return matches.here();
    if (value.is_object()) {
        for (const auto& [key, member] : value.members()) {
            if (is_there(member, matches.below(key))) return true;
        }
    } else if (value.is_array()) {
        std::size_t index = 0;
        for (const JsonValue element : value.elements()) {
            if (is_there(element, matches.below(std::to_string(index++)))) return true;
        }
    }
    return false;
}

struct RedactPlan {
    RedactPlan(const JsonValue& settings, Reading& reading) {
        paths = read_pointers(settings["paths"], "/paths", reading);
        tagged = settings["tagged"].boolean().value_or(false);
        const std::string_view how = settings["mode"].string().value_or("");
        mode = how == "mask" ? Mode::mask : how == "hash" ? Mode::hash : Mode::remove;
        keep_last = static_cast<std::size_t>(std::max<std::int64_t>(0, settings["keep_last"].integer().value_or(0)));
        secret = settings["key"]["$secret"].string().value_or("");
        if (paths.empty() && !tagged) reading.problem("/paths", "missing", "expected paths, or tagged: true");
        if ((mode == Mode::hash) != !secret.empty()) {
            reading.problem("/key", "wrong_value",
                            mode == Mode::hash ? "mode hash needs a key: {$secret: name}" : "only mode hash has a key");
        }
        if (keep_last > 0 && mode != Mode::mask) {
            reading.problem("/keep_last", "wrong_value", "only mode mask keeps characters");
        }
        read_output(reading);
    }

    // Where only strings become other strings, data stays what it was.
    void read_output(Reading& reading) const {
        const bool same = !tagged && mode != Mode::remove && std::ranges::all_of(paths, [&](const Pointer& path) {
            const expr::Shape* shape = shape_at(reading.data_shape(), path);
            return shape != nullptr && shape->types == expr::Shape::kString && !shape->decimal_text;
        });
        if (same) reading.keep_data();
    }

    Status run(const Services& services, Frame& frame, Emit& emit) const {
        Meta meta;
        std::vector<Pointer> tags = parse_pointers(frame.record().attr(kPersonalData));
        std::vector<Pointer> all = paths;
        if (tagged) all.insert(all.end(), tags.begin(), tags.end());
        if (!frame.has_data()) {
            emit.pass(meta);
            return ok();
        }
        WEIR_CHECK_OK(frame.read());
        // A tag that leads nowhere may tell of data that another step has moved: nobody has handled that.
        const auto handled = [&](const Pointer& tag) {
            const std::vector<Pointer> alone{tag};  // the matches refer to it
            return std::ranges::any_of(all, [&](const Pointer& pointer) { return pointer.covers(tag); }) &&
                   is_there(frame.data(), Matches(alone));
        };
        if (std::erase_if(tags, handled) > 0) set_personal_data(tags, frame, meta);
        std::optional<Secret> key;
        if (mode == Mode::hash) {
            auto asked = Secrets(Host(services.host)).get(secret);
            if (!asked.ok()) return Error{Errc::unavailable, asked.error().message, "SECRET_UNAVAILABLE", {}};
            key.emplace(std::move(*asked));
        }
        std::string& out = frame.workspace().out;
        Redactor(mode, keep_last, key ? key->reveal() : "", out).write(frame.data(), Matches(all));
        emit(out, meta);
        return ok();
    }

    Program program;
    std::vector<Pointer> paths;
    bool tagged = false;
    Mode mode = Mode::remove;
    std::size_t keep_last = 0;
    std::string secret;
};

}  // namespace

WEIR_STEP(kRedactStep, "redact", RedactPlan)

}  // namespace weir::steps
