"""Lays out what the demo shows: headings, facts, tables. Colour only on a terminal."""

import os
import shutil
import sys

WIDTH = max(100, shutil.get_terminal_size((120, 24)).columns)


class Report:
    def __init__(self, out=sys.stdout):
        self._out = out
        self._colour = out.isatty() and not os.environ.get("NO_COLOR")
        self._chapter = 0
        self.failures = 0

    def _paint(self, code, text):
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text

    def line(self, text=""):
        print(text, file=self._out, flush=True)

    def title(self, text):
        self.line(self._paint("1", text))

    def chapter(self, text):
        self._chapter += 1
        self.line()
        self.line(self._paint("1", f"{self._chapter}. {text}"))

    def fact(self, text):
        self.line(f"   {text}")

    def quote(self, lines):
        for line in lines:
            self.line(self._paint("2", f"   | {line}"))

    def check(self, holds, text, problems=()):
        """One statement that the demo stands for."""
        mark = self._paint("32", "ok  ") if holds else self._paint("31", "FAIL")
        self.line(f"   {mark} {text}")
        if not holds:
            self.failures += 1
            for problem in list(problems)[:10]:
                self.line(f"        {problem}")

    def table(self, head, rows, right=()):
        """Columns as wide as their content; those in `right` are numbers. The last one is cut to fit the screen."""
        rows = [[str(cell) for cell in row] for row in rows]
        widths = [max(len(row[i]) for row in [list(head), *rows]) for i in range(len(head))]
        widths[-1] = min(widths[-1], max(len(head[-1]), WIDTH - 3 - sum(widths[:-1]) - 2 * len(head)))
        self.line(self._paint("2", self._row(head, widths, right)))
        for row in rows:
            self.line(self._row(row, widths, right))

    @staticmethod
    def _row(cells, widths, right):
        out = []
        for i, (cell, width) in enumerate(zip(cells, widths)):
            if len(cell) > width:
                cell = cell[: width - 3] + "..."
            out.append(cell.rjust(width) if i in right else cell.ljust(width))
        return "   " + "  ".join(out).rstrip()

    def verdict(self, good, bad):
        self.line()
        if self.failures == 0:
            self.line(self._paint("1;32", good))
        else:
            self.line(self._paint("1;31", bad))
