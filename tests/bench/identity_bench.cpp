// De-duplication by itself: what 100 million identities cost in memory and time. Prints one JSON object.
//
//   weir_identity_bench [identities] [directory]
//
// Identities are made up and no record is stored, so that it runs in minutes; every identity is looked up before it is
// inserted, as in a commit of 1,024 records.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"
#include "runtime/journal/identities.hpp"

namespace weir::journal {
namespace {

namespace fs = std::filesystem;

constexpr StreamId kStream = 1;
constexpr std::size_t kGroup = 1024;
constexpr std::size_t kMemoryBytes = std::size_t{64} << 20;  // the default

const SystemClock g_clock;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

[[noreturn]] void die(const std::string& why) {
    fmt::print(stderr, "weir_identity_bench: {}\n", why);
    std::exit(1);
}

double seconds_since(std::int64_t start) { return static_cast<double>(g_clock.mono_ns() - start) / 1e9; }

// SplitMix64: a bijection, so no identity comes twice.
std::uint64_t hash_of(std::uint64_t number) {
    number += 0x9e3779b97f4a7c15ULL;
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9ULL;
    number = (number ^ (number >> 27)) * 0x94d049bb133111ebULL;
    return number ^ (number >> 31);
}

struct Memory {
    double anonymous_mb = 0;  // the process's own
    double file_mb = 0;       // mapped files: filters, and the program itself
};

Memory memory() {
    Memory now;
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        double* into = word == "RssAnon:" ? &now.anonymous_mb : word == "RssFile:" ? &now.file_mb : nullptr;
        if (into == nullptr) continue;
        status >> *into;
        *into *= 1024 / 1e6;
    }
    return now;
}

Catalog catalog_of(std::uint64_t records) {
    Catalog catalog;
    StreamEntry& stream = catalog.streams.emplace_back();
    stream.info.id = kStream;
    stream.info.end = records;
    return catalog;
}

std::size_t find_all(Identities& identities, const std::vector<std::uint64_t>& hashes) {
    constexpr std::size_t kAhead = 32;
    std::vector<Position> found;
    for (std::size_t i = 0; i < hashes.size(); ++i) {
        if (i + kAhead < hashes.size()) identities.prefetch(hashes[i + kAhead]);
        if (!identities.find(hashes[i], kStream, found).ok()) die("a run is damaged");
    }
    return found.size();
}

void insert_all(Identities& identities, std::uint64_t count) {
    std::vector<std::uint64_t> hashes(kGroup);
    std::size_t false_candidates = 0;
    double longest_ms = 0;
    double anonymous_mb = 0;
    std::size_t runs_max = 0;
    const std::int64_t start = g_clock.mono_ns();
    for (std::uint64_t first = 0; first < count; first += kGroup) {
        const std::int64_t began = g_clock.mono_ns();
        for (std::size_t i = 0; i < kGroup; ++i) hashes[i] = hash_of(first + i);
        identities.refresh();
        false_candidates += find_all(identities, hashes);
        for (std::size_t i = 0; i < kGroup; ++i) identities.insert(hashes[i], make_position(kStream, first + i));
        identities.cover(kStream, {first, first + kGroup});
        identities.make_room();
        longest_ms = std::max(longest_ms, seconds_since(began) * 1e3);
        runs_max = std::max(runs_max, identities.view().runs.size());
        if (first % (kGroup * 1024) == 0) anonymous_mb = std::max(anonymous_mb, memory().anonymous_mb);
    }
    const double seconds = seconds_since(start);
    const std::int64_t merging = g_clock.mono_ns();
    identities.runs()->wait_idle();
    fmt::print(
        "  \"insert\": {{\"per_s\": {:.0f}, \"longest_group_ms\": {:.1f}, \"false_candidates\": {}, \"runs_max\": {}, "
        "\"peak_anonymous_mb\": {:.0f}, \"merging_after_s\": {:.1f}}},\n",
        static_cast<double>(count) / seconds, longest_ms, false_candidates, runs_max, anonymous_mb,
        seconds_since(merging));
}

void look_up(Identities& identities, const char* what, std::uint64_t first, std::uint64_t step, std::size_t expected) {
    constexpr std::size_t kLookups = 1'000'000;
    std::vector<std::uint64_t> hashes(kLookups);
    for (std::size_t i = 0; i < kLookups; ++i) hashes[i] = hash_of(first + i * step);
    std::uint64_t passed = 0;
    for (const std::uint64_t hash : hashes) {
        for (const auto& run : identities.view().runs)
            passed += run->may_contain(IdentityIndex::key_of(hash)) ? 1u : 0u;
    }
    const std::int64_t start = g_clock.mono_ns();
    const std::size_t found = find_all(identities, hashes);
    const double ns = seconds_since(start) * 1e9 / kLookups;
    if (found < expected) die(fmt::format("{} of {} identities found", found, expected));
    fmt::print("  \"{}\": {{\"ns\": {:.0f}, \"blocks_read_each\": {:.4f}, \"candidates\": {}}},\n", what, ns,
               static_cast<double>(passed) / kLookups, found);
}

void print_state(const char* what, const Identities& identities) {
    std::uint64_t entries = 0;
    std::uint64_t mapped = 0;
    std::uint64_t disk = 0;
    for (const auto& run : identities.view().runs) {
        entries += run->entries();
        mapped += run->mapped_bytes();
        disk += fs::file_size(run->path());
    }
    const Memory now = memory();
    fmt::print(
        "  \"{}\": {{\"runs\": {}, \"entries_in_runs\": {}, \"disk_mb\": {:.0f}, \"filters_mb\": {:.0f}, "
        "\"tables_and_fences_mb\": {:.0f}, \"anonymous_mb\": {:.0f}, \"file_mb\": {:.0f}}},\n",
        what, identities.view().runs.size(), entries, static_cast<double>(disk) / 1e6,
        static_cast<double>(mapped) / 1e6, static_cast<double>(identities.memory_bytes()) / 1e6, now.anonymous_mb,
        now.file_mb);
}

int run(int argc, char** argv) {
    log::configure(log::Level::warn, log::Format::text);
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const std::uint64_t wanted = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
    const std::uint64_t count = (wanted + kGroup - 1) / kGroup * kGroup;
    std::string dir = (argc > 2 ? fs::path(argv[2]) : fs::temp_directory_path()) / "weir-bench-XXXXXX";
    if (::mkdtemp(dir.data()) == nullptr) die("mkdtemp " + dir);
    const IdentityRuns::Settings settings{fs::path(dir) / "ids", "bench", 0};
    fmt::print("{{\n  \"case\": \"identities\", \"identities\": {},\n", count);
    {
        Identities identities;
        identities.use_runs(settings, kMemoryBytes, catalog_of(0));
        insert_all(identities, count);
        identities.refresh();
        print_state("filled", identities);
        look_up(identities, "absent", count, 1, 0);
        look_up(identities, "present", 0, std::max<std::uint64_t>(count / 1'000'000, 1),
                static_cast<std::size_t>(std::min<std::uint64_t>(count, 1'000'000)));
    }
    const std::int64_t start = g_clock.mono_ns();
    Identities identities;
    identities.use_runs(settings, kMemoryBytes, catalog_of(count));
    std::uint64_t rest = 0;
    for (const StreamRange& range : identities.missing(catalog_of(count))) rest += range.range.end - range.range.first;
    const double seconds = seconds_since(start);
    print_state("reopened", identities);
    fmt::print("  \"reopen\": {{\"seconds\": {:.3f}, \"left_for_the_segments\": {}}}\n}}\n", seconds, rest);
    fs::remove_all(dir);
    return 0;
}

}  // namespace
}  // namespace weir::journal

int main(int argc, char** argv) { return weir::journal::run(argc, argv); }
