// Journal throughput against what the disk allows: prints one JSON object.
//
//   weir_journal_bench [records_max] [directory]
//
// Every journal figure has its baseline from the same run: a raw file appended to and fdatasync'ed in the same batches.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <semaphore>
#include <string>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"
#include "runtime/journal/open_journal.hpp"

namespace weir::journal {
namespace {

namespace fs = std::filesystem;

constexpr double kCaseSecondsMax = 3;  // a slow disk must not make a case last for minutes

const SystemClock g_clock;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

double seconds_since(std::int64_t start) { return static_cast<double>(g_clock.mono_ns() - start) / 1e9; }

[[noreturn]] void die(const std::string& why) {
    fmt::print(stderr, "weir_journal_bench: {}\n", why);
    std::exit(1);
}

// A usage event of about 430 bytes, framed.
EncodedBatch events(std::uint64_t first, std::uint32_t count) {
    EncodedBatch out;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string id = fmt::format("evt_{:016x}", (first + i) * 0x9e3779b97f4a7c15ULL);
        const std::string payload = fmt::format(
            R"({{"customer":"cus_{:08}","meter":"api_calls","quantity":"{}","unit":"call","region":"eu-west-1","trace":"{:0180}"}})",
            first % 100'000, 1 + i % 97, first + i);
        weir_record record{};
        record.time_unix_ns = 1'780'000'000'000'000'000;
        record.ingest_unix_ns = record.time_unix_ns;
        record.id = str(id);
        record.source = str("/usage/api");
        record.type = str("com.example.usage.recorded");
        record.subject = str("cus_00000042");
        record.payload = str(payload);
        if (!encode_record(record, nullptr, out).ok()) die("encode");
    }
    return out;
}

// A fixed number of requests in flight; each one that is done lets the next one in.
class Load {
  public:
    Load(Journal& journal, StreamId stream, int in_flight) : journal_(journal), stream_(stream), free_(in_flight) {}

    void append(EncodedBatch records) {
        free_.acquire();
        auto request = std::make_unique<Request>(*this);
        request->stream = stream_;
        request->records = std::move(records);
        ++started_;
        journal_.append(std::move(request));
    }
    void finish(int in_flight) {
        for (int i = 0; i < in_flight; ++i) free_.acquire();
        free_.release(in_flight);
        if (failed_ > 0) die(fmt::format("{} of {} appends failed", failed_.load(), started_));
    }

  private:
    class Request final : public AppendRequest {
      public:
        explicit Request(Load& load) : load_(load) {}
        void done(const AppendResult& result) noexcept override {
            if (!result.status.ok() || result.stored != result.verdicts.size()) ++load_.failed_;
            load_.free_.release();
        }

