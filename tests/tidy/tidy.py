#!/usr/bin/env python3
"""The build polices the architecture: layers, sizes, banned calls and names that documentation relies on.

Usage: tidy.py [ROOT]. Prints `path:line: rule: message` for each finding and exits 1 when there is one.
A deliberate exception stands in allow.txt beside this file, with its reason.
"""

import ast
import pathlib
import re
import sys
from dataclasses import dataclass

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cpp_source  # noqa: E402

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600
CPP = {".cpp", ".hpp", ".c", ".h", ".def"}
TEXT = CPP | {".py", ".md", ".txt", ".cmake", ".yaml", ".json", ".in", ".supp", ".map", ".js", ".sh", ""}
SKIPPED_FOLDERS = {".git", "build", "data", "__pycache__", "node_modules"}


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class SourceFile:
    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.suffix = path.suffix
        self.text = path.read_text(encoding="utf-8", errors="replace")
        self.lines = self.text.split("\n")
        self.code = cpp_source.blank(self.text) if self.suffix in CPP else ""

    def finding(self, line, rule, message):
        return Finding(self.path, line, rule, message)


class Tree:
    def __init__(self, root):
        self.root = root
        self.files = [SourceFile(root, path) for path in sorted(_walk(root)) if path.suffix in TEXT]
        self.cpp = [file for file in self.files if file.suffix in CPP]

    def exists(self, path):
        return (self.root / path).exists()


def _walk(folder):
    for path in folder.iterdir():
        if path.is_symlink():
            continue
        if path.is_dir():
            if path.name not in SKIPPED_FOLDERS:
                yield from _walk(path)
        else:
            yield path


# ---------------------------------------------------------------------------------------------------- layers


class Layers:
    """runtime/layers.txt: which folder may include which, and which libraries belong to a few folders."""

    def __init__(self, text):
        self.folders = {}
        self.libraries = []
        for line in text.splitlines():
            line = line.split("#")[0].strip()
            if not line:
                continue
            left, _, right = line.partition(": ") if ": " in line else (line.rstrip(":"), "", "")
            if left.startswith("<"):
                self.libraries.append((left, right.split()))
            else:
                self.folders[left] = right.split()

    def folder_of(self, path):
        """The folder of the graph that `path` is in, or None: "runtime/base", "plugins/http"."""
        for pattern in sorted(self.folders, key=len, reverse=True):
            if pattern.endswith("/*"):
                match = re.match(re.escape(pattern[:-1]) + r"[^/]+(?=/)", path)
                if match:
                    return match.group()
            elif path.startswith(pattern + "/"):
                return pattern
        return None

    def may_include(self, folder, other):
        allowed = self.folders.get(folder) or self.folders.get(_starred(folder)) or []
        return folder == other or any(_covers(item, other) for item in allowed)


def _starred(folder):
    return folder.rsplit("/", 1)[0] + "/*"


def _covers(pattern, folder):
    return pattern == folder or (pattern.endswith("/*") and folder.startswith(pattern[:-1]))


def check_layers(tree):
    layers_path = tree.root / "runtime/layers.txt"
    if not layers_path.exists():
        yield Finding("runtime/layers.txt", 1, "layers", "missing")
        return
    layers = Layers(layers_path.read_text())
    for file in tree.cpp:
        folder = layers.folder_of(file.path)
        if folder is None:
            yield file.finding(1, "layers", "is in no folder that runtime/layers.txt names")
            continue
        for number, line in enumerate(file.lines, 1):
            match = re.match(r'\s*#\s*include\s*([<"][^>"]+[>"])', line)
            if match:
                yield from _check_include(tree, layers, file, folder, number, match.group(1))


def _check_include(tree, layers, file, folder, number, include):
    for prefix, allowed in layers.libraries:
        if include.startswith(prefix) and not any(_covers(item, folder) for item in allowed):
            yield file.finding(number, "layers", f"{folder} must not include {include}: see runtime/layers.txt")
    target = _resolve(tree, file, include[1:-1])
    other = layers.folder_of(target) if target else None
    if other and not layers.may_include(folder, other):
        yield file.finding(number, "layers", f"{folder} must not include {other} ({include})")


def _resolve(tree, file, name):
    """The path in the tree that an include names, or None for a library's header."""
    beside = (pathlib.PurePosixPath(file.path).parent / name).as_posix()
    candidates = [name, beside, f"plugin-api/include/{name}", f"sdk/include/{name}"]
    parts = [part for part in candidates if tree.exists(part)]
    if not parts:
        return None
    resolved = (tree.root / parts[0]).resolve()
    return resolved.relative_to(tree.root).as_posix() if resolved.is_relative_to(tree.root) else None


# ---------------------------------------------------------------------------------------------------- sizes


def check_function_length(tree):
    for file in tree.files:
        for function in _functions(file):
            if function.lines > FUNCTION_LINES_MAX and not _reason_above(file, function.first_line):
                yield file.finding(
                    function.first_line,
                    "function_length",
                    f"{function.name}() has {function.lines} lines (at most {FUNCTION_LINES_MAX}, "
                    'or a comment directly above with "long:" and the reason)',
                )


def _functions(file):
    if file.suffix in CPP:
        return cpp_source.functions(file.code)
    if file.suffix == ".py":
        nodes = ast.walk(ast.parse(file.text))
        return [
            cpp_source.Function(node.name, node.lineno, node.end_lineno)
            for node in nodes
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        ]
    return []


def _reason_above(file, line):
    """Whether the comment block that ends on the line before `line` says `long: <reason>`."""
    at = line - 2
    while at >= 0 and re.match(r"\s*(//|#|/?\*|@|template\b)", file.lines[at]):
        if re.search(r"\blong: \S", file.lines[at]):
            return True
        at -= 1
    return False


