// The documents of a stand-in: collections of JSON by key, in memory, and on disk when there is a state file.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "json.hpp"

namespace weir::standin {

// One thread. Changes are visible at once and durable after commit().
// The file has one line per commit, `[["collection","key",value or null],...]`. A last line without an end is what a
// crash left of a commit that nobody was told of: it is cut off when the file is opened.
class Store {
  public:
    using Collection = std::map<std::string, Json>;

    Store() = default;
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // Reads what is there and appends from now on. `unavailable`: cannot be read or written. `corrupt`: with the line.
    [[nodiscard]] Status open(const std::string& path);

    [[nodiscard]] const Json* find(const std::string& collection, const std::string& key) const;
    [[nodiscard]] const Collection& collection(const std::string& name) const;
    void put(const std::string& collection, const std::string& key, Json value);
    void erase(const std::string& collection, const std::string& key);
    void clear();
    // The next number of a sequence without gaps, from 1.
    [[nodiscard]] std::int64_t next_number(const std::string& sequence);
    // The same behind a prefix, "evt_00000012": in the order of their numbers as text, too.
    [[nodiscard]] std::string next_id(const std::string& sequence, const std::string& prefix);

    // Writes what was changed since the last commit as one line and syncs it. `unavailable`: not written; nothing may
    // be promised to anyone any more.
    [[nodiscard]] Status commit();

  private:
    void apply(const Json& change);

    std::map<std::string, Collection> collections_;
    Json changes_ = Json::array();
    std::string path_;
    int file_ = -1;
};

}  // namespace weir::standin
