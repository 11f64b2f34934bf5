// Which files there are, and whether they are still the ones they were: growth, rotation, truncation, renames.
#include "file_source.hpp"

#include <algorithm>

namespace weir::file {
namespace {

constexpr std::size_t kOpenMax = 256;  // descriptors kept on files that are read to their end

const FoundFile* find_path(const std::vector<FoundFile>& found, const std::string& path) {
    const auto at = std::find_if(found.begin(), found.end(), [&](const FoundFile& f) { return f.path == path; });
    return at == found.end() ? nullptr : &*at;
}

}  // namespace

void FileSource::look() {
    const auto found = unwrap(list_matching(directory_, pattern_));
    follow_renames(found);
    for (auto& [path, file] : files_) {
        if (find_path(found, path) == nullptr && !file.fd && !file.drained) reopen(file, nullptr);
    }
    for (const FoundFile& match : found) {
        const auto known = files_.find(match.path);
        if (known != files_.end()) {
            look_at(known->second, match);
        } else {
            add_new(match);
        }
    }
    for (auto& [path, file] : files_) {
        if (file.replaced && file.drained) switch_to_replacement(file);
    }
    put_away_idle();
}

void FileSource::add_new(const FoundFile& match) {
    auto opened = open_for_reading(match.path);
    if (!opened.ok()) {
        host().warn("file cannot be opened", {{"path", match.path}, {"error", opened.error().message}});
        return;
    }
    FollowedFile file;
    file.path = match.path;
    file.begin(*std::move(opened), match.id, false);
    files_.emplace(match.path, std::move(file));
}

// A followed file that stands under another matching name now keeps its cursor under that name: it is no new file.
void FileSource::follow_renames(const std::vector<FoundFile>& found) {
    for (const FoundFile& match : found) {
        if (files_.contains(match.path)) continue;
        const auto moved = std::find_if(files_.begin(), files_.end(), [&](const auto& entry) {
            const FoundFile* at_path = find_path(found, entry.first);
            return entry.second.id() == match.id && (at_path == nullptr || at_path->id != match.id);
        });
        if (moved == files_.end()) continue;
        const std::string old_path = moved->first;
        FollowedFile file = std::move(moved->second);
        host().info("file was renamed", {{"from", old_path}, {"to", match.path}});
        // What comes to stand at the old path is the next generation there.
        FollowedFile successor;
        successor.path = old_path;
        successor.cursor.generation = file.cursor.generation;
        successor.cursor.name = file.cursor.name;
        moved->second = std::move(successor);
        moved->second.drained = true;
        file.path = match.path;
        file.moved = true;
        files_.emplace(match.path, std::move(file));
    }
}

void FileSource::look_at(FollowedFile& file, const FoundFile& found) {
    if (file.id() != found.id || (!file.fd && !file.drained)) {
        if (file.fd && !file.replaced) {
            host().info("file was replaced, reading the old one to its end", {{"path", file.path}});
            file.replaced = true;
            file.drained = false;
        }
        if (!file.fd) reopen(file, &found);
        return;
    }
    if (!file.fd) {
        if (found.size == file.seen_size) return;  // put away, unchanged
        reopen(file, &found);
        return;
    }
    check_still_the_same(file);
}

// Opens the file of a cursor that was stored or put away.
void FileSource::reopen(FollowedFile& file, const FoundFile* found) {
    if (found != nullptr) {
        auto opened = open_for_reading(file.path);
        if (!opened.ok()) return;  // gone or not readable now: the next look tells
        const bool known = file.cursor.offset > 0 || file.cursor.inode != 0;
        if (known && unwrap(continues(opened->get(), file.cursor))) {
            return file.go_on(*std::move(opened), found->id);
        }
        if (!known) return file.begin(*std::move(opened), found->id, true);
        if (file.id() == found->id) {
            file.go_on(*std::move(opened), found->id);
            return restart(file, "truncated or written anew");
        }
    }
    // Renamed while nobody looked? The inode tells, the fingerprint confirms it.
    for (const FoundFile& other : unwrap(list_matching(directory_, "*"))) {
        if (other.id != file.id() || other.path == file.path) continue;
        const auto owner = files_.find(other.path);
        if (owner != files_.end() && owner->second.id() == other.id) continue;  // it is read under that name
        auto opened = open_for_reading(other.path);
        if (!opened.ok() || !unwrap(continues(opened->get(), file.cursor))) continue;
        host().info("file was renamed, reading it to its end", {{"from", file.path}, {"to", other.path}});
        file.go_on(*std::move(opened), other.id);
        file.replaced = found != nullptr;
        return;
    }
    if (found != nullptr) {
        host().warn("the file read before is gone, beginning with the one at its path", {{"path", file.path}});
        switch_to_replacement(file);
    } else {
        file.drained = true;  // nothing to read until something comes to stand at the path
    }
}

void FileSource::check_still_the_same(FollowedFile& file) {
    if (file.replaced) return;
    const FileStat now = unwrap(stat_of(file.fd.get()));
    if (now.size == file.seen_size && file.drained) return;
    if (!unwrap(continues(file.fd.get(), file.cursor))) return restart(file, "truncated or written anew");
    file.drained = false;
}

void FileSource::restart(FollowedFile& file, std::string_view why) {
    host().warn("file begins anew, reading it from its start as a new generation", {{"path", file.path}, {"why", why}});
    const FileId id = file.id();
    file.begin(std::move(file.fd), id, true);
}

void FileSource::switch_to_replacement(FollowedFile& file) {
    auto opened = open_for_reading(file.path);
    if (!opened.ok()) return;  // gone again: the next look tells
    const FileStat now = unwrap(stat_of(opened->get()));
    // The same content dropped again is not read again: it goes on where the old file ended.
    if (file.cursor.offset > 0 && unwrap(continues(opened->get(), file.cursor))) {
        host().info("file was replaced by one with the same beginning, going on in it", {{"path", file.path}});
        return file.go_on(*std::move(opened), now.id);
    }
    file.begin(*std::move(opened), now.id, true);
}

void FileSource::put_away_idle() {
    std::size_t open = 0;
    for (auto& [path, file] : files_) {
        if (!file.fd) continue;
        if (++open > kOpenMax && file.drained && !file.replaced) file.fd = UniqueFd();
    }
}

FollowedFile* FileSource::next_with_rows() {
    const auto readable = [](const FollowedFile& file) { return file.fd && !file.drained; };
    // A file is read to its end before the next one's turn; then round and round, in the order of the names.
    const auto from = files_.lower_bound(current_);
    for (auto at = from; at != files_.end(); ++at) {
        if (readable(at->second)) return &at->second;
    }
    for (auto at = files_.begin(); at != from; ++at) {
        if (readable(at->second)) return &at->second;
    }
    return nullptr;
}

}  // namespace weir::file
