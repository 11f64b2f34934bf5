#include "json.hpp"

#include <vector>

namespace weir::standin {

namespace {

// Builds the document; differs from the library's own builder in number_float() and in refusing repeated keys.
class ExactBuilder final : public Json::json_sax_t {
  public:
    Json root;
    std::string problem;

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t /*value*/, const string_t& text) override { return add(text); }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t& /*value*/) override { return false; }
    bool start_object(std::size_t /*size*/) override { return open(Json::object()); }
    bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        if (open_.back()->contains(name)) {
            problem = "key \"" + name + "\" stands twice";
            return false;
        }
        key_ = std::move(name);
        return true;
    }
    bool parse_error(std::size_t position, const std::string& /*token*/,
                     const nlohmann::detail::exception& /*error*/) override {
        problem = "not JSON at byte " + std::to_string(position);
        return false;
    }

  private:
    bool add(Json value) {
        place(std::move(value));
        return true;
    }
    Json* place(Json value) {
        if (open_.empty()) {
            root = std::move(value);
            return &root;
        }
        Json& parent = *open_.back();
        if (parent.is_object()) return &(parent[key_] = std::move(value));
        parent.push_back(std::move(value));
        return &parent.back();
    }
    // A parent gets no further child while one is open, so the pointers of open ones stay good.
    bool open(Json value) {
        if (open_.size() >= kDepthMax) {
            problem = "more than 100 levels";
            return false;
        }
        open_.push_back(place(std::move(value)));
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    static constexpr std::size_t kDepthMax = 100;
    std::vector<Json*> open_;
    std::string key_;
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
    if (text.empty()) return Json{};
    ExactBuilder builder;
    if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
        return Error{Errc::invalid, builder.problem.empty() ? "not JSON" : builder.problem, "INVALID_JSON", {}};
    }
    return std::move(builder.root);
}

std::string text_of(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    return value.is_number_integer() ? value.dump() : std::string{};
}

std::string text_at(const Json& object, const char* key, const std::string& otherwise) {
    if (!object.is_object()) return otherwise;
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? otherwise : text_of(*found);
}

Result<Decimal> parse_amount(const Json& value, int exponent) {
    const std::string text = text_of(value);
    WEIR_TRY(const Decimal exact, Decimal::parse(text));
    WEIR_TRY(Decimal scaled, exact.checked_round(exponent, Rounding::down));
    if (scaled != exact) {
        return Error{Errc::invalid,
                     "\"" + text + "\": expected at most " + std::to_string(exponent) + " decimal places",
                     "INVALID_AMOUNT",
                     {}};
    }
    return scaled;
}

}  // namespace weir::standin
