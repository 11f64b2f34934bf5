// Prints the public CEL conformance suite, one case a line: {"suite": "math_ext/greatest_int_result", "case": SimpleTest}.
// A SimpleTest is the protobuf JSON of cel.expr.conformance.test.SimpleTest; JSON has no -0, so it is written as "-0".
import { tests } from "@bufbuild/cel-spec/testdata/conformance.js";

const exact = (_, value) => (Object.is(value, -0) ? "-0" : value);

function print(suite, path) {
  for (const { original } of suite.tests ?? []) console.log(JSON.stringify({ suite: path.join("/"), case: original }, exact));
  for (const inner of suite.suites ?? []) print(inner, [...path, inner.name]);
}

print(tests, []);
