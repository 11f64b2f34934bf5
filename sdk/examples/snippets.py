#!/usr/bin/env python3
"""snippets.py <examples> <page>: a block after `<!-- file: vat/vat.cpp -->` is that file, word for word.

The files are compiled and tested, so the page cannot show what does not work. `--write` puts the files into the page.
"""
import pathlib
import re
import sys

BLOCK = re.compile(r"(<!-- file: (\S+) -->\n```\w*\n)(.*?)(```\n)", flags=re.S)


def main(arguments):
    write = "--write" in arguments
    examples, page = (pathlib.Path(path) for path in arguments if path != "--write")
    text = page.read_text()
    if not BLOCK.search(text):
        print(f"{page}: no block with a file in it")
        return 1

    def current(match):
        return match.group(1) + (examples / match.group(2)).read_text() + match.group(4)

    fresh = BLOCK.sub(current, text)
    if write:
        page.write_text(fresh)
    elif fresh != text:
        stale = [m.group(2) for m in BLOCK.finditer(text) if (examples / m.group(2)).read_text() != m.group(3)]
        print(f"{page}: differs from {', '.join(stale)}; run sdk/examples/snippets.py --write {examples} {page}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
