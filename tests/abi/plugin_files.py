#!/usr/bin/env python3
"""Checks built plugins: plugin_files.py <library>=<plugin.json>...

One exported function, no symbol shared between libraries (STB_GNU_UNIQUE), everything bound at load and read-only
afterwards, no executable stack, never unloaded, no search path, and the manifest note equal to plugin.json.
"""
import re
import struct
import subprocess
import sys


def readelf(*arguments):
    return subprocess.run(["readelf", "--wide", *arguments], check=True, capture_output=True, text=True).stdout


def problems_of_symbols(library):
    exported, unique = [], []
    for line in readelf("--dyn-syms", library).splitlines():
        fields = line.split()
        if len(fields) < 8 or not fields[0].rstrip(":").isdigit() or fields[6] == "UND":
            continue
        name = fields[7].split("@")[0]
        if fields[4] == "UNIQUE":
            unique.append(name)
        if fields[4] in ("GLOBAL", "WEAK", "UNIQUE"):
            exported.append(name)
    if exported != ["weir_plugin_entry_v1"]:
        yield f"exports {exported[:5]}, expected weir_plugin_entry_v1 alone"
    if unique:
        yield f"has STB_GNU_UNIQUE symbols: {unique[:3]}"


def problems_of_linking(library):
    dynamic = readelf("--dynamic", library)
    for flag in ("NOW", "NODELETE"):
        if not re.search(r"\(FLAGS_1\).*\b" + flag + r"\b", dynamic):
            yield f"was not linked with -z {flag.lower()}"
    for tag in ("RPATH", "RUNPATH", "TEXTREL"):
        if f"({tag})" in dynamic:
            yield f"has {tag}"
    segments = readelf("--segments", library)
    if "GNU_RELRO" not in segments:
        yield "was not linked with -z relro"
    if re.search(r"GNU_STACK.*\bRWE\b", segments):
        yield "has an executable stack"
    if ".note.gnu.build-id" not in readelf("--sections", library):
        yield "has no build id"


def manifest_notes(library):
    """The descriptors of all notes of owner "weir" and type 1."""
    section = re.search(r"\.note\.weir\s+NOTE\s+[0-9a-f]+\s+([0-9a-f]+)\s+([0-9a-f]+)", readelf("--sections", library))
    if not section:
        return []
    with open(library, "rb") as file:
        file.seek(int(section.group(1), 16))
        data = file.read(int(section.group(2), 16))
    notes = []
    while data:
        owner_size, size, kind = struct.unpack_from("<III", data)
        start = 12 + (owner_size + 3) // 4 * 4
        if data[12:12 + owner_size] == b"weir\0" and kind == 1:
            notes.append(data[start:start + size])
        data = data[start + (size + 3) // 4 * 4:]
    return notes


def problems_of_manifest(library, manifest):
    with open(manifest, "rb") as file:
        expected = file.read()
    notes = manifest_notes(library)
    if len(notes) != 1:
        yield f"has {len(notes)} manifest notes, expected one"
    elif notes[0] != expected:
        yield f"has a manifest note that differs from {manifest}"
    if not re.search(r"NOTE.*\n(?:.*\n)*?.*\.note\.weir", readelf("--segments", library)):
        yield "does not load its manifest note"


def main(pairs):
    if not pairs:
        sys.exit("no plugins given: a check of nothing proves nothing")
    failed = 0
    for pair in pairs:
        library, manifest = pair.rsplit("=", 1)
        for problem in (*problems_of_symbols(library), *problems_of_linking(library),
                        *problems_of_manifest(library, manifest)):
            print(f"{library}: {problem}")
            failed += 1
    print(f"{len(pairs)} plugins, {failed} problems")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
