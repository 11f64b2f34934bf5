#!/usr/bin/env python3
"""weir eval: one expression on a document, and batches of typed requests."""

import json
import subprocess

from base import BUILD, SiteTest, unittest

WEIR = f"{BUILD}/bin/weir"


def evaluate(*arguments, text=""):
    return subprocess.run([WEIR, "eval", *arguments], input=text, capture_output=True, text=True, timeout=60)


def batch(*requests):
    """The answers, one for each request; a request is an object or a line of text."""
    lines = [request if isinstance(request, str) else json.dumps(request) for request in requests]
    done = evaluate("--batch", text="\n".join(lines) + "\n")
    return done, [json.loads(line) for line in done.stdout.splitlines()]


class One(SiteTest):
    def test_numbers_of_a_document_are_exact(self):
        done = evaluate("lines.map(l, round(l.quantity * l.price, 2)).sum()", "--input", "-",
                        text='{"lines": [{"quantity": 3, "price": 0.1}, {"quantity": 1, "price": 12345678901234567890.05}]}')
        self.assertEqual((done.returncode, done.stdout), (0, "12345678901234567890.35\n"), done.stderr)

    def test_the_whole_document_is_input(self):
        self.assertEqual(evaluate("input[1]", "--input", "-", text="[1, 2.50]").stdout, "2.50\n")

    def test_a_wrong_expression_is_2_and_points(self):
        done = evaluate("totl + 1", "--input", "-", text='{"total": 1}')
        self.assertEqual(done.returncode, 2)
        self.assertIn('1:1: undeclared reference to "totl"; did you mean "total"?\n  totl + 1\n  ^^^^', done.stderr)

    def test_a_failing_evaluation_is_1_and_points(self):
        done = evaluate("1 / 0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("1:3: divide by zero", done.stderr)

    def test_wrong_use_is_2(self):
        for arguments in ([], ["1", "--input", "/nowhere"], ["1", "--batch"]):
            with self.subTest(arguments):
                self.assertEqual(evaluate(*arguments).returncode, 2)
        self.assertEqual(evaluate("1", "--input", "-", text="{").returncode, 2)

    def test_typed_and_strict(self):
        self.assertEqual(json.loads(evaluate("1.5", "--typed").stdout), {"type": "decimal", "value": "1.5"})
        self.assertEqual(json.loads(evaluate("1.5", "--typed", "--strict").stdout), {"type": "double", "value": 1.5})


class Batch(SiteTest):
    def test_answers_line_by_line(self):
        done, answers = batch(
            {"expr": "x + 1", "bindings": {"x": {"type": "int", "value": "41"}}},
            {"expr": "[1.5, 2u, b'a', null]", "strict": True},
            {"expr": "{'a': optional.none(), 2: timestamp(0)}"},
        )
        self.assertEqual(done.returncode, 0)
        self.assertEqual(answers[0], {"type": "int", "value": "42"})
        self.assertEqual(answers[1]["value"], [
            {"type": "double", "value": 1.5}, {"type": "uint", "value": "2"}, {"type": "bytes", "value": "YQ=="},
            {"type": "null", "value": None}])
        self.assertEqual(answers[2]["value"], [
            [{"type": "string", "value": "a"}, {"type": "optional", "value": None}],
            [{"type": "int", "value": "2"}, {"type": "timestamp", "value": "1970-01-01T00:00:00Z"}]])

    def test_errors_have_a_place_and_a_phase(self):
        _, answers = batch({"expr": "1 +"}, {"expr": "1 +\n 'a'"}, {"expr": "1 / 0"}, {"expr": "x || true", "check": False},
                           {"expr": "has({'a': 1}.a)", "macros": False})
        self.assertEqual([answer.get("phase") for answer in answers], ["parse", "check", "evaluate", None, "check"])
        self.assertEqual(answers[1]["at"], [1, 3])
        self.assertEqual(answers[3], {"type": "bool", "value": True})

    def test_a_container_is_searched_first(self):
        bindings = {"x.y": {"type": "bool", "value": True}, "y": {"type": "string", "value": "outer"}}
        _, answers = batch({"expr": "y", "container": "x", "bindings": bindings}, {"expr": ".y", "container": "x", "bindings": bindings})
        self.assertEqual([answer["value"] for answer in answers], [True, "outer"])

    def test_a_bad_line_is_answered_and_the_next_one_too(self):
        _, answers = batch("{", "[]", '{"expr": 1}', '{"expr": "x", "bindings": {"x": {"type": "nonsense"}}}', {"expr": "1"})
        self.assertEqual([answer.get("phase") for answer in answers], ["request"] * 4 + [None])

    def test_an_option_of_the_wrong_type_is_told(self):
        _, answers = batch({"expr": "1.5", "strict": "yes"}, {"expr": "1.5", "check": 0}, {"expr": "1", "container": 5},
                           {"expr": "1.5", "strict": None, "container": None, "name": "whatever else it says"})
        self.assertEqual([answer.get("phase") for answer in answers], ["request", "request", "request", None])
        self.assertEqual(answers[0]["error"], '"strict" is not true or false')

    def test_what_cannot_be_called_is_answered_and_the_next_one_too(self):
        _, answers = batch({"expr": "@in(1, [1])"}, {"expr": "@in(1, [1])", "check": False, "strict": True}, {"expr": "2"})
        self.assertEqual([answer.get("phase") for answer in answers], ["check", "evaluate", None])

    def test_two_keys_do_not_become_one_member(self):
        done = evaluate('{1: 2, "1": 3}')
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn('two keys of a map become the member "1"', done.stderr)

    def test_nothing_hangs(self):
        deep = "(" * 20000
        wide = "lists.range(1000).map(a, lists.range(1000).map(b, lists.range(1000)))"
        _, answers = batch({"expr": deep}, {"expr": wide}, {"expr": "1"})
        self.assertEqual([answer.get("phase") for answer in answers], ["parse", "evaluate", None])


if __name__ == "__main__":
    unittest.main()
