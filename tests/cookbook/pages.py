#!/usr/bin/env python3
"""docs/cookbook from the route tests of tests/cookbook: a page a topic, so that no example is wrong.

    tests/cookbook/pages.py          write the pages
    tests/cookbook/pages.py --check  fail when one of them is stale
"""

import argparse
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGES = HERE.parent.parent / "docs" / "cookbook"
NOTE = "<!-- Generated from tests/cookbook by tests/cookbook/pages.py; a test fails when it is stale. -->"
CASE = re.compile(r"^  - name: (.*)$")


def unquoted(text):
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def fenced(text, indent=0):
    lines = [line[indent:].rstrip() for line in text.strip("\n").splitlines()]
    return "```yaml\n" + "\n".join(lines) + "\n```\n"


def cases(text):
    """The cases of a test file, each with its name, why, route and the lines of the rest."""
    found = []
    for line in text.splitlines():
        if match := CASE.match(line):
            found.append({"name": unquoted(match[1]), "lines": []})
        elif found:
            found[-1]["lines"].append(line)
    for case in found:
        rest = []
        for line in case.pop("lines"):
            key = re.match(r"^    (why|route): (.*)$", line)
            if key:
                case[key[1]] = unquoted(key[2])
            else:
                rest.append(line)
        case["text"] = "\n".join(rest)
    return found


def title_of(config):
    return config.read_text().splitlines()[0].lstrip("# ")


def routes_of(folder):
    files = [p for p in sorted(folder.glob("routes/*.yaml")) if not p.name.endswith((".test.yaml", ".golden.yaml"))]
    return {p.stem: p for p in files}


def case_text(case):
    return f"### {case['name'][0].upper()}{case['name'][1:]}\n{case['why']}\n\n{fenced(case['text'], 4)}"


def page(folder):
    parts = [f"# {title_of(folder / 'weir.yaml')}", NOTE + "\n",
             f"Every example below is a route test that runs with each build: `weir test tests/cookbook/{folder.name}`.\n"]
    for name in ("mappings", "tables"):
        for file in sorted(folder.glob(f"{name}/*")):
            parts.append(f"`{name}/{file.name}`\n\n{fenced(file.read_text())}")
    routes = routes_of(folder)
    told = set()
    for file in sorted(folder.glob("routes/*.test.yaml")):
        text = file.read_text()
        own = re.search(r"^route: (.*)$", text, re.M)
        for case in cases(text):
            route = case.get("route", own[1] if own else "")
            if route not in told:
                parts.append(f"## Route {route}\n{fenced(routes[route].read_text())}")
                told.add(route)
            parts.append(case_text(case))
    return "\n".join(parts)


def pages():
    folders = sorted(p.parent for p in HERE.glob("*/weir.yaml"))
    result = {f"{folder.name}.md": page(folder) for folder in folders}
    lines = ["# Cookbook", NOTE, "", "Small routes, each with what goes in and what comes out.", ""]
    lines += [f"- [{title_of(folder / 'weir.yaml')}]({folder.name}.md)" for folder in folders]
    result["README.md"] = "\n".join(lines) + "\n"
    return result


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--check", action="store_true", help="fail when a page is stale")
    check = options.parse_args().check
    wanted = pages()
    stale = [name for name, text in wanted.items()
             if not (PAGES / name).exists() or (PAGES / name).read_text() != text]
    stale += [p.name for p in PAGES.glob("*.md") if p.name not in wanted]
    if check:
        for name in stale:
            print(f"docs/cookbook/{name} is stale: run tests/cookbook/pages.py")
        return 1 if stale else 0
    PAGES.mkdir(exist_ok=True)
    for name in stale:
        if name in wanted:
            (PAGES / name).write_text(wanted[name])
        else:
            (PAGES / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
