#include "sink.hpp"

namespace tryton {
namespace {

constexpr Kind kKinds[] = {Kind::customer, Kind::invoice, Kind::entry};  // customers first: the others name them

void check_url(const std::string& url) {
    const std::string_view rest = url.starts_with("https://")  ? std::string_view(url).substr(8)
                                  : url.starts_with("http://") ? std::string_view(url).substr(7)
                                                               : std::string_view();
    if (rest.empty() || rest.find_first_of("?#@") != std::string_view::npos) {
        throw weir::ConfigError("/url", "found \"" + url + "\", expected a URL like \"https://erp.example.com\"");
    }
}

}  // namespace

TrytonSink::TrytonSink(weir::Host host, Config config)
    : Sink(host, std::move(config)),
      reader_(cfg()),
      rpc_(host, cfg()),
      directory_(rpc_, cfg()),
      poster_(host, rpc_, directory_),
      queue_(posting_queue(rpc_.url())) {
    check_url(cfg().url);
    if (cfg().batch_records == 0) throw weir::ConfigError("/batch_records", "found 0, expected at least 1");
    for (const Kind kind : kKinds) models_.push_back(make_model(kind, rpc_, directory_, cfg()));
}

void TrytonSink::limits(weir_sink_limits& limits) {
    limits.order = WEIR_ORDER_PER_KEY;
    limits.max_in_flight = 1;
    limits.max_batch_records = std::min(limits.max_batch_records, cfg().batch_records);
    // A create that was given up for lost may still be on its way through Tryton.
    limits.settle_ns = std::chrono::nanoseconds(cfg().settle).count();
}

void TrytonSink::stop() noexcept {
    stopping_ = true;
    queue_.freed.notify_all();
}

void TrytonSink::probe(weir::Call& call) { weir::unwrap(check(call)); }

// Reachable, authorised, and is what the settings name there?
weir::Status TrytonSink::check(const weir::Call& call) {
    WEIR_CHECK_OK(directory_.company(call));
    WEIR_CHECK_OK(directory_.load(call, Table::journal, {cfg().journal, cfg().invoice_journal}));
    WEIR_CHECK_OK(directory_.find(Table::journal, cfg().journal));
    if (!cfg().invoice_journal.empty()) WEIR_CHECK_OK(directory_.find(Table::journal, cfg().invoice_journal));
    return weir::ok();
}

template <class Refuse>
TrytonSink::Batches TrytonSink::read(const weir::Delivery& delivery, Refuse refuse) {
    Batches batches(std::size(kKinds));
    for (const weir::Item item : delivery) {
        auto document = reader_.read(item.record().type(), item.payload(), item.external_ref());
        if (!document.ok()) {
            refuse(item, document.error());
            continue;
        }
        auto& batch = batches[static_cast<std::size_t>(kind_of(*document))];
        batch.push_back(Job{.item = item, .document = std::move(document).value()});
    }
    return batches;
}

void TrytonSink::deliver(weir::Call& call, weir::Delivery& delivery) {
    Batches batches = read(delivery, [](const weir::Item& item, const weir::Error& error) { give(item, error); });
    if (call.dry_run()) {
        for (const auto& batch : batches) {
            for (const Job& job : batch) job.item.delivered();
        }
        return;
    }
    const PostingLock lock(queue_, call, stopping_);
    if (!lock.held()) throw weir::Retry("POSTING_BUSY", "other postings to the same database took all the time");
    for (const Kind kind : kKinds) poster_.deliver(call, model(kind), batches[static_cast<std::size_t>(kind)]);
}

void TrytonSink::resolve(weir::Call& call, weir::Delivery& delivery) {
    // What cannot be read was never sent.
    Batches batches = read(delivery, [](const weir::Item& item, const weir::Error& error) {
        item.retry("ABSENT", "it was never sent: " + error.message);
    });
    for (const Kind kind : kKinds) poster_.resolve(call, model(kind), batches[static_cast<std::size_t>(kind)]);
}

}  // namespace tryton
