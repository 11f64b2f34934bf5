// Finds plugins in directories, lists them from their manifests, and loads the ones that routes use.
#pragma once

#include <weir/plugin.h>
#include <weir/result.hpp>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/plugin/manifest.hpp"

namespace weir::plugin {

// A file that was looked at. `refused` is empty for a usable one.
struct Candidate {
    std::filesystem::path file;
    std::string sha256;   // hex, of the file's bytes
    Manifest manifest;    // valid when refused is empty, or partly when it could be read
    std::string refused;  // "ABI major 2, this host speaks 1"; "writable by others"; ...
    std::string code;     // stable: not_elf wrong_architecture not_shared no_manifest bad_manifest abi_major
                          // needs_newer_host writable_by_others outside_directory unreadable truncated
                          // duplicate_version
    const weir_plugin* builtin = nullptr;  // part of the host itself; `file` says so, sha256 stands for its version
};

// A loaded library. Never unloaded: it lives until the process ends.
class Library {
  public:
    virtual ~Library() = default;
    [[nodiscard]] virtual const Manifest& manifest() const noexcept = 0;
    [[nodiscard]] virtual const weir_plugin& plugin() const noexcept = 0;
    // nullptr when there is none of this kind and name. name "" finds the only one of its kind.
    [[nodiscard]] virtual const weir_component* component(std::uint32_t kind, std::string_view name) const noexcept = 0;
    // Held around every call of a component that is WEIR_THREADS_PROCESS_SERIAL.
    [[nodiscard]] std::mutex& process_mutex() const noexcept { return process_mutex_; }

  private:
    mutable std::mutex process_mutex_;
};

class Registry {
  public:
    // Looks at every *.so in `dirs` (not below them), in file name order. Runs no plugin code. A directory that does
    // not exist, or that others may write, refuses everything in it.
    [[nodiscard]] static Registry scan(const std::vector<std::filesystem::path>& dirs);

    // A plugin that is linked into the host: static data, as weir_plugin_entry_v1() gives it. Loaded like any other.
    void add_builtin(const weir_plugin& plugin);

    [[nodiscard]] const std::vector<Candidate>& candidates() const noexcept { return candidates_; }
    // Problems that concern a directory as a whole.
    [[nodiscard]] const std::vector<std::string>& directory_problems() const noexcept { return directory_problems_; }
    // The usable candidate with the highest version in `range` ("" any, "^1.2", "~1.2.3", "1.2.3"). `not_found` names
    // what there is; a refused file with this id is named with its reason.
    [[nodiscard]] Result<const Candidate*> find(std::string_view id, std::string_view range) const;
    // Loads (now, local binding) the bytes that were hashed, or gives back the library that was loaded from the same
    // bytes before, by whichever registry: init runs once in a process. Errors leave the host alive and carry code
    // missing_symbol, load_failed, entry_null, entry_unstable, abi_major, wrong_size, missing_function,
    // manifest_mismatch, init_failed, changed_on_disk, or the candidate's own when it is a refused one.
    [[nodiscard]] Result<std::shared_ptr<const Library>> load(const Candidate& candidate) const;

  private:
    std::vector<Candidate> candidates_;
    std::vector<std::string> directory_problems_;
};

}  // namespace weir::plugin
