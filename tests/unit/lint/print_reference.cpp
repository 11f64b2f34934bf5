// Writes docs/reference/lint.md to the file it is given.
#include <fstream>

#include "runtime/lint/rules.hpp"

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    std::ofstream out(argv[1], std::ios::binary);
    out << weir::lint::reference_markdown();
    return out.flush() ? 0 : 1;
}
