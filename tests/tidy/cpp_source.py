"""Just enough C++ reading for tidy.py: text without comments and literals, and where functions begin and end."""

import re
from dataclasses import dataclass


def blank(text):
    """`text` with the inside of comments, literals and preprocessor lines replaced by spaces; every newline stays."""
    out = []
    i = 0
    while i < len(text):
        end, keep = _token_end(text, i)
        piece = text[i:end]
        out.append(piece if keep else re.sub(r"[^\n]", " ", piece))
        i = end
    return re.sub(r"(?m)^[ \t]*#.*(?:\\\n.*)*", _spaces, "".join(out))


def _spaces(match):
    return re.sub(r"[^\n]", " ", match.group())


_RAW = re.compile(r'(?:u8|[uUL])?R"([^\s()\\]{0,16})\(')
_NUMBER = re.compile(r"\.?\d(?:'?[\w.])*")
_WORD = re.compile(r"[A-Za-z_]\w*")


def _token_end(text, i):
    """(end of the token at `i`, whether it is code)."""
    if text.startswith("//", i):
        return _find(text, "\n", i), False
    if text.startswith("/*", i):
        return _find(text, "*/", i + 2) + 2, False
    raw = _RAW.match(text, i)
    if raw:
        return _find(text, ")" + raw.group(1) + '"', raw.end()) + len(raw.group(1)) + 2, False
    if text[i] in "\"'":
        return _literal_end(text, i), False
    # Whole words and numbers, so that the ' of 1'000 and the R" of a name are not taken for literals.
    token = _NUMBER.match(text, i) or _WORD.match(text, i)
    return (token.end() if token else i + 1), True


def _find(text, what, start):
    at = text.find(what, start)
    return len(text) if at < 0 else at


def _literal_end(text, i):
    quote = text[i]
    j = i + 1
    while j < len(text) and text[j] != quote and text[j] != "\n":
        j += 2 if text[j] == "\\" else 1
    return j + 1


@dataclass
class Function:
    name: str
    first_line: int  # of its signature
    last_line: int  # of its closing brace

    @property
    def lines(self):
        return self.last_line - self.first_line + 1


_NOT_A_FUNCTION = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b(?!.*\))", re.S)
_INITIALIZERS = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:)")
_NAME = re.compile(r"(~?\w+|operator\s*\S+)\s*\(")


def functions(blanked):
    """The functions of `blanked` text (see blank), lambdas and local classes counted as part of the outer one."""
    found = []
    scopes = []  # (opened a function?, line of its signature, its name)
    header_start = 0
    for match in re.finditer(r"[{};]", blanked):
        at, char = match.start(), match.group()
        inside = any(scope[0] for scope in scopes)
        if char == "{":
            header = blanked[header_start:at]
            if not inside and _is_member_initializer(header):
                scopes.append((False, None, None))
                continue  # the header goes on behind the brace
            scopes.append(_open(blanked, header_start, header, inside))
        elif char == "}" and scopes:
            opened, line, name = scopes.pop()
            if opened:
                found.append(Function(name, line, blanked.count("\n", 0, at) + 1))
            elif line is None:
                continue
        if not inside or char == "}":
            header_start = at + 1
    return found


def _is_member_initializer(header):
    """Whether the brace behind `header` belongs to `Type() : member_{...}`."""
    return bool(_INITIALIZERS.search(header)) and bool(re.search(r"[\w>]\s*$", header))


def _open(blanked, header_start, header, inside):
    is_function = not inside and "(" in header and not _NOT_A_FUNCTION.search(header) and "=" not in header.split("(")[0]
    if not is_function:
        return (False, 0, None)
    lead = len(header) - len(header.lstrip())
    line = blanked.count("\n", 0, header_start + lead) + 1
    name = _NAME.search(header)
    return (True, line, name.group(1) if name else "?")
