#include "runtime/canonical/bundle.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>
#include <weir/json.hpp>

#include "runtime/base/json_pointer.hpp"
#include "runtime/canonical/keywords.hpp"

namespace weir::canonical {

namespace {

// The text that a tree was read from: numbers in the tree are doubles, and bounds of amounts have more digits.
class Source {
  public:
    [[nodiscard]] Status read(std::string text) {
        text_ = std::move(text);
        WEIR_TRY(root_, parser_.parse(text_));
        return ok();
    }
    [[nodiscard]] std::string_view at(std::string_view pointer) const { return root_.pointer(pointer).raw(); }

  private:
    std::string text_;
    JsonParser parser_;
    JsonValue root_;
};

class Bundler {
  public:
    explicit Bundler(const SchemaSource& source) : source_(source) {}

    Result<std::string> run(std::string_view text) {
        Json root = Json::parse(text, nullptr, false);
        if (root.is_discarded()) return Error{Errc::invalid, "not JSON", "json_syntax", {}};
        WEIR_CHECK_OK(sources_[""].read(std::string(text)));
        redirect(root, "", "");
        // Each schema may bring further references; what is known already is not fetched again.
        for (std::size_t i = 0; i < wanted_.size() && !error_; ++i) {
            const std::string name = wanted_[i].first;
            const auto fetched = source_(name);
            if (!fetched) return Error{Errc::invalid, wanted_[i].second, "unknown_contract", {}};
            Json schema = Json::parse(*fetched, nullptr, false);
            if (schema.is_discarded()) return Error{Errc::invalid, "\"" + name + "\" is not JSON", "json_syntax", {}};
            if (schema.is_object()) schema.erase("$schema");
            const std::string place = "/$defs/" + pointer_token(key_of(name));
            if (auto read = sources_[place].read(*fetched); !read) {
                return std::move(read.error()).in("\"" + name + "\"");
            }
            redirect(schema, "#/$defs/" + key_of(name), "in \"" + name + "\": ");
            root["$defs"][key_of(name)] = std::move(schema);
        }
        if (error_) return *error_;
        std::string out;
        write(out, root, "", sources_.at(""), 0);
        return out;
    }

  private:
    static std::string key_of(std::string name) {
        std::ranges::replace(name, '/', '.');
        return name;
    }

    // As dump(2) would, but with the digits of the source. `pointer` is of all, `place` where the source begins.
    void write(std::string& out, const Json& value, const std::string& pointer, const Source& source,
               std::size_t place) const {
        constexpr std::size_t kIndent = 2;
        if (value.is_number()) {
            out += source.at(std::string_view(pointer).substr(place));
            return;
        }
        if (!value.is_structured() || value.empty()) {
            out += value.dump();
            return;
        }
        const auto depth = static_cast<std::size_t>(std::ranges::count(pointer, '/'));
        out += value.is_object() ? '{' : '[';
        const char* separator = "\n";
        for (const auto& item : value.items()) {
            out += std::exchange(separator, ",\n") + std::string((depth + 1) * kIndent, ' ');
            if (value.is_object()) out += Json(item.key()).dump() + ": ";
            const std::string inside = pointer + "/" + pointer_token(item.key());
            const auto other = sources_.find(inside);
            if (other == sources_.end()) {
                write(out, item.value(), inside, source, place);
            } else {
                write(out, item.value(), inside, other->second, inside.size());
            }
        }
        out += "\n" + std::string(depth * kIndent, ' ') + (value.is_object() ? '}' : ']');
    }

    // Points the references in `schema`, which will stand at `place` ("": it is the root), to where things will be.
    void redirect(Json& schema, const std::string& place, const std::string& where) {
        visit_schemas(schema, "", [&](Json& node, const std::string& pointer) {
            if (!node.is_object() || !node.contains("$ref")) return;
            Json& reference = node["$ref"];
            if (!reference.is_string()) {
                error_ = Error{Errc::invalid, where + pointer + "/$ref: expected a string", "schema", {}};
                return;
            }
            reference = target(reference.get<std::string>(), where + pointer, place);
        });
    }

    std::string target(const std::string& reference, const std::string& pointer, const std::string& place) {
        const std::size_t hash = std::min(reference.find('#'), reference.size());
        const std::string name = reference.substr(0, hash);
        const std::string inside = hash < reference.size() ? reference.substr(hash + 1) : "";
        if (name.empty()) return place.empty() ? reference : place + inside;
        if (known_.insert(name).second) {
            wanted_.emplace_back(name, pointer + "/$ref: there is no contract \"" + name + "\"");
        }
        return "#/$defs/" + key_of(name) + inside;
    }

    const SchemaSource& source_;
    std::map<std::string, Source> sources_;                    // by the pointer at which each one stands
    std::vector<std::pair<std::string, std::string>> wanted_;  // a name, and what to say when nobody has it
    std::set<std::string> known_;
    std::optional<Error> error_;
};

}  // namespace

Result<std::string> bundle(std::string_view schema_text, const SchemaSource& source) {
    return Bundler(source).run(schema_text);
}

}  // namespace weir::canonical