      private:
        Load& load_;
    };
    Journal& journal_;
    StreamId stream_;
    std::counting_semaphore<1024> free_;
    std::atomic<std::uint64_t> failed_{0};
    std::uint64_t started_ = 0;
};

std::unique_ptr<Journal> open(const fs::path& dir) {
    Options options;
    options.dir = dir;
    options.clock = &g_clock;
    auto journal = open_journal(options);
    if (!journal.ok()) die(journal.error().message);
    return std::move(journal).value();
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Prepared outside the measured time, so that the journal is measured and not the making of events.
std::vector<EncodedBatch> prepare(std::uint64_t first, std::uint64_t count, std::uint32_t batch) {
    std::vector<EncodedBatch> batches;
    for (std::uint64_t at = 0; at < count; at += batch) batches.push_back(events(first + at, batch));
    return batches;
}

struct Measured {
    double events_per_s = 0;
    double cpu_us_per_event = 0;  // of the whole process: the journal's thread and the appending one
};

Measured measure_journal(Journal& journal, StreamId stream, std::uint64_t first, std::uint64_t count,
                         std::uint32_t batch, int in_flight, double seconds_max) {
    auto batches = prepare(first, count, batch);
    Load load(journal, stream, in_flight);
    const double cpu = cpu_seconds();
    const std::int64_t start = g_clock.mono_ns();
    std::uint64_t done = 0;
    for (EncodedBatch& records : batches) {
        done += records.count();
        load.append(std::move(records));
        if (seconds_since(start) > seconds_max) break;
    }
    load.finish(in_flight);
    const auto events = static_cast<double>(done);
    return {events / seconds_since(start), (cpu_seconds() - cpu) / events * 1e6};
}

double raw_rate(const fs::path& dir, std::uint64_t count, std::uint32_t batch) {
    const auto batches = prepare(0, count, batch);
    const std::string path = (dir / "raw").string();
    const int fd = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) die("open " + path);
    const std::int64_t start = g_clock.mono_ns();
    std::uint64_t done = 0;
    for (const EncodedBatch& records : batches) {
        if (::write(fd, records.frames.data(), records.frames.size()) < 0 || ::fdatasync(fd) != 0) die("write " + path);
        done += records.count();
        if (seconds_since(start) > kCaseSecondsMax) break;
    }
    const double rate = static_cast<double>(done) / seconds_since(start);
    ::close(fd);
    fs::remove(path);
    return rate;
}

double rss_mb() {
    std::ifstream status("/proc/self/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    status >> size >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

void measure_batches(const fs::path& dir) {
    struct Case {
        std::uint32_t batch;
        int in_flight;
        std::uint64_t count;
    };
    constexpr Case kCases[] = {{1, 1, 10'000},     {1, 64, 100'000},   {100, 1, 200'000},
                               {100, 64, 400'000}, {1024, 1, 409'600}, {1024, 64, 409'600}};
    fmt::print("  \"append\": [\n");
    for (const Case& one : kCases) {
        const fs::path journal_dir = dir / fmt::format("batch-{}-{}", one.batch, one.in_flight);
        auto journal = open(journal_dir);
        auto stream = journal->open_stream("usage");
        if (!stream.ok()) die(stream.error().message);
        const double raw = raw_rate(dir, one.count, one.batch);
        const Measured measured =
            measure_journal(*journal, *stream, 0, one.count, one.batch, one.in_flight, kCaseSecondsMax);
        fmt::print(
            "    {{\"batch\": {}, \"in_flight\": {}, \"events_per_s\": {:.0f}, \"raw_events_per_s\": {:.0f}, "
            "\"ratio\": {:.2f}, \"cpu_us_per_event\": {:.2f}}}{}\n",
            one.batch, one.in_flight, measured.events_per_s, raw, measured.events_per_s / raw,
            measured.cpu_us_per_event, &one == std::end(kCases) - 1 ? "" : ",");
        journal.reset();
        fs::remove_all(journal_dir);
    }
    fmt::print("  ],\n");
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

// The rate of a journal that holds 0.1 M records, over the next 0.3 M.
double rate_at_a_tenth_of_a_million(const fs::path& dir, std::uint64_t step, std::uint32_t batch) {
    double rate = 0;
    {
        auto journal = open(dir);
        auto stream = journal->open_stream("usage");
        if (!stream.ok()) die(stream.error().message);
        (void)measure_journal(*journal, *stream, 0, step, batch, 8, 1e9);
        ::sync();
        rate = measure_journal(*journal, *stream, step, 3 * step, batch, 8, 1e9).events_per_s;
    }
    fs::remove_all(dir);
    return rate;
}

void measure_growth(const fs::path& dir, std::uint64_t records_max) {
    constexpr std::uint32_t kBatch = 1024;
    constexpr std::uint64_t kStep = 100 * kBatch;
    const fs::path journal_dir = dir / "growth";
    std::uint64_t stored = 0;
    {
        auto journal = open(journal_dir);
        auto stream = journal->open_stream("usage");
        if (!stream.ok()) die(stream.error().message);
        for (; stored < records_max; stored += kStep) {
            (void)measure_journal(*journal, *stream, stored, kStep, kBatch, 8, 1e9);
        }
        // In turn, each after the disk has caught up: filling ends with the kernel throttling writers, and a journal
        // measured then would be compared with one that wrote into an empty page cache.
        std::vector<double> small;
        std::vector<double> large;
        for (int round = 0; round < 5; ++round, stored += 3 * kStep) {
            small.push_back(rate_at_a_tenth_of_a_million(dir / "fresh", kStep, kBatch));
            ::sync();
            large.push_back(measure_journal(*journal, *stream, stored, 3 * kStep, kBatch, 8, 1e9).events_per_s);
        }
        const double first = median(small);
        const double last = median(large);
        fmt::print(
            "  \"growth\": {{\"records\": {}, \"first_events_per_s\": {:.0f}, \"last_events_per_s\": {:.0f}, "
            "\"ratio\": {:.2f}, \"rss_mb\": {:.0f}}},\n",
            stored, first, last, last / first, rss_mb());
    }
    const double rss_before = rss_mb();
    const std::int64_t start = g_clock.mono_ns();
    auto journal = open(journal_dir);
    const double seconds = seconds_since(start);
    auto stream = journal->open_stream("usage");
    if (!stream.ok()) die(stream.error().message);
    const auto info = journal->stream_info(*stream);
    if (!info.ok() || info->end != stored) die("what came out is not what went in");
    fmt::print(
        "  \"reopen\": {{\"records\": {}, \"seconds\": {:.2f}, \"rss_before_mb\": {:.0f}, \"rss_mb\": {:.0f}}}\n",
        stored, seconds, rss_before, rss_mb());
    journal.reset();
    fs::remove_all(journal_dir);
}

int run(int argc, char** argv) {
    log::configure(log::Level::warn, log::Format::text);
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const std::uint64_t records_max = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    std::string dir = (argc > 2 ? fs::path(argv[2]) : fs::temp_directory_path()) / "weir-bench-XXXXXX";
    if (::mkdtemp(dir.data()) == nullptr) die("mkdtemp " + dir);
    fmt::print("{{\n  \"case\": \"journal\",\n");
    measure_batches(dir);
    measure_growth(dir, records_max);
    fmt::print("}}\n");
    fs::remove_all(dir);
    return 0;
}

}  // namespace
}  // namespace weir::journal

int main(int argc, char** argv) { return weir::journal::run(argc, argv); }
