#!/usr/bin/env python3
"""The public CEL conformance suite: `weir eval --batch` in strict mode agrees on every case that needs no message type."""

import base64
import collections
import datetime
import decimal
import json
import math
import pathlib
import re
import subprocess

from base import BUILD, unittest
import npm

WEIR = f"{BUILD}/bin/weir"
HERE = pathlib.Path(__file__).resolve().parent / "cel"

# The message and enum types that the suite declares for itself; weir knows the well-known ones only.
OWN_TYPES = re.compile(r"cel\.expr\.conformance|TestAllTypes|TestRequired|GlobalEnum|NestedEnum")

def left_out(case):
    """Why weir cannot be asked, or None."""
    text = json.dumps({key: value for key, value in case.items() if key not in ("name", "description", "container")})
    if OWN_TYPES.search(text):
        return "a message or enum type of the suite's own"
    if any("function" in declaration for declaration in case.get("typeEnv", [])):
        return "a function that the case declares"
    if case.get("checkOnly"):
        return "only the type that a check deduces"
    return None


def as_typed(value):
    """A cel.expr.Value in protobuf JSON as the TYPED value of `weir eval`."""
    ((kind, content),) = value.items()
    if kind in ("int64Value", "uint64Value"):
        return {"type": kind.removesuffix("64Value"), "value": str(content)}
    if kind in ("doubleValue", "stringValue", "boolValue"):
        return {"type": kind.removesuffix("Value"), "value": content}
    if kind == "bytesValue":
        return {"type": "bytes", "value": content}
    if kind == "nullValue":
        return {"type": "null", "value": None}
    if kind == "typeValue":
        return {"type": "type", "value": content}
    if kind == "listValue":
        return {"type": "list", "value": [as_typed(element) for element in content.get("values", [])]}
    if kind == "mapValue":
        return {"type": "map", "value": [[as_typed(entry["key"]), as_typed(entry["value"])] for entry in content.get("entries", [])]}  # fmt: skip
    if kind == "objectValue":
        return message(content)
    raise ValueError(f"no value is known as {kind}")


def plain(value):
    """A google.protobuf.Value in JSON: its numbers are doubles."""
    if isinstance(value, dict):
        return {"type": "map", "value": [[{"type": "string", "value": key}, plain(inner)] for key, inner in value.items()]}
    if isinstance(value, list):
        return {"type": "list", "value": [plain(inner) for inner in value]}
    if value is None or isinstance(value, bool):
        return {"type": "null" if value is None else "bool", "value": value}
    return {"type": "string" if isinstance(value, str) else "double", "value": value}


def message(content):
    """A well-known message as the value that it is in CEL."""
    name, value = content["@type"].rpartition(".")[2], content.get("value")
    if name in ("Int32Value", "Int64Value", "UInt32Value", "UInt64Value"):
        return {"type": "uint" if name.startswith("U") else "int", "value": str(value)}
    if name in ("FloatValue", "DoubleValue"):
        return {"type": "double", "value": value}
    if name in ("BoolValue", "StringValue", "BytesValue", "Timestamp", "Duration"):
        return {"type": name.removesuffix("Value").lower(), "value": value}
    if name in ("Struct", "ListValue", "Value"):
        return plain(value)
    raise ValueError(f"no value is known for {content}")


def instant(text):
    """Seconds since the epoch as an exact number, of years that datetime cannot hold as well."""
    date, time = text[:10], re.fullmatch(r"T(\d\d):(\d\d):(\d\d(?:\.\d+)?)Z", text[10:])
    hours, minutes, seconds = int(time[1]), int(time[2]), decimal.Decimal(time[3])
    return datetime.date.fromisoformat(date).toordinal() * 86400 + hours * 3600 + minutes * 60 + seconds


def same(wanted, got):
    if wanted["type"] != got["type"]:
        return False
    kind, left, right = wanted["type"], wanted["value"], got["value"]
    if kind == "double":
        left, right = float(left), float(right)
        return math.isnan(left) and math.isnan(right) or (left == right and math.copysign(1, left) == math.copysign(1, right))
    if kind == "list":
        return len(left) == len(right) and all(map(same, left, right))
    if kind == "map":
        return len(left) == len(right) and all(any(same(a, c) and same(b, d) for c, d in right) for a, b in left)
    if kind == "timestamp":
        return instant(left) == instant(right)
    if kind == "duration":
        return decimal.Decimal(left[:-1]) == decimal.Decimal(right[:-1])
    if kind == "bytes":
        return base64.b64decode(left) == base64.b64decode(right)
    return left == right


def question(case):
    asked = {"expr": case["expr"], "strict": True}
    asked["bindings"] = {name: as_typed(bound["value"]) for name, bound in case.get("bindings", {}).items()}
    if case.get("container"):
        asked["container"] = case["container"]
    if case.get("disableCheck"):
        asked["check"] = False
    if case.get("disableMacros"):
        asked["macros"] = False
    return asked


def agrees(case, answer):
    if "evalError" in case:
        return "error" in answer
    wanted = case.get("value") or case.get("typedResult", {}).get("result") or {"boolValue": True}
    return "error" not in answer and same(as_typed(wanted), answer)


class Suite(unittest.TestCase):
    maxDiff = None

    def test_strict_mode_is_the_language(self):
        folder = npm.install(HERE, BUILD / "cel-suite")
        suite = subprocess.run(["node", "suite.mjs"], cwd=folder, capture_output=True, text=True, timeout=60, check=True)
        cases, excluded = [], collections.Counter()
        for line in suite.stdout.splitlines():
            entry = json.loads(line)
            reason = left_out(entry["case"])
            if reason:
                excluded[reason] += 1
            else:
                cases.append(entry)
        self.assertGreater(len(cases), 1700, f"the suite has shrunk: {excluded}")

        asked = "".join(json.dumps(question(entry["case"])) + "\n" for entry in cases)
        done = subprocess.run([WEIR, "eval", "--batch"], input=asked, capture_output=True, text=True, timeout=120)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(answers), len(cases), done.stderr)
        wrong = [(entry, answer) for entry, answer in zip(cases, answers) if not agrees(entry["case"], answer)]
        print(f"{len(cases) - len(wrong)} of {len(cases)} cases agree; left out: {dict(excluded)}")
        self.assertEqual([f"{entry['suite']}/{entry['case']['name']}: {entry['case']['expr']}: {answer}" for entry, answer in wrong], [])  # fmt: skip


if __name__ == "__main__":
    unittest.main()
