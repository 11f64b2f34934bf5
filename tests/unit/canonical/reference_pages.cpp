#include "tests/unit/canonical/reference_pages.hpp"

#include <fstream>
#include <sstream>

#include "runtime/canonical/dictionary.hpp"
#include "runtime/canonical/registry.hpp"

namespace weir::canonical::testing {

namespace {

constexpr const char* kGenerated =
    "<!-- Generated from runtime/canonical/schemas by the target canonical_reference; a test fails when it is stale. "
    "-->\n";

// The first by name.
std::string example_in(const std::filesystem::path& dir) {
    std::filesystem::path first;
    for (const auto& file : std::filesystem::directory_iterator(dir)) {
        if (first.empty() || file.path() < first) first = file.path();
    }
    std::ifstream in(first, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string with_comment(std::string page) {
    page.insert(page.find('\n') + 1, kGenerated);
    return page;
}

std::string keys_of(const Contract& contract) {
    std::string keys;
    for (const Field& field : fields_of(contract.schema_text, Depth::own)) {
        if (field.key && field.pointer.find('/', 1) == std::string::npos) {
            keys += (keys.empty() ? "`" : ", `") + field.pointer.substr(1) + '`';
        }
    }
    return keys;
}

}  // namespace

std::map<std::string, std::string> reference_pages(const std::filesystem::path& examples) {
    const Contracts contracts = Contracts::builtin();
    std::map<std::string, std::string> pages;
    std::string index =
        "# The canonical model\n\n"
        "What all systems are mapped to: n sources and m targets need n + m mappings. Money is\n"
        "`{\"amount\": \"1393.56\", \"currency\": \"USD\"}`, quantities are decimal text, neither is ever a JSON "
        "number.\n"
        "[howto/contracts.md](../../howto/contracts.md) says how to use, extend and change contracts;\n"
        "`weir contract dictionary --json` prints all of this for programs.\n\n"
        "| contract | what it is | owner unless declared otherwise | natural key |\n|---|---|---|---|\n";
    for (const std::string& name : contracts.names()) {
        const Contract& contract = *contracts.find(name);
        const std::string object = contract.name.substr(contract.name.find('/') + 1);
        pages[object + ".md"] = with_comment(contract_markdown(contract, example_in(examples / object)));
        index += "| [" + name + "](" + object + ".md) | " + contract.title + " | " + contract.owner_kind + " | " +
                 keys_of(contract) + " |\n";
    }
    pages["README.md"] = with_comment(std::move(index));
    return pages;
}

}  // namespace weir::canonical::testing