def check_file_length(tree):
    for file in tree.files:
        if file.suffix in CPP | {".py"} and len(file.lines) > FILE_LINES_MAX + 1:
            if not any(re.search(r"\blong: \S", line) for line in file.lines[:20]):
                yield file.finding(
                    1,
                    "file_length",
                    f'has {len(file.lines) - 1} lines (at most {FILE_LINES_MAX}, or "long:" and the reason at its top)',
                )


# ---------------------------------------------------------------------------------------------------- banned


@dataclass(frozen=True)
class Ban:
    rule: str
    pattern: str
    folders: tuple  # path prefixes it holds for
    instead: str


PRODUCT = ("runtime/", "sdk/include/", "sdk/examples/", "plugins/")
SILENT = tuple(f"runtime/{name}/" for name in ("base", "config", "plugin", "journal", "http", "flow")) + ("plugins/",)
BANS = (
    Ban("system_clock", r"\bsystem_clock::now\b", PRODUCT, "weir::Clock, which tests replace"),
    Ban("sleep", r"\b(sleep_for|sleep_until|usleep|nanosleep)\b", PRODUCT + ("tests/",), "a condition or a timer"),
    Ban("cout", r"\bstd::c(out|err)\b|\bprintf\s*\(", SILENT, "the log; standard output belongs to the verbs"),
    Ban("getenv", r"\bgetenv\b", PRODUCT, "configuration: ${env:NAME}"),
    Ban("rand", r"\bs?rand\s*\(", PRODUCT + ("tests/",), "a seeded engine of <random>"),
    Ban("zmq_socket", r"\bzmq::socket_t\b|\bzmq_socket\s*\(", ("runtime/",), "runtime/flow/hop.hpp"),
    # unique_ptr<T>(new T(...)) is how a factory calls a private constructor.
    Ban("new", r"(?<!operator )\bnew\b", PRODUCT, "std::make_unique or a container"),
    Ban("delete", r"(?<!= )(?<!operator )\bdelete\b", PRODUCT, "an owner that frees"),
    Ban("catch_all", r"\bcatch\s*\(\s*\.\.\.\s*\)", ("runtime/", "plugins/"), "a Result at one of the named edges"),
    Ban("exit", r"(?<![.>\w])(?:_exit|_Exit|exit|quick_exit)\s*\(", PRODUCT, "a Result on the way up"),
)


OWNED_NEW = re.compile(r"\bunique_ptr<[^;()]*>\s*\w*\(new\b")


def check_banned(tree):
    for file in tree.cpp:
        # A plugin's own tests are tests.
        place = "tests/" if "/test/" in file.path else file.path
        for number, line in enumerate(file.code.split("\n"), 1):
            line = OWNED_NEW.sub("", line)
            for ban in BANS:
                if place.startswith(ban.folders) and re.search(ban.pattern, line):
                    yield file.finding(number, ban.rule, f"use {ban.instead}: {file.lines[number - 1].strip()}")


# Written in pieces, so that this file does not match itself.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
PRIVATE = re.compile("|".join([r"(?<![\w.])/" + "work/", "shared/" + "design", "/root" + "/"]))


def check_words(tree):
    for file in tree.files:
        for number, line in enumerate(file.lines, 1):
            if UNFINISHED.search(line):
                yield file.finding(number, "unfinished", "finish it, or leave it out")
            if PRIVATE.search(line):
                yield file.finding(number, "private_path", "names a place that only one machine has")


# ---------------------------------------------------------------------------------------------------- documents


def check_documents(tree):
    code = {}
    for file in tree.cpp:
        code.setdefault(pathlib.PurePosixPath(file.path).name, []).append(file)
    for file in tree.files:
        if file.suffix != ".md":
            continue
        for number, line in enumerate(file.lines, 1):
            for name, function in re.findall(r"`([\w./-]+\.(?:cpp|hpp|c|h)): ([\w:~]+)\(\)`", line):
                if not _names_function(code, name, function):
                    yield file.finding(number, "named_function", f"there is no {function}() in {name}")
            for link in re.findall(r"\]\(([^)\s]+)\)", line):
                target = pathlib.PurePosixPath(file.path).parent / link.split("#")[0]
                if "://" not in link and not link.startswith(("#", "mailto:")) and not tree.exists(target):
                    yield file.finding(number, "dead_link", link)


def _names_function(code, name, function):
    wanted = re.compile(r"\b" + re.escape(function.split("::")[-1]) + r"\s*(?:<[^;{}()]*>)?\(")
    files = code.get(pathlib.PurePosixPath(name).name, [])
    return any(file.path.endswith(name) and wanted.search(file.code) for file in files)


# ---------------------------------------------------------------------------------------------------- main

CHECKS = (check_layers, check_function_length, check_file_length, check_banned, check_words, check_documents)


def read_allowed(path):
    """Lines `rule path: reason` of allow.txt, as {(rule, path)}."""
    allowed = set()
    for line in path.read_text().splitlines() if path.exists() else []:
        match = re.match(r"(\w+) (\S+): \S", line)
        if match:
            allowed.add((match.group(1), match.group(2)))
    return allowed


def findings(root):
    tree = Tree(root)
    allowed = read_allowed(root / "tests/tidy/allow.txt")
    found = [finding for check in CHECKS for finding in check(tree)]
    used = {(finding.rule, finding.path) for finding in found}
    for rule, path in sorted(allowed - used):
        found.append(Finding("tests/tidy/allow.txt", 1, "stale_exception", f"{rule} {path} is no longer needed"))
    return [finding for finding in found if (finding.rule, finding.path) not in allowed], len(tree.files)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    found, count = findings(root)
    for finding in found:
        print(finding)
    print(f"tidy: {count} files, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
