#include "erp_document.hpp"

#include <algorithm>

#include "time.hpp"

namespace weir::standin {

namespace {

constexpr std::size_t kLinesMax = 5000;
constexpr std::size_t kReferenceMax = 64;

// Reads members of one body; remembers the first thing that is wrong, so that readers stay lists of members.
class Reader {
  public:
    Reader(const Json& body, int exponent) : body_(body), exponent_(exponent) {}

    std::string required(const Json& object, const char* key, const std::string& at = {}) {
        std::string text = text_at(object, key);
        if (text.empty()) fail(at + "/" + key, "expected a text");
        return text;
    }
    std::string day(const Json& object, const char* key, const std::string& otherwise) {
        std::string text = text_at(object, key, otherwise);
        if (!is_day(text)) fail(std::string("/") + key, "found \"" + text + "\", expected a day such as 2026-06-30");
        return text;
    }
    // A text, a number (by its text), or {"amount", "currency"}, whose currency goes to `currency`.
    Decimal amount(const Json& object, const char* key, const std::string& at, std::string* currency = nullptr) {
        const std::string pointer = at + "/" + key;
        if (!object.is_object() || !object.contains(key)) {
            fail(pointer, "expected an amount, found nothing");
            return {};
        }
        const Json* value = &object.at(key);
        if (value->is_object()) {
            if (currency != nullptr) *currency = text_at(*value, "currency");
            value = value->contains("amount") ? &value->at("amount") : &kNull;
        }
        auto read = parse_amount(*value, exponent_);
        if (!read.ok()) {
            fail(pointer, read.error().message);
            return {};
        }
        return *read;
    }
    Decimal above_zero(const Json& object, const char* key, const std::string& at, std::string* currency = nullptr) {
        const Decimal value = amount(object, key, at, currency);
        if (!problem_.empty() || (!value.is_negative() && !value.is_zero())) return value;
        fail(at + "/" + key, "found " + value.to_string() + ", expected an amount above zero");
        return value;
    }
    Decimal amount_or_zero(const Json& object, const char* key) {
        const bool given = object.is_object() && object.contains(key) && !object.at(key).is_null();
        const Decimal value = given ? amount(object, key, "") : *parse_amount("0", exponent_);
        if (value.is_negative()) fail(std::string("/") + key, "found " + value.to_string() + ", expected 0 or more");
        return value;
    }
    const Json& lines() {
        const auto found = body_.is_object() ? body_.find("lines") : body_.end();
        if (!body_.is_object() || found == body_.end() || !found->is_array() || found->empty()) {
            fail("/lines", "expected an array of lines");
            return kNoLines;
        }
        if (found->size() > kLinesMax) fail("/lines", "expected at most " + std::to_string(kLinesMax));
        return *found;
    }
    void fail(const std::string& pointer, const std::string& message) {
        if (problem_.empty()) problem_ = pointer + ": " + message;
    }
    [[nodiscard]] int exponent() const noexcept { return exponent_; }
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

