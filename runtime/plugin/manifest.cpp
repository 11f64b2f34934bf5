#include "runtime/plugin/manifest.hpp"

#include <weir/plugin.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "runtime/base/text.hpp"
#include "runtime/plugin/semver.hpp"

namespace weir::plugin {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kComponentsMax = 256;
constexpr std::size_t kNameMax = 64;
constexpr std::size_t kIdMax = 128;

Error bad(std::string_view pointer, const std::string& problem) {
    return {
        Errc::invalid, "manifest " + std::string(pointer.empty() ? "/" : pointer) + ": " + problem, "bad_manifest", {}};
}

std::string describe(const Json& value) {
    std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (text.size() > 60) text = text.substr(0, 57) + "...";
    return text;
}

Error expected(std::string_view pointer, std::string_view what, const Json& found) {
    return bad(pointer, "expected " + std::string(what) + ", found " + describe(found));
}

// nlohmann keeps the last of two equal keys without a word; a manifest that says two things is refused instead.
Result<Json> parse_json(std::string_view text) {
    std::vector<std::set<std::string>> keys;
    std::string twice;
    const auto watch = [&](int, Json::parse_event_t event, Json& value) {
        if (event == Json::parse_event_t::object_start) keys.emplace_back();
        if (event == Json::parse_event_t::object_end) keys.pop_back();
        if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second) {
            twice = value.get<std::string>();
        }
        return true;
    };
    Json parsed;
    try {
        parsed = Json::parse(text.begin(), text.end(), watch);
    } catch (const Json::exception& error) {
        return bad("", std::string("not JSON: ") + error.what());
    }
    if (!twice.empty()) return bad("", "key \"" + twice + "\" stands twice in one object");
    if (!parsed.is_object()) return expected("", "an object", parsed);
    return parsed;
}

// Reads members of one object, with the object's JSON pointer for messages.
class Reader {
  public:
    Reader(const Json& object, std::string pointer) : object_(object), pointer_(std::move(pointer)) {}

    [[nodiscard]] std::string at(std::string_view key) const { return pointer_ + "/" + std::string(key); }
    [[nodiscard]] const Json* find(const char* key) const {
        const auto it = object_.find(key);
        return it == object_.end() ? nullptr : &*it;
    }
    [[nodiscard]] Result<std::string> string(const char* key) const {
        const Json* value = find(key);
        if (!value) return bad(pointer_, "needs the key \"" + std::string(key) + "\", a string");
        if (!value->is_string()) return expected(at(key), "a string", *value);
        return value->get<std::string>();
    }
    [[nodiscard]] Result<std::string> string_or_empty(const char* key) const {
        if (!find(key)) return std::string{};
        return string(key);
    }
    // Present and not empty.
    [[nodiscard]] Result<std::string> text(const char* key) const {
        WEIR_TRY(std::string value, string(key));
        if (value.empty()) return bad(at(key), "expected a text, found \"\"");
        return value;
    }
    [[nodiscard]] Result<std::uint16_t> number(const char* key, std::optional<std::uint16_t> absent) const {
        const Json* value = find(key);
        if (!value && absent) return *absent;
        if (!value) return bad(pointer_, "needs the key \"" + std::string(key) + "\", a whole number");
        constexpr auto kMax = std::numeric_limits<std::uint16_t>::max();
        if (!value->is_number_unsigned() || value->get<std::uint64_t>() > kMax) {
            return expected(at(key), "a whole number from 0 to 65535", *value);
        }
        return value->get<std::uint16_t>();
    }

  private:
    const Json& object_;
    std::string pointer_;
};

// Words of a-z, 0-9 and '_', joined by '-' and, in ids, '.': safe in file names, logs and metric labels.
bool is_name(std::string_view text, bool dots, std::size_t max) {
    const auto word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    if (text.empty() || text.size() > max || !word(text.front()) || !word(text.back())) return false;
    return std::all_of(text.begin(), text.end(), [&](char c) { return word(c) || c == '-' || (dots && c == '.'); });
}

Status parse_identity(const Reader& root, Manifest& out) {
    WEIR_TRY(out.id, root.string("id"));
    if (!is_name(out.id, true, kIdMax)) {
        const std::string found = std::exchange(out.id, {});
        return bad("/id", "expected up to 128 of a-z 0-9 _ - . like \"com.acme.erp\", found \"" + found + "\"");
    }
    WEIR_TRY(out.version, root.string("version"));
    if (auto version = parse_version(out.version); !version) {
        out.version.clear();
        return bad("/version", version.error().message);
    }
    WEIR_TRY(out.licence, root.text("licence"));
    WEIR_TRY(out.summary, root.text("summary"));
    return ok();
}

Status parse_abi(const Reader& root, Manifest& out) {
    const Json* abi = root.find("abi");
    if (!abi) return bad("", "needs the key \"abi\" with the ABI it was compiled against");
    if (!abi->is_object()) return expected("/abi", "an object", *abi);
    const Reader reader(*abi, "/abi");
    WEIR_TRY(out.abi_major, reader.number("major", std::nullopt));
    WEIR_TRY(out.abi_minor, reader.number("minor", std::nullopt));
    WEIR_TRY(out.min_host_minor, reader.number("min_host_minor", std::uint16_t{0}));
    if (out.min_host_minor > out.abi_minor) {
        return bad("/abi/min_host_minor", "expected at most /abi/minor, which is " + std::to_string(out.abi_minor) +
                                              ", found " + std::to_string(out.min_host_minor));
    }
    return ok();
}

