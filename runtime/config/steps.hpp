// The steps of a route: transforms with their settings, the branches of switches, and wire taps.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "runtime/config/components.hpp"
#include "runtime/config/connections.hpp"
#include "runtime/config/mappings.hpp"
#include "runtime/config/problems.hpp"

namespace weir::config {

// Refers to what it is given.
class StepReader {
  public:
    StepReader(const Components& components, const Mappings& mappings, ConnectionTable& connections, Problems& problems)
        : components_(components), mappings_(mappings), connections_(connections), problems_(problems) {}

    // Appends to route.steps; a wire tap is one more of route.to. A switch is followed by the steps of its branches.
    void read(Node& steps, const std::filesystem::path& folder, Route& route);

    // Of the route read last: "invoices", "invoices/late".
    [[nodiscard]] std::span<const std::string> branches() const noexcept { return branches_; }

  private:
    void read_list(Node& steps, const std::string& branch);
    void read_step(Member& written, const std::string& branch);
    void read_switch(Member& written, const ComponentSchema& component, const std::string& branch);
    void read_tap(const Member& written, const std::string& branch);
    void use_mapping(const Member& written, const Node& reference, const ComponentSchema& component,
                     const std::string& branch);
    void add(Member& written, const ComponentSchema& component, const std::string& branch);
    [[nodiscard]] const ComponentSchema* find_transform(const Member& written);
    [[nodiscard]] const ComponentSchema* find_in_plugin(const Member& written, const std::string& plugin,
                                                        const std::string& range, const std::string& name);

    const Components& components_;
    const Mappings& mappings_;
    ConnectionTable& connections_;
    Problems& problems_;
    const std::filesystem::path* folder_ = nullptr;
    Route* route_ = nullptr;
    std::vector<std::string> branches_;
};

}  // namespace weir::config
