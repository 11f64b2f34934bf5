#!/usr/bin/env python3
"""The layout of the plugin ABI, as the C compiler sees it: every struct's size and alignment, every field's offset and
size, every enumerator's value. `layout.py check` compares with the golden file, `layout.py print` writes a new one.

The list comes from the headers themselves, so a new struct or field cannot be forgotten.
"""
import argparse
import difflib
import pathlib
import re
import subprocess
import sys
import tempfile


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def field_names(body):
    for declaration in body.split(";"):
        declaration = " ".join(declaration.split())
        if not declaration:
            continue
        function = re.search(r"\(\*\s*(\w+)\)\s*\(", declaration)
        plain = re.search(r"(\w+)\s*(\[\d+\])?$", declaration)
        yield (function or plain).group(1)


def structs(text):
    for match in re.finditer(r"struct (weir_\w+) \{(.*?)\n\}", text, flags=re.S):
        yield match.group(1), list(field_names(match.group(2)))


def enumerators(text):
    for match in re.finditer(r"enum \{(.*?)\}", text, flags=re.S):
        for item in match.group(1).split(","):
            name = re.match(r"\s*(WEIR_\w+)", item)
            if name:
                yield name.group(1)


def program(headers):
    lines = ["#include <stdio.h>"] + [f"#include <weir/{header.name}>" for header in headers]
    lines += ["#define FIELD(type, name) \\",
              '    printf("  %-20s offset %4zu size %4zu\\n", #name, offsetof(type, name), sizeof(((type*)0)->name))',
              "int main(void) {"]
    for header in headers:
        text = without_comments(header.read_text())
        lines.append(f'    puts("# weir/{header.name}");')
        for name, fields in structs(text):
            lines.append(f'    printf("{name} size %zu align %zu\\n", sizeof({name}), _Alignof({name}));')
            lines += [f"    FIELD({name}, {field});" for field in fields]
        lines += [f'    printf("{name} = %lld\\n", (long long){name});' for name in enumerators(text)]
    return "\n".join(lines + ["    return 0;", "}", ""])


def layout(compiler, include):
    headers = sorted(pathlib.Path(include, "weir").glob("*.h"))
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "layout.c")
        source.write_text(program(headers))
        binary = pathlib.Path(folder, "layout")
        subprocess.run([compiler, "-std=c11", "-Wall", "-Werror", "-I", include, str(source), "-o", str(binary)], check=True)
        return subprocess.run([str(binary)], check=True, capture_output=True, text=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=["check", "print"])
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("--headers", default="plugin-api/include")
    parser.add_argument("--golden", default="tests/abi/layout.golden")
    arguments = parser.parse_args()
    found = layout(arguments.compiler, arguments.headers)
    if arguments.verb == "print":
        sys.stdout.write(found)
        return 0
    golden = pathlib.Path(arguments.golden).read_text()
    if found == golden:
        return 0
    sys.stdout.writelines(difflib.unified_diff(golden.splitlines(True), found.splitlines(True), "golden", "headers"))
    print("The ABI's layout changed. Structs grow by appending only, in a new minor version; frozen ones never.\n"
          "If that is what was done: tests/abi/layout.py print > tests/abi/layout.golden")
    return 1


if __name__ == "__main__":
    sys.exit(main())
