#include "runtime/flow/sliding_window.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace weir::flow {

namespace {

constexpr std::int64_t kBuckets = 128;

// Takes a number off the front of `text`.
template <class Number>
std::optional<Number> take_number(std::string_view& text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

bool take(std::string_view& text, char wanted) {
    if (!text.starts_with(wanted)) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

SlidingWindow::SlidingWindow(std::uint64_t limit, std::chrono::nanoseconds length)
    : limit_(limit),
      length_(length.count()),
      bucket_ns_(std::max<std::int64_t>(1, length.count() / kBuckets)),
      reserve_(std::max<std::uint64_t>(1, limit / 100)) {}

std::uint64_t SlidingWindow::allowed(double share) const noexcept {
    if (share >= 1.0) return limit_;
    // At least one: a reserve for others must not lock a class out altogether.
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(limit_) * share));
}

void SlidingWindow::forget(std::int64_t now_mono_ns) {
    while (!buckets_.empty() && buckets_.front().begin + bucket_ns_ + length_ <= now_mono_ns) {
        sum_ -= buckets_.front().count;
        buckets_.pop_front();
    }
}

std::uint64_t SlidingWindow::room(std::int64_t now_mono_ns, double share) {
    forget(now_mono_ns);
    const std::uint64_t most = allowed(share);
    return sum_ >= most ? 0 : most - sum_;
}

std::int64_t SlidingWindow::room_at(std::int64_t now_mono_ns, std::uint64_t wanted, double share) {
    forget(now_mono_ns);
    const std::uint64_t most = allowed(share);
    wanted = std::min(wanted, most);
    std::uint64_t left = sum_;
    if (left + wanted <= most) return now_mono_ns;
    for (const Bucket& bucket : buckets_) {
        left -= bucket.count;
        if (left + wanted <= most) return bucket.begin + bucket_ns_ + length_;
    }
    return now_mono_ns + bucket_ns_ + length_;
}

void SlidingWindow::add(std::int64_t now_mono_ns, std::uint64_t count) {
    forget(now_mono_ns);
    const bool open = !buckets_.empty() && now_mono_ns < buckets_.back().begin + bucket_ns_;
    if (!open) buckets_.push_back({now_mono_ns, 0, 0});
    Bucket& bucket = buckets_.back();
    bucket.count += count;
    sum_ += count;
    if (bucket.count > bucket.reserved) {
        bucket.reserved = bucket.count + reserve_ - 1;
        dirty_ = true;
    }
}

std::uint64_t SlidingWindow::used(std::int64_t now_mono_ns) {
    forget(now_mono_ns);
    return sum_;
}

std::string SlidingWindow::save(std::int64_t now_mono_ns, std::int64_t now_wall_ns) {
    forget(now_mono_ns);
    dirty_ = false;
    std::string text;
    for (const Bucket& bucket : buckets_) {
        if (!text.empty()) text += ',';
        text += std::to_string(now_wall_ns - (now_mono_ns - bucket.begin));
        text += ':';
        text += std::to_string(bucket.reserved);
    }
    return text;
}

void SlidingWindow::load(std::string_view saved, std::int64_t now_mono_ns, std::int64_t now_wall_ns) {
    buckets_.clear();
    sum_ = 0;
    while (!saved.empty()) {
        const auto begin = take_number<std::int64_t>(saved);
        if (!begin || !take(saved, ':')) break;
        const auto count = take_number<std::uint64_t>(saved);
        if (!count) break;
        const std::int64_t age = std::max<std::int64_t>(0, now_wall_ns - *begin);
        if (age < length_ + bucket_ns_) {
            buckets_.push_back({now_mono_ns - age, *count, *count});
            sum_ += *count;
        }
        if (!take(saved, ',')) break;
    }
    std::ranges::sort(buckets_, {}, &Bucket::begin);
    dirty_ = false;
    forget(now_mono_ns);
}

}  // namespace weir::flow
