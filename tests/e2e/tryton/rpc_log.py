"""Reads trytond's own log: which calls weir made, in which order, and what was answered.

trytond's dispatcher logs every call before it runs it, the result after it, and the call once more, with a traceback,
when it raised. A line starts with "@<process>.<thread>", so that calls that overlap are told apart.
"""

import re
from dataclasses import dataclass, field

REFERENCE = re.compile(r"WR-[A-Z2-7]{16}")
_WRITTEN = re.compile(r"'(?:description|reference)': '(WR-[A-Z2-7]{16})'")
_CALL = re.compile(
    r"@(?P<thread>\d+\.\d+) <class '(?P<class>[\w.]+)'>\.(?P<verb>\w+)\(\*\((?P<arguments>.*)\), \*\*\{\}\)"
    r" from (?P<user>\w+)@"
)
_RESULT = re.compile(r"@(?P<thread>\d+\.\d+) Result: (?P<result>.*)")
_KINDS = {
    "trytond.pool.account.move": "move",
    "trytond.modules.account.move.Move": "move",
    "trytond.pool.account.invoice": "invoice",
    "trytond.modules.account_invoice.invoice.Invoice": "invoice",
}


@dataclass
class Call:
    kind: str  # "move" or "invoice"
    verb: str
    refs: list = field(default_factory=list)  # of create and search_read, in order
    ids: list = field(default_factory=list)  # of post and delete; of create once it has ended well
    ended: str = "open"  # "done", "refused"; "open" when trytond was killed before
    arguments: str = ""


def read_calls(path, user="weir"):
    """Calls of `user` on journal entries and invoices, in the order in which they began."""
    calls, open_calls = [], {}
    for line in path.read_text(errors="replace").splitlines():
        if match := _CALL.match(line):
            _add_call(calls, open_calls, match, user)
        elif match := _RESULT.match(line):
            if (call := open_calls.pop(match["thread"], None)) is not None:
                call.ended = "done"
                if call.verb == "create":
                    call.ids = _numbers(match["result"])
    return calls


def _add_call(calls, open_calls, match, user):
    kind, verb = _KINDS.get(match["class"]), match["verb"]
    known = open_calls.pop(match["thread"], None)
    if match["user"] != user or kind is None:
        return
    arguments = match["arguments"]
    if known is not None and known.verb == verb and known.arguments == arguments:
        known.ended = "refused"  # the same call once more in the same thread: it raised
        return
    call = Call(kind, verb, arguments=arguments)
    if verb == "create":
        call.refs = _WRITTEN.findall(arguments)
    elif verb == "search_read":
        call.refs = REFERENCE.findall(arguments)
    else:
        call.ids = _numbers(arguments.partition("]")[0])
    calls.append(call)
    open_calls[match["thread"]] = call


def _numbers(text):
    return [int(number) for number in re.findall(r"\d+", text)]


def blind_repetitions(calls):
    """Creates of a reference, and posts of a document, that nobody had looked for since the last try; as text.

    What Tryton itself refused may be tried again in smaller batches: then it is known that nothing was done.
    """
    problems = []
    unseen = {}  # (kind, ref or id) -> why it must be searched for first
    ref_of = {}
    for call in calls:
        if call.verb == "search_read":
            for ref in call.refs:
                unseen[call.kind, ref] = None
        elif call.verb == "create":
            for ref in call.refs:
                reason = unseen.get((call.kind, ref), "never searched for")
                if reason is not None:
                    problems.append(f"create of {call.kind} {ref}: {reason}")
                if call.ended != "refused":
                    unseen[call.kind, ref] = "a create that was not refused came before"
            ref_of.update({(call.kind, number): ref for number, ref in zip(call.ids, call.refs)})
        elif call.verb == "post":
            for number in call.ids:
                ref = ref_of.get((call.kind, number))
                if ref is not None and unseen.get((call.kind, ref)) is not None:
                    problems.append(f"post of {call.kind} {number} ({ref}): {unseen[call.kind, ref]}")
                if ref is not None and call.ended != "refused":
                    unseen[call.kind, ref] = "a post that was not refused came before"
    return problems


def posts_done(calls):
    """How often each document was posted with success: {(kind, id): times}."""
    done = {}
    for call in calls:
        if call.verb == "post" and call.ended == "done":
            for number in call.ids:
                done[call.kind, number] = done.get((call.kind, number), 0) + 1
    return done