Status check_choice(std::string_view value, std::span<const std::string_view> choices, const std::string& pointer) {
    if (std::find(choices.begin(), choices.end(), value) != choices.end()) return ok();
    std::string message = "expected one of";
    for (const std::string_view choice : choices) message += " \"" + std::string(choice) + "\"";
    message += ", found \"" + std::string(value) + "\"";
    if (const auto near = nearest_name(value, choices); !near.empty()) {
        message += ", did you mean \"" + std::string(near) + "\"?";
    }
    return bad(pointer, message);
}

Status parse_examples(const Reader& reader, ComponentManifest& component) {
    const Json* examples = reader.find("examples");
    if (!examples) return ok();
    if (!examples->is_array()) return expected(reader.at("examples"), "an array of settings", *examples);
    for (std::size_t i = 0; i < examples->size(); ++i) {
        const Json& example = (*examples)[i];
        if (!example.is_object()) return expected(reader.at("examples/" + std::to_string(i)), "an object", example);
        component.examples.push_back(example.dump());
    }
    return ok();
}

Result<ComponentManifest> parse_component(const Json& value, const std::string& pointer) {
    if (!value.is_object()) return expected(pointer, "an object", value);
    const Reader reader(value, pointer);
    ComponentManifest component;
    WEIR_TRY(component.name, reader.string("name"));
    if (!is_name(component.name, false, kNameMax)) {
        return bad(reader.at("name"),
                   "expected up to 64 of a-z 0-9 _ - like \"sink\", found \"" + component.name + "\"");
    }
    WEIR_TRY(component.kind, reader.string("kind"));
    constexpr std::array<std::string_view, 3> kKinds = {"source", "transform", "sink"};
    WEIR_CHECK_OK(check_choice(component.kind, kKinds, reader.at("kind")));
    WEIR_TRY(component.summary, reader.string_or_empty("summary"));
    const Json* config = reader.find("config");
    if (!config) return bad(pointer, "needs the key \"config\", the JSON Schema of its settings");
    if (!config->is_object()) return expected(reader.at("config"), "a JSON Schema object", *config);
    component.config_schema_json = config->dump();
    WEIR_CHECK_OK(parse_examples(reader, component));
    return component;
}

Status parse_components(const Reader& root, Manifest& out) {
    const Json* components = root.find("components");
    if (!components) return bad("", "needs the key \"components\"");
    if (!components->is_array() || components->empty() || components->size() > kComponentsMax) {
        return expected("/components", "an array of 1 to 256 components", *components);
    }
    for (std::size_t i = 0; i < components->size(); ++i) {
        const std::string pointer = "/components/" + std::to_string(i);
        WEIR_TRY(ComponentManifest component, parse_component((*components)[i], pointer));
        const auto same = [&](const auto& other) {
            return other.name == component.name && other.kind == component.kind;
        };
        if (std::any_of(out.components.begin(), out.components.end(), same)) {
            return bad(pointer + "/name", "a second " + component.kind + " named \"" + component.name + "\"");
        }
        out.components.push_back(std::move(component));
    }
    return ok();
}

Status parse_errors(const Reader& root, Manifest& out) {
    const Json* errors = root.find("errors");
    if (!errors) return ok();
    if (!errors->is_array()) return expected("/errors", "an array", *errors);
    std::set<std::string> codes;
    for (std::size_t i = 0; i < errors->size(); ++i) {
        const std::string pointer = "/errors/" + std::to_string(i);
        const Json& value = (*errors)[i];
        if (!value.is_object()) return expected(pointer, "an object", value);
        const Reader reader(value, pointer);
        CatalogueEntry entry;
        WEIR_TRY(entry.code, reader.text("code"));
        if (!codes.insert(entry.code).second) {
            return bad(reader.at("code"), "\"" + entry.code + "\" stands twice in the catalogue");
        }
        WEIR_TRY(entry.error_class, reader.string("class"));
        constexpr std::array<std::string_view, 3> kClasses = {"technical", "business", "policy"};
        WEIR_CHECK_OK(check_choice(entry.error_class, kClasses, reader.at("class")));
        WEIR_TRY(entry.meaning, reader.text("meaning"));
        WEIR_TRY(entry.action, reader.text("action"));
        out.errors.push_back(std::move(entry));
    }
    return ok();
}

Status parse_limits(const Reader& root, Manifest& out) {
    const Json* limits = root.find("limits");
    if (limits && !limits->is_object()) return expected("/limits", "an object", *limits);
    out.limits_json = limits ? limits->dump() : "{}";
    return ok();
}

}  // namespace

Status parse_manifest(std::string_view json, Manifest& out) {
    out.json = std::string(json);
    if (json.size() > kManifestBytesMax) {
        return bad("", std::to_string(json.size()) + " bytes, expected at most " + std::to_string(kManifestBytesMax));
    }
    WEIR_TRY(const Json root, parse_json(json));
    const Reader reader(root, "");
    WEIR_TRY(const std::uint16_t format, reader.number("manifest", std::nullopt));
    if (format != 1) return bad("/manifest", "format " + std::to_string(format) + ", this host reads 1");
    WEIR_CHECK_OK(parse_identity(reader, out));
    WEIR_CHECK_OK(parse_abi(reader, out));
    // What follows may look different in another major: the caller refuses that by its number, not by its shape.
    if (out.abi_major != WEIR_ABI_MAJOR) return ok();
    WEIR_CHECK_OK(parse_components(reader, out));
    WEIR_CHECK_OK(parse_errors(reader, out));
    return parse_limits(reader, out);
}

Result<Manifest> parse_manifest(std::string_view json) {
    Manifest manifest;
    WEIR_CHECK_OK(parse_manifest(json, manifest));
    return manifest;
}

}  // namespace weir::plugin
