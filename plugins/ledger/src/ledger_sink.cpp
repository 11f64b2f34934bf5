#include "ledger_sink.hpp"

#include <weir/plugin.hpp>

#include <algorithm>
#include <filesystem>

namespace weir::ledger {
namespace {

constexpr std::string_view kTypes[] = {"asset", "liability", "equity", "revenue", "expense"};

// The usual numbering: 1 assets, 2 liabilities, 3 equity, 4 revenue, 5 to 9 expenses.
std::string type_of(std::string_view code) {
    switch (code.empty() ? '\0' : code[0]) {
        case '1':
            return "asset";
        case '2':
            return "liability";
        case '3':
            return "equity";
        case '4':
            return "revenue";
        default:
            return "expense";
    }
}

bool is_period(std::string_view text) noexcept {
    const auto digits = [](std::string_view part) {
        return std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    return text.size() == 7 && text[4] == '-' && digits(text.substr(0, 4)) && digits(text.substr(5)) &&
           text.substr(5) >= "01" && text.substr(5) <= "12";
}

std::vector<Account> chart_of(const SinkConfig& config) {
    if (config.accounts.empty()) return default_chart();
    std::vector<Account> chart;
    for (const auto& [code, account] : config.accounts) {
        chart.push_back({code, account.name, account.type.empty() ? type_of(code) : account.type, account.blocked});
    }
    return chart;
}

std::vector<ClosedPeriod> closed_periods_of(const SinkConfig& config) {
    std::vector<ClosedPeriod> closed;
    for (std::size_t i = 0; i < config.closed_periods.size(); ++i) {
        const std::string& text = config.closed_periods[i];
        const std::string at = "/closed_periods/" + std::to_string(i);
        const std::size_t slash = text.find('/');
        const std::string company = slash == std::string::npos ? "" : text.substr(0, slash);
        const std::string period = slash == std::string::npos ? text : text.substr(slash + 1);
        if (!is_period(period)) {
            throw ConfigError(at, "found \"" + text + "\", expected a period like \"2026-05\" or \"US01/2026-05\"");
        }
        const auto& companies = config.companies;
        if (slash != std::string::npos && std::find(companies.begin(), companies.end(), company) == companies.end()) {
            throw ConfigError(at, "company \"" + company + "\": not one of /companies");
        }
        closed.push_back({company, period});
    }
    return closed;
}

}  // namespace

void decode_config(const json& value, AccountConfig& out, const detail::ConfigPath& path) {
    if (value.is_string()) {
        out.name = value.get<std::string>();
        return;
    }
    detail::ObjectReader reader(value, path);
    reader.field("name", out.name);
    reader.field("type", out.type);
    reader.field("blocked", out.blocked);
    reader.refuse_unknown();
    if (!out.type.empty() && std::find(std::begin(kTypes), std::end(kTypes), out.type) == std::end(kTypes)) {
        detail::ConfigPath(path, "type")
            .fail("found \"" + out.type + "\", expected asset, liability, equity, revenue or expense");
    }
}

std::vector<Account> default_chart() {
    const std::pair<const char*, const char*> chart[] = {
        {"1010", "Bank"},
        {"1020", "Processor clearing"},
        {"1100", "Accounts receivable"},
        {"1150", "Unbilled receivables"},
        {"2200", "Tax payable"},
        {"2350", "Accrued customer credits"},
        {"2400", "Deferred revenue"},
        {"4010", "Subscription revenue"},
        {"4020", "Usage revenue"},
        {"4090", "Service credits"},  // contra-revenue
        {"6500", "Processing fees"},
        {"7990", "Rounding differences"},
    };
    std::vector<Account> accounts;
    for (const auto& [code, name] : chart) accounts.push_back({code, name, type_of(code), false});
    return accounts;
}

LedgerSink::LedgerSink(Host host, SinkConfig config) : Sink(host, std::move(config)) {
    if (cfg().path.empty()) throw ConfigError("/path", "expected a file");
    if (cfg().companies.empty()) throw ConfigError("/companies", "expected at least one company");
    books_config_ = {std::filesystem::absolute(cfg().path).lexically_normal().string(), cfg().companies,
                     chart_of(cfg()), closed_periods_of(cfg()), static_cast<int>(cfg().busy_timeout.count())};
}

void LedgerSink::start(Call&) {
    books_.reset();
    auto opened = Books::open(books_config_);
    if (!opened.ok()) throw Retry(opened.error().code, opened.error().message);
    books_.emplace(*std::move(opened));
}

void LedgerSink::probe(Call&) {
    if (!books_) throw Disconnected("the books are not open");
    unwrap(books_->probe());
}

void LedgerSink::limits(weir_sink_limits& limits) {
    limits.order = WEIR_ORDER_PER_KEY;
    limits.max_in_flight = 1;
    limits.max_batch_records = 500;
    limits.settle_ns = 0;  // what a commit left is there at once
}

void LedgerSink::deliver(Call& call, Delivery& delivery) {
    if (!books_) throw Disconnected("the books are not open");
    entries_.clear();
    items_.clear();
    for (const Item item : delivery) {
        auto entry = parser_.parse(item.payload(), item.external_ref());
        if (entry.ok()) {
            entries_.push_back(*std::move(entry));
            items_.push_back(item);
        } else {
            item.rejected(entry.error().code, entry.error().message);
        }
    }
    if (entries_.empty()) return;
    const auto mode = call.dry_run() ? Books::Mode::dry_run : Books::Mode::post;
    const auto verdicts = books_->post(entries_, host().wall_unix_ns(), mode);
    if (!verdicts.ok()) return report_failure(verdicts.error());
    for (std::size_t i = 0; i < items_.size(); ++i) report((*verdicts)[i], items_[i]);
}

void LedgerSink::report(const Verdict& verdict, const Item& item) const {
    switch (verdict.kind) {
        case Verdict::Kind::posted:
            return item.delivered(verdict.entry_number);
        case Verdict::Kind::duplicate:
            return item.duplicate(verdict.entry_number);
        case Verdict::Kind::absent:
            return item.retry("NOT_IN_BOOKS", "the books do not hold the entry");
        case Verdict::Kind::rejected:
            break;
    }
    item.rejected(verdict.code, verdict.message, Remote{.id = verdict.entry_number});
}

void LedgerSink::report_failure(const Error& error) {
    host().warn("entries were not posted", {{"code", error.code}, {"error", error.message}});
    for (const Item& item : items_) {
        if (error.errc == Errc::unknown) {
            item.unknown(error.code, error.message);
        } else {
            item.retry(error.code, error.message);
        }
    }
    // After an I/O error the connection's view of the file is not to be trusted; start() opens it anew.
    if (error.errc == Errc::unknown || error.errc == Errc::corrupt) books_.reset();
}

void LedgerSink::resolve(Call&, Delivery& delivery) {
    if (!books_) throw Disconnected("the books are not open");
    for (const Item item : delivery) {
        const auto entry = parser_.parse(item.payload(), item.external_ref());
        if (!entry.ok()) {
            item.rejected(entry.error().code, entry.error().message);  // it was never posted and never will be
            continue;
        }
        const auto found = books_->find(*entry);
        if (!found.ok()) {
            item.unknown(found.error().code, found.error().message);
        } else if (found->kind == Verdict::Kind::duplicate) {
            item.delivered(found->entry_number);
        } else {
            report(*found, item);
        }
    }
}

}  // namespace weir::ledger

WEIR_COMPONENT(sink, weir::ledger::LedgerSink,
               WEIR_TRAIT_IDEMPOTENT_KEY | WEIR_TRAIT_BLOCKING | WEIR_TRAIT_ATOMIC_BATCH)
WEIR_PLUGIN(&sink)
