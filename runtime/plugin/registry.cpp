#include "runtime/plugin/registry.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "runtime/base/text.hpp"
#include "runtime/plugin/library.hpp"
#include "runtime/plugin/semver.hpp"
#include "runtime/plugin/trusted_file.hpp"

namespace weir::plugin {

namespace {

void refuse(Candidate& candidate, const Error& why) {
    candidate.refused = why.message;
    candidate.code = why.code;
}

// All that can be told from the manifest; the ABI is settled here, before any of the plugin's code runs.
Status check_manifest(const FileContent& content, Manifest& manifest) {
    WEIR_TRY(const std::string json, read_manifest_note(content.bytes));
    WEIR_CHECK_OK(parse_manifest(json, manifest));
    const std::string speaks = std::to_string(WEIR_ABI_MAJOR) + "." + std::to_string(WEIR_ABI_MINOR);
    if (manifest.abi_major != WEIR_ABI_MAJOR) {
        return Error{Errc::invalid,
                     "needs plugin ABI major " + std::to_string(manifest.abi_major) + ", this host speaks " + speaks,
                     "abi_major",
                     {}};
    }
    if (manifest.min_host_minor > WEIR_ABI_MINOR) {
        return Error{Errc::invalid,
                     "needs a host that speaks plugin ABI " + std::to_string(manifest.abi_major) + "." +
                         std::to_string(manifest.min_host_minor) + " or later, this host speaks " + speaks,
                     "needs_newer_host",
                     {}};
    }
    return ok();
}

Candidate look_at(const TrustedDirectory& directory, const std::filesystem::path& file) {
    Candidate candidate;
    candidate.file = file;
    const auto content = directory.read(file.filename().string());
    if (!content) {
        refuse(candidate, content.error());
        return candidate;
    }
    candidate.sha256 = content->sha256;
    // Read also when the file is not trusted, so that the refusal can be found by the plugin's id.
    const Status manifest = check_manifest(*content, candidate.manifest);
    if (!content->trust) {
        refuse(candidate, content->trust.error());
    } else if (!manifest) {
        refuse(candidate, manifest.error());
    }
    return candidate;
}

// One id and version with two contents: taking either would be a guess about whose code runs.
void refuse_ambiguous(std::vector<Candidate>& candidates) {
    std::map<std::pair<std::string, std::string>, std::vector<Candidate*>> by_version;
    for (Candidate& candidate : candidates) {
        if (candidate.refused.empty()) {
            by_version[{candidate.manifest.id, candidate.manifest.version}].push_back(&candidate);
        }
    }
    for (auto& [key, files] : by_version) {
        for (Candidate* candidate : files) {
            const auto other = std::find_if(files.begin(), files.end(),
                                            [&](const Candidate* c) { return c->sha256 != candidate->sha256; });
            if (other == files.end()) continue;
            refuse(*candidate, {Errc::conflict,
                                key.first + "@" + key.second + " is also in \"" + (*other)->file.string() +
                                    "\" with other content, expected one file for each version",
                                "duplicate_version",
                                {}});
        }
    }
}

std::string list_versions(const std::vector<const Candidate*>& candidates) {
    std::string text;
    for (const Candidate* candidate : candidates) {
        if (!text.empty()) text += ", ";
        text += candidate->manifest.version;
    }
    return text;
}

Error none_with_id(const std::vector<Candidate>& candidates, std::string_view id) {
    std::string message = "no plugin \"" + std::string(id) + "\"";
    std::vector<std::string_view> ids;
    for (const Candidate& candidate : candidates) {
        if (candidate.manifest.id == id) {
            return {Errc::not_found,
                    message + ": \"" + candidate.file.string() + "\" was refused: " + candidate.refused,
                    candidate.code,
                    {}};
        }
        if (candidate.refused.empty()) ids.push_back(candidate.manifest.id);
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    if (const auto near = nearest_name(id, ids); !near.empty()) {
        message += ", did you mean \"" + std::string(near) + "\"?";
    } else if (ids.empty()) {
        message += ", and no other either";
    } else {
        message += ", expected one of";
        for (const std::string_view known : ids) message += " \"" + std::string(known) + "\"";
    }
    return {Errc::not_found, std::move(message), "no_such_plugin", {}};
}

}  // namespace

Registry Registry::scan(const std::vector<std::filesystem::path>& dirs) {
    Registry registry;
    for (const auto& path : dirs) {
        auto directory = TrustedDirectory::open(path);
        if (!directory) {
            registry.directory_problems_.push_back(directory.error().message);
            continue;
        }
        const auto names = directory->libraries();
        if (!names) {
            registry.directory_problems_.push_back(names.error().message);
            continue;
        }
        for (const std::string& name : *names) registry.candidates_.push_back(look_at(*directory, path / name));
    }
    refuse_ambiguous(registry.candidates_);
    return registry;
}

void Registry::add_builtin(const weir_plugin& plugin) {
    Candidate candidate;
    candidate.file = "(built in)";
    candidate.builtin = &plugin;
    if (auto status = parse_manifest(std::string_view(plugin.manifest.data, plugin.manifest.size), candidate.manifest); !status) {
        refuse(candidate, status.error());
    }
    candidate.sha256 = "built in " + candidate.manifest.id + "@" + candidate.manifest.version;
    candidates_.push_back(std::move(candidate));
    refuse_ambiguous(candidates_);
}

Result<const Candidate*> Registry::find(std::string_view id, std::string_view range) const {
    auto wanted = VersionRange::parse(range);
    if (!wanted) return std::move(wanted).error().in("plugin \"" + std::string(id) + "\"");
    const Candidate* best = nullptr;
    Version best_version;
    std::vector<const Candidate*> usable;
    const Candidate* refused = nullptr;
    for (const Candidate& candidate : candidates_) {
        if (candidate.manifest.id != id) continue;
        if (!candidate.refused.empty()) {
            refused = &candidate;
            continue;
        }
        usable.push_back(&candidate);
        WEIR_TRY(Version version, parse_version(candidate.manifest.version));
        if (!wanted->contains(version) || (best != nullptr && version <= best_version)) continue;
        best = &candidate;
        best_version = std::move(version);
    }
    if (best != nullptr) return best;
    if (usable.empty()) return none_with_id(candidates_, id);
    std::string message = "no version of plugin \"" + std::string(id) + "\" is in \"" + std::string(range) +
                          "\", there is " + list_versions(usable);
    if (refused != nullptr) message += "; \"" + refused->file.string() + "\" was refused: " + refused->refused;
    return Error{Errc::not_found, std::move(message), "no_such_version", {}};
}

Result<std::shared_ptr<const Library>> Registry::load(const Candidate& candidate) const {
    return load_library(candidate);
}

}  // namespace weir::plugin
