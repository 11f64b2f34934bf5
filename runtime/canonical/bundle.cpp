#include "runtime/canonical/bundle.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "runtime/canonical/keywords.hpp"

namespace weir::canonical {

namespace {

class Bundler {
  public:
    explicit Bundler(const SchemaSource& source) : source_(source) {}

    Result<std::string> run(std::string_view text) {
        Json root = Json::parse(text, nullptr, false);
        if (root.is_discarded()) return Error{Errc::invalid, "not JSON", "json_syntax", {}};
        redirect(root, "", "");
        // Each schema may bring further references; what is known already is not fetched again.
        for (std::size_t i = 0; i < wanted_.size() && !error_; ++i) {
            const std::string name = wanted_[i].first;
            const auto fetched = source_(name);
            if (!fetched) return Error{Errc::invalid, wanted_[i].second, "unknown_contract", {}};
            Json schema = Json::parse(*fetched, nullptr, false);
            if (schema.is_discarded()) return Error{Errc::invalid, "\"" + name + "\" is not JSON", "json_syntax", {}};
            if (schema.is_object()) schema.erase("$schema");
            redirect(schema, "#/$defs/" + key_of(name), "in \"" + name + "\": ");
            root["$defs"][key_of(name)] = std::move(schema);
        }
        if (error_) return *error_;
        return root.dump(2);
    }

  private:
    static std::string key_of(std::string name) {
        std::ranges::replace(name, '/', '.');
        return name;
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
    std::vector<std::pair<std::string, std::string>> wanted_;  // a name, and what to say when nobody has it
    std::set<std::string> known_;
    std::optional<Error> error_;
};

}  // namespace

Result<std::string> bundle(std::string_view schema_text, const SchemaSource& source) {
    return Bundler(source).run(schema_text);
}

}  // namespace weir::canonical