  private:
    static inline const Json kNull{};
    static inline const Json kNoLines = Json::array();
    const Json& body_;
    int exponent_;
    std::string problem_;
};

void copy_texts(const Json& from, Json& to, std::initializer_list<const char*> keys) {
    for (const char* key : keys) {
        if (std::string text = text_at(from, key); !text.empty()) to[key] = std::move(text);
    }
}

void name_customer(const Json& body, ErpDocument& document) {
    std::string customer = text_at(body, "customer", text_at(body, "party"));
    if (!customer.empty()) document.customers.push_back(std::move(customer));
}

// Members that all kinds have.
void read_head(Reader& reader, const Json& body, ErpDocument& document) {
    document.company = reader.required(body, "company");
    document.currency = reader.required(body, "currency");
    name_customer(body, document);
    // An invoice without a posting date is posted on the day it is issued.
    document.posting_date = reader.day(body, "posting_date", text_at(body, "issue_date"));
    document.content = {
        {"company", document.company},
        {"currency", document.currency},
        {"external_ref", document.external_ref},
        {"posting_date", document.posting_date},
        {"document_date", reader.day(body, "document_date", text_at(body, "issue_date", document.posting_date))}};
    copy_texts(body, document.content, {"document_type", "memo", "customer", "party"});
    if (document.external_ref.size() > kReferenceMax) {
        reader.fail("/external_ref", "expected at most " + std::to_string(kReferenceMax) + " bytes");
    }
}

void read_entry(Reader& reader, ErpDocument& document) {
    Json lines = Json::array();
    std::size_t index = 0;
    for (const Json& line : reader.lines()) {
        const std::string at = "/lines/" + std::to_string(index++);
        BookLine book;
        book.account = reader.required(line, "account", at);
        const std::string side = reader.required(line, "side", at);
        if (side != "debit" && side != "credit") reader.fail(at + "/side", R"(expected "debit" or "credit")");
        book.debit = side == "debit";
        book.currency = text_at(line, "currency");
        book.amount = reader.above_zero(line, "amount", at, &book.currency);
        if (line.is_object()) book.dimensions = line.value("dimensions", Json());
        Json content = {{"account", book.account}, {"side", side}, {"amount", book.amount.to_string()}};
        copy_texts(line, content, {"memo", "party", "customer"});
        if (book.dimensions.is_object()) content["dimensions"] = book.dimensions;
        name_customer(line, document);
        lines.push_back(std::move(content));
        document.lines.push_back(std::move(book));
    }
    document.content["lines"] = std::move(lines);
}

BookLine book_line(const Json& body, const char* account_key, const char* otherwise, bool debit,
                   const Decimal& amount) {
    return {text_at(body, account_key, otherwise), debit, amount, {}, {}};
}

// `amount`, or `quantity` times `unit_price` rounded half up, as billing systems do.
Decimal line_amount(Reader& reader, const Json& line, const std::string& at) {
    if (text_at(line, "quantity").empty() || (line.is_object() && line.contains("amount"))) {
        return reader.above_zero(line, "amount", at);
    }
    const auto quantity = Decimal::parse(text_at(line, "quantity")),
               price = Decimal::parse(text_at(line, "unit_price"));
    if (!quantity.ok() || !price.ok()) {
        reader.fail(at, "expected an amount, or a quantity and a unit_price");
        return {};
    }
    const auto product = Decimal::checked_mul(*quantity, *price);
    const auto rounded = product.ok() ? product->checked_round(reader.exponent(), Rounding::half_up) : product;
    if (rounded.ok() && !rounded->is_negative() && !rounded->is_zero()) return *rounded;
    reader.fail(at, "quantity times unit_price: expected an amount above zero");
    return {};
}

// Dr receivables (total), Cr each line's account, Cr tax. Without a total it is what the lines and the tax sum up to.
void read_invoice(Reader& reader, const Json& body, ErpDocument& document) {
    reader.required(body, "customer");
    document.number = reader.required(body, "number");
    const Decimal tax = reader.amount_or_zero(body, "tax");
    Decimal sum = tax;
    Json lines = Json::array();
    std::size_t index = 0;
    for (const Json& line : reader.lines()) {
        const std::string at = "/lines/" + std::to_string(index++);
        BookLine book{reader.required(line, "account", at), false, line_amount(reader, line, at), {}, {}};
        const auto next = Decimal::checked_add(sum, book.amount);
        if (!next.ok()) return reader.fail(at, next.error().message);
        sum = *next;
        Json content = {{"account", book.account}, {"amount", book.amount.to_string()}};
        copy_texts(line, content, {"memo", "description", "product", "quantity", "unit_price"});
        lines.push_back(std::move(content));
        document.lines.push_back(std::move(book));
    }
    const Decimal total = body.contains("total") ? reader.above_zero(body, "total", "") : sum;
    if (!tax.is_zero()) document.lines.push_back(book_line(body, "tax_account", "2200", false, tax));
    document.lines.insert(document.lines.begin(), book_line(body, "receivable_account", "1100", true, total));
    document.content.update({{"number", document.number},
                             {"tax", tax.to_string()},
                             {"total", total.to_string()},
                             {"lines", std::move(lines)}});
}

// Dr clearing (amount less fee), Dr fees, Cr receivables.
void read_payment(Reader& reader, const Json& body, ErpDocument& document) {
    reader.required(body, "customer");
    document.pays_invoice = reader.required(body, "invoice");
    const Decimal gross = reader.above_zero(body, "amount", "");
    const Decimal fee = reader.amount_or_zero(body, "fee");
    if (fee >= gross) reader.fail("/fee", "found " + fee.to_string() + ", expected less than the amount");
    if (!reader.problem().empty()) return;
    document.lines.push_back(book_line(body, "clearing_account", "1020", true, gross - fee));
    if (!fee.is_zero()) document.lines.push_back(book_line(body, "fee_account", "6500", true, fee));
    document.lines.push_back(book_line(body, "receivable_account", "1100", false, gross));
    document.content.update(
        {{"invoice", document.pays_invoice}, {"amount", gross.to_string()}, {"fee", fee.to_string()}});
}

std::string invalid_code(const std::string& kind) {
    std::string code = "INVALID_" + kind;
    std::transform(code.begin(), code.end(), code.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return code;
}

}  // namespace

std::optional<int> currency_exponent(const Settings& settings, const std::string& currency) {
    const Json& known = settings.at("currencies");
    const auto found = known.find(currency);
    if (found == known.end() || !found->is_number_integer()) return std::nullopt;
    return found->get<int>();
}

Result<ErpDocument> read_document(const std::string& kind, const Json& body, const std::string& ref,
                                  const Settings& settings) {
    if (!body.is_object()) return Error{Errc::invalid, "expected an object", invalid_code(kind), {}};
    ErpDocument document;
    document.kind = kind;
    document.external_ref = ref;
    // A currency nobody knows is refused in its turn, after accounts; until then its amounts may have any digits.
    constexpr int kAnyDigits = 12;
    Reader reader(body, currency_exponent(settings, text_at(body, "currency")).value_or(kAnyDigits));
    read_head(reader, body, document);
    if (kind == "entry") read_entry(reader, document);
    if (kind == "invoice") read_invoice(reader, body, document);
    if (kind == "payment") read_payment(reader, body, document);
    if (!reader.problem().empty()) return Error{Errc::invalid, reader.problem(), invalid_code(kind), {}};
    return document;
}

}  // namespace weir::standin
