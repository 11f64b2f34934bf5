#include "runtime/admin/json.hpp"

#include <unordered_set>
#include <utility>
#include <vector>

#include "runtime/base/text.hpp"

namespace weir::admin {

namespace {

// Builds the value and stops at the first thing that is not allowed.
class StrictReader final : public nlohmann::json_sax<Json> {
  public:
    Json root;
    std::string problem;

    bool null() override { return put(Json(nullptr)); }
    bool boolean(bool value) override { return put(Json(value)); }
    bool number_integer(number_integer_t value) override { return put(Json(value)); }
    bool number_unsigned(number_unsigned_t value) override { return put(Json(value)); }
    bool number_float(number_float_t, const string_t& digits) override {
        return put(Json::binary(std::vector<std::uint8_t>(digits.begin(), digits.end())));
    }
    bool string(string_t& value) override { return put(Json(std::move(value))); }
    bool binary(binary_t&) override { return refuse("a binary value"); }

    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        Level& level = levels_.back();
        if (level.names.size() >= kJsonMembersMax) {
            return refuse("an object with more than " + std::to_string(kJsonMembersMax) + " members");
        }
        if (!level.names.insert(name).second)
            return refuse("the name \"" + name.substr(0, 64) + "\" twice in one object");
        level.name = std::move(name);
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        return refuse("something that is not JSON at byte " + std::to_string(position));
    }

  private:
    struct Level {
        Json* value = nullptr;
        std::string name;  // of the member that comes next
        std::unordered_set<std::string> names;
    };

    bool refuse(std::string what) {
        if (problem.empty()) problem = std::move(what);
        return false;
    }
    Json* place(Json&& value) {
        if (levels_.empty()) {
            root = std::move(value);
            return &root;
        }
        Level& level = levels_.back();
        if (level.value->is_array()) {
            level.value->push_back(std::move(value));
            return &level.value->back();
        }
        // Not operator[]: it would search all members, and key() has done that already.
        auto& members = level.value->get_ref<Json::object_t&>();
        using Members = Json::object_t::Container;
        static_cast<Members&>(members).emplace_back(std::move(level.name), std::move(value));
        return &members.back().second;
    }
    bool put(Json&& value) {
        place(std::move(value));
        return true;
    }
    bool open(Json&& value) {
        if (levels_.size() >= kJsonDepthMax) return refuse("more than " + std::to_string(kJsonDepthMax) + " levels");
        Json* placed = place(std::move(value));
        levels_.push_back({placed, {}, {}});
        return true;
    }
    bool close() {
        levels_.pop_back();
        return true;
    }

    std::vector<Level> levels_;
};

class Writer {
  public:
    Writer(std::string& out, int indent) : out_(out), indent_(indent) {}

    void write(const Json& value, int level) {
        if (value.is_object()) {
            list(value, level, '{', '}', [&](auto at) {
                append_json_string(out_, at.key());
                out_ += indent_ < 0 ? ":" : ": ";
                write(*at, level + 1);
            });
        } else if (value.is_array()) {
            list(value, level, '[', ']', [&](auto at) { write(*at, level + 1); });
        } else if (value.is_string()) {
            append_json_string(out_, value.get_ref<const std::string&>());
        } else if (value.is_binary()) {
            out_.append(value.get_binary().begin(), value.get_binary().end());
        } else {
            out_ += value.dump();
        }
    }

  private:
    template <class Each>
    void list(const Json& value, int level, char open, char close, const Each& each) {
        out_ += open;
        for (auto at = value.begin(); at != value.end(); ++at) {
            if (at != value.begin()) out_ += ',';
            new_line(level + 1);
            each(at);
        }
        if (!value.empty()) new_line(level);
        out_ += close;
    }
    void new_line(int level) {
        if (indent_ < 0) return;
        out_ += '\n';
        out_.append(static_cast<std::size_t>(indent_) * static_cast<std::size_t>(level), ' ');
    }

    std::string& out_;
    int indent_;
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
    StrictReader reader;
    const bool read = Json::sax_parse(text.begin(), text.end(), &reader);
    if (read && reader.problem.empty()) return std::move(reader.root);
    return Error{Errc::invalid, "expected a JSON text, found " + reader.problem, "BAD_JSON", {}};
}

std::string write_json(const Json& value, int indent) {
    std::string out;
    Writer(out, indent).write(value, 0);
    return out;
}

void merge_patch(Json& target, const Json& patch) {
    if (!patch.is_object()) {
        target = patch;
        return;
    }
    if (!target.is_object()) target = Json::object();
    for (auto at = patch.begin(); at != patch.end(); ++at) {
        if (at->is_null()) {
            target.erase(at.key());
        } else {
            merge_patch(target[at.key()], *at);
        }
    }
}

}  // namespace weir::admin
