#include "runtime/config/mappings.hpp"

#include <algorithm>

#include "runtime/base/json_pointer.hpp"
#include "runtime/config/plugin_schema.hpp"
#include "runtime/config/values.hpp"
#include "runtime/config/version_range.hpp"

namespace weir::config {
namespace {

void add_places(const Node& node, const std::string& pointer, std::map<std::string, Location>& places) {
    places.emplace(pointer, node.is_scalar() && node.text_at.line > 0 ? node.text_at : node.where);
    for (const Member& member : node.members)
        add_places(member.value, pointer + "/" + pointer_token(member.key), places);
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        add_places(node.items[i], pointer + "/" + std::to_string(i), places);
    }
}

void add_parts(const Node& node, const std::string& pointer, TextParts& parts) {
    if (!node.reference.empty()) {  // the text is of the environment
        parts[pointer] = {TextPart{}};
    } else if (!node.parts.empty()) {
        parts[pointer] = node.parts;
    }
    for (const Member& member : node.members) add_parts(member.value, pointer + "/" + pointer_token(member.key), parts);
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        add_parts(node.items[i], pointer + "/" + std::to_string(i), parts);
    }
}

bool is_literal(const Node& node) { return node.is_scalar() && node.reference.empty() && node.secret.empty(); }

void add_literals(const Node& node, const std::string& pointer, std::map<std::string, Location>& places) {
    if (is_literal(node)) places.emplace(pointer, node.where);
    for (const Member& member : node.members)
        add_literals(member.value, pointer + "/" + pointer_token(member.key), places);
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        add_literals(node.items[i], pointer + "/" + std::to_string(i), places);
    }
}

// A name of so many parts is a range: @1 any 1.x.y, @1.2 any 1.2.x.
std::string range_of(const std::string& version) {
    if (version.empty() || version.front() == '^' || version.front() == '~') return version;
    const auto dots = std::ranges::count(version, '.');
    return dots == 0 ? "^" + version : dots == 1 ? "~" + version : version;
}

bool is_pre_release(const Version& version) { return !version.prerelease.empty(); }

}  // namespace

bool is_mapping_reference(std::string_view reference) {
    const PluginReference wanted = split_plugin_reference(reference);
    if (wanted.id.empty() || reference.ends_with('@')) return false;
    return is_version_range(range_of(wanted.range));
}

const Mapping* find_mapping(std::span<const Mapping> all, std::string_view reference) {
    if (!is_mapping_reference(reference)) return nullptr;
    const PluginReference wanted = split_plugin_reference(reference);
    const std::string range = range_of(wanted.range);
    const Mapping* best = nullptr;
    std::optional<Version> highest;
    for (const Mapping& mapping : all) {
        const auto version = parse_version(mapping.version);
        if (mapping.name != wanted.id || !version || !in_range(*version, range)) continue;
        // The empty range takes any version.
        if (range.empty() && is_pre_release(*version)) continue;
        if (highest && *version < *highest) continue;
        best = &mapping;
        highest = version;
    }
    return best;
}

std::map<std::string, Location> places_of(const Node& node) {
    std::map<std::string, Location> places;
    add_places(node, "", places);
    return places;
}

TextParts parts_of(const Node& node) {
    TextParts parts;
    add_parts(node, "", parts);
    return parts;
}

std::map<std::string, Location> literals_of(const Node& node) {
    std::map<std::string, Location> places;
    add_literals(node, "", places);
    return places;
}

Mappings::Mappings(Sources& sources, const Components& components, Problems& problems) : complete_(sources.complete) {
    for (SourceFile& file : sources.files) {
        if (file.section == SectionId::mapping) read(file.root, file.path.parent_path(), components, problems);
    }
}

void Mappings::read(Node& node, const std::filesystem::path& folder, const Components& components, Problems& problems) {
    if (node.kind != Node::Kind::map) return;
    const Values values(&node, SectionId::mapping, folder);
    Mapping mapping;
    mapping.name = values.text("mapping");
    mapping.version = values.text("version");
    mapping.owner = values.text("owner");
    mapping.deprecated = values.text("deprecated");
    mapping.sunset = values.text("sunset");
    mapping.successor = values.text("successor");
    mapping.where = node.where;
    if (const Member* name = node.find("mapping")) mapping.where = name->value.where;
    Member* settings = node.find("map");
    if (settings == nullptr || settings->value.kind != Node::Kind::map || !parse_version(mapping.version)) return;
    const auto found = components.of("weir", "", settings->where, problems);
    const auto map = std::ranges::find(found, "map", &ComponentSchema::component);
    if (map == found.end()) return;
    if (const auto schema = parse_schema(**map, settings->where, problems)) {
        const nlohmann::json* const schemas[] = {&*schema};
        check_settings(settings->value, settings->where, schemas, folder, problems);
    }
    mapping.places = places_of(settings->value);
    mapping.parts = parts_of(settings->value);
    mapping.literals = literals_of(settings->value);
    settings->value.members.push_back({"mapping", mapping.where, {}});
    settings->value.members.back().value.kind = Node::Kind::string;
    settings->value.members.back().value.text = mapping.id();
    mapping.settings_json = to_json(settings->value);
    const auto same = std::ranges::find(all_, mapping.id(), &Mapping::id);
    if (same == all_.end()) return all_.push_back(std::move(mapping));
    problems.add(mapping.where, "duplicate_mapping", "mapping " + quote(mapping.id()) + " is here twice",
                 "first at " + same->where.to_string());
}

const Mapping* Mappings::find(std::string_view reference, const Location& where, Problems& problems) const {
    if (!is_mapping_reference(reference)) {
        const bool open_end = reference.ends_with('@');
        problems.add(where, "wrong_value", "expected a mapping such as usage-to-entry@1, found " + quote(reference),
                     open_end ? "write a version behind the @, or leave the @ out" : "");
        return nullptr;
    }
    const Mapping* best = find_mapping(all_, reference);
    if (best != nullptr || !complete_) return best;
    const std::string name = split_plugin_reference(reference).id;
    std::vector<std::string> near;
    for (const Mapping& mapping : all_) near.push_back(mapping.name == name ? mapping.id() : mapping.name);
    problems.add(where, "unknown_mapping", "unknown mapping " + quote(reference),
                 near.empty() ? "no file with mapping: is included" : suggest(reference, {near.begin(), near.end()}));
    return nullptr;
}

}  // namespace weir::config
