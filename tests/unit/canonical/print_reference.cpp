// Writes the pages of docs/reference/canonical: print_canonical_reference EXAMPLES DIR.
#include <filesystem>
#include <fstream>

#include "tests/unit/canonical/reference_pages.hpp"

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const std::filesystem::path dir(argv[2]);
    std::filesystem::create_directories(dir);
    for (const auto& [name, text] : weir::canonical::testing::reference_pages(argv[1])) {
        std::ofstream out(dir / name, std::ios::binary);
        out << text;
        if (!out.flush()) return 1;
    }
    return 0;
}
