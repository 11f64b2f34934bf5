#!/usr/bin/env python3
"""Each rule of tidy.py finds the violation it is for: a tree with one violation fails, and with nothing else."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cpp_source  # noqa: E402
import tidy  # noqa: E402

LAYERS = """
plugin-api:
sdk: plugin-api
plugins/*: plugin-api sdk
runtime/base: plugin-api sdk
runtime/journal: runtime/base
runtime/flow: runtime/base runtime/journal
tests: runtime/*
<zmq: runtime/flow
"""


def lines(count):
    return "".join(f"    ++n;  // {i}\n" for i in range(count))


class Rules(unittest.TestCase):
    def found(self, files):
        """The rules that a tree of `files` {path: text} breaks, as a list of (rule, path, line)."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            for path, text in {"runtime/layers.txt": LAYERS, **files}.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            return [(finding.rule, finding.path, finding.line) for finding in tidy.findings(root)[0]]

    def expect(self, rule, path, line, text, **others):
        files = {path: text, **{name.replace("__", "/") + ".hpp": body for name, body in others.items()}}
        self.assertEqual(self.found(files), [(rule, path, line)])

    def test_a_clean_tree_passes(self):
        clean = '#include "runtime/base/a.hpp"\n#include <zmq.hpp>\nint f() { return 1; }  // new, delete, getenv\n'
        self.assertEqual(self.found({"runtime/flow/a.cpp": clean, "runtime/base/a.hpp": "#pragma once\n"}), [])

    def test_an_include_up_the_layers(self):
        text = '#include "runtime/flow/a.hpp"\n'
        self.expect("layers", "runtime/base/b.cpp", 1, text, runtime__flow__a="#pragma once\n")

    def test_an_include_of_a_sibling_plugin_by_a_relative_path(self):
        text = '#pragma once\n#include "../file/a.hpp"\n'
        self.expect("layers", "plugins/http/b.cpp", 2, text, plugins__file__a="#pragma once\n")

    def test_a_plugin_that_includes_the_runtime(self):
        self.expect("layers", "plugins/http/b.cpp", 1, '#include "runtime/base/a.hpp"\n', runtime__base__a="\n")

    def test_a_library_outside_its_folders(self):
        self.expect("layers", "runtime/journal/b.cpp", 1, "#include <zmq.hpp>\n")

    def test_a_file_outside_the_graph(self):
        self.expect("layers", "runtime/extra/b.cpp", 1, "int a;\n")

    def test_a_long_function(self):
        body = f"namespace a {{\n\nint f(int n) {{\n{lines(70)}    return n;\n}}\n}}\n"
        self.expect("function_length", "runtime/base/b.cpp", 3, body)

    def test_a_long_function_with_its_reason(self):
        body = f"// long: a table of one line per code reads best whole\nint f(int n) {{\n{lines(80)}}}\n"
        self.assertEqual(self.found({"runtime/base/b.cpp": body}), [])

    def test_a_long_python_function(self):
        self.expect("function_length", "tests/a.py", 1, "def f(n):\n" + "    n += 1\n" * 71)

    def test_a_long_file(self):
        self.expect("file_length", "runtime/base/b.cpp", 1, "int a;\n" * 601)

    def test_banned_calls(self):
        calls = {
            "system_clock": "auto t = std::chrono::system_clock::now();",
            "sleep": "void f() { std::this_thread::sleep_for(d); }",
            "cout": 'void f() { std::cout << "x"; }',
            "getenv": 'auto a = std::getenv("A");',
            "rand": "int a = rand();",
            "zmq_socket": "zmq::socket_t a;",
            "new": "auto* a = new int;",
            "delete": "void f() { delete a; }",
            "catch_all": "void f() { try { g(); } catch (...) { } }",
            "exit": "void f() { std::exit(1); }",
        }
        self.assertEqual({ban.rule for ban in tidy.BANS}, set(calls))
        for rule, text in calls.items():
            with self.subTest(rule):
                self.expect(rule, "runtime/flow/b.cpp", 2, "\n" + text + "\n")

    def test_a_new_that_is_owned_at_once(self):
        text = "std::unique_ptr<A> a(new A(1));\nauto b = std::unique_ptr<A>(new A);\n"
        self.assertEqual(self.found({"runtime/flow/b.cpp": text}), [])

    def test_an_exception_with_a_reason(self):
        files = {"runtime/flow/b.cpp": "auto* a = new int;\n", "tests/tidy/allow.txt": "new runtime/flow/b.cpp: why\n"}
        self.assertEqual(self.found(files), [])

    def test_an_exception_without_a_use(self):
        self.expect("stale_exception", "tests/tidy/allow.txt", 1, "new runtime/flow/b.cpp: why\n")

    def test_unfinished_work(self):
        self.expect("unfinished", "docs/a.md", 2, "a\nTO" + "DO: b\n")

    def test_a_private_path(self):
        self.expect("private_path", "docs/a.md", 1, "see /" + "work/a\n")

    def test_a_document_that_names_a_function_that_is_gone(self):
        files = {"docs/a.md": "`b.cpp: f()` then `b.cpp: g()`\n", "runtime/base/b.cpp": "int f() { return 0; }\n"}
        self.assertEqual(self.found(files), [("named_function", "docs/a.md", 1)])

    def test_a_dead_link(self):
        self.expect("dead_link", "docs/a.md", 1, "[b](b.md) [c](https://example.com)\n")


class CppSource(unittest.TestCase):
    def names(self, text):
        return [(f.name, f.lines) for f in cpp_source.functions(cpp_source.blank(text))]

    def test_member_initializers_with_braces_are_part_of_the_signature(self):
        self.assertEqual(self.names("A::A(int a)\n    : a_{a},\n      b_{a} {\n    f();\n}\n"), [("A", 5)])

    def test_members_of_a_class_count_each_on_its_own(self):
        text = "class A {\n    int f() const {\n        return 1;\n    }\n    int g();\n    void h() {}\n};\n"
        self.assertEqual(self.names(text), [("f", 3), ("h", 1)])

    def test_a_lambda_belongs_to_its_function(self):
        self.assertEqual(self.names("void f() {\n    auto g = [](int a) {\n        return a;\n    };\n}\n"), [("f", 5)])

    def test_braces_in_literals_and_comments_do_not_count(self):
        text = "void f() {\n    g(\"}\", '}', R\"x(})x\", 1'000); // }\n    /* } */\n}\nvoid h() {\n}\n"
        self.assertEqual(self.names(text), [("f", 4), ("h", 2)])

    def test_a_gtest_case_is_a_function(self):
        self.assertEqual(self.names("TEST(Journal, keeps) {\n    EXPECT_EQ(1, 1);\n}\n"), [("TEST", 3)])


if __name__ == "__main__":
    unittest.main()
