// Writes docs/reference/expressions.md to the file it is given.
#include <fstream>

#include "runtime/expr/reference.hpp"

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    std::ofstream out(argv[1], std::ios::binary);
    out << weir::expr::reference_markdown();
    return out.flush() ? 0 : 1;
}
