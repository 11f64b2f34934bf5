#!/usr/bin/env python3
"""weir's benchmark: one table, every figure beside a baseline taken in the same run.

Each case runs the real program (or a program of the benchmark's own) several times, alternating with its baseline, and
reports medians, so that a machine whose speed drifts does not decide. A case counts what came out and fails when it is
not what went in. Gates are the `gate` of a case's ratio; they decide the exit code.

  tests/bench/run.py --build build/release [--json FILE] [--runs 5] [--only NAME ...] [--quick]
"""

import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A case whose output is not its input, or a program that did not run."""


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory(pid, key):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    raise Failed(f"no {key} of process {pid}")


class Host:
    """A running weir with a configuration of its own in a fresh folder."""

    def __init__(self, options, config, scratch):
        self.options = options
        self.folder = pathlib.Path(scratch)
        self.config = self.folder / "weir.yaml"
        self.config.write_text(config)
        started = time.monotonic()
        self.process = subprocess.Popen(
            [options.weir, "run", "-c", self.config, "--log-level", "warn"], stdout=subprocess.PIPE, text=True)
        self.address = ""
        for line in self.process.stdout:
            if line.startswith("ready"):
                self.address = line.split()[1] if len(line.split()) > 1 else ""
                break
        else:
            raise Failed("weir did not start")
        self.start_seconds = time.monotonic() - started

    def status(self):
        out = subprocess.run([self.options.weir, "status", "-c", self.config, "--json"], capture_output=True, text=True,
                             check=True).stdout
        return json.loads(out)["routes"]

    def cpu(self):
        return cpu_seconds(self.process.pid)

    def rss(self):
        return memory(self.process.pid, "VmRSS")

    def peak(self):
        return memory(self.process.pid, "VmHWM")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def lines_in(path):
    """Lines of a file that may still grow."""
    if not path.exists():
        return 0
    count = 0
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            count += block.count(b"\n")
    return count


def wait_for_lines(path, expected, limit=120):
    """Until `path` has `expected` lines; the time it took to see the last. More than expected is a failure."""
    end = time.monotonic() + limit
    size = -1
    while time.monotonic() < end:
        now = path.stat().st_size if path.exists() else 0
        if now != size:
            size = now
            count = lines_in(path)
            if count == expected:
                return time.monotonic()
            if count > expected:
                raise Failed(f"{path.name}: {count} lines came out, {expected} went in")
        time.sleep(0.01)
    raise Failed(f"{path.name}: {lines_in(path)} of {expected} lines after {limit} s")


HTTP_CONFIG = """weir: 1
data_dir: data
plugins: {{dirs: ["{plugins}"]}}
http: {{listen: "127.0.0.1:0", threads: {threads}}}
journal: {{backend: {backend}}}
connections:
  usage: {{plugin: http, path: /v1/usage}}
  out: {{plugin: file, path: out.ndjson}}
routes:
  - route: usage-to-file
    owner: bench
    from: {{connection: usage}}
    to: [{{connection: out}}]
"""


def http_run(options, backend, connections, batch, events):
    """One load against one weir: events/s as the senders saw it, and what it cost."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-", dir=options.scratch) as scratch:
        config = HTTP_CONFIG.format(plugins=options.plugins, backend=backend, threads=options.threads)
        with Host(options, config, scratch) as host:
            cpu = host.cpu()
            load = subprocess.run(
                [options.loadgen, "--url", host.address + "/v1/usage", "--connections", str(connections), "--events",
                 str(events), "--batch", str(batch), "--mode", "batch" if batch > 1 else "structured"],
                capture_output=True, text=True, check=True)
            answer = json.loads(load.stdout)
            accepted = answer["statuses"].get("202", 0) * batch
            if accepted != events:
                raise Failed(f"{accepted} of {events} events were answered 202: {answer['statuses']}")
            wait_for_lines(pathlib.Path(scratch) / "out.ndjson", events)
            result = {"rate": answer["events_per_second"], "p50_ms": answer["p50_ms"], "p99_ms": answer["p99_ms"],
                      "cpu_us": (host.cpu() - cpu) / events * 1e6, "peak_mb": host.peak()}
            host.stop()
            return result


def case_http(options, name, connections, batch, events, gate, goal):
    durable, bare = [], []
    for _ in range(options.runs):
        bare.append(http_run(options, "memory", connections, batch, events))
        durable.append(http_run(options, "sqlite", connections, batch, events))
    return row(name, durable, bare, "the same program, journal in memory", gate, goal)


DELIVERY_CONFIG = """weir: 1
data_dir: data
plugins: {{dirs: ["{plugins}"]}}
http: {{listen: "127.0.0.1:0", threads: {threads}}}
connections:
  usage: {{plugin: http, path: /v1/usage}}
  erp: {{plugin: http, component: sink, url: "http://127.0.0.1:{port}/", mode: cloudevents, concurrency: {parallel}, {more}}}
routes:
  - route: usage-to-http
    owner: bench
    from: {{connection: usage}}
    to: [{{connection: erp}}]
"""


def delivery_run(options, events, rate, parallel, more, batch=1):
    """HTTP in, HTTP out: when each event was due at the sender, and when it was at the target."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-", dir=options.scratch) as scratch:
        arrivals = pathlib.Path(scratch) / "arrivals.txt"
        catcher = subprocess.Popen([options.catcher, "--events", str(events), "--out", arrivals], stdout=subprocess.PIPE,
                                   text=True)
        try:
            port = int(catcher.stdout.readline())
            config = DELIVERY_CONFIG.format(plugins=options.plugins, threads=options.threads, port=port, more=more,
                                            parallel=parallel)
            with Host(options, config, scratch) as host:
                cpu = host.cpu()
                load = subprocess.run(
                    [options.loadgen, "--url", host.address + "/v1/usage", "--connections", "16", "--events",
                     str(events), "--rate", str(rate), "--batch", str(batch), "--mode",
                     "batch" if batch > 1 else "structured"], capture_output=True, text=True, check=True)
                answer = json.loads(load.stdout)
                catcher.wait(timeout=120)
                cost = (host.cpu() - cpu) / events * 1e6
                peak = host.peak()
                host.stop()
        finally:
            catcher.kill()
        seen = sorted(tuple(map(int, line.split())) for line in arrivals.read_text().splitlines())
    if [number for number, _ in seen] != list(range(events)):
        raise Failed(f"{len(seen)} arrivals of {events} events, or one of them twice")
    last = max(ns for _, ns in seen)
    result = {"rate": events / ((last - answer["start_ns"]) / 1e9), "cpu_us": cost, "peak_mb": peak}
    if rate:
        late = sorted((ns - answer["start_ns"] - number * 1e9 / rate) / 1e6 for number, ns in seen)
        result |= {"p50_ms": late[len(late) // 2], "p99_ms": late[len(late) * 99 // 100]}
    return result


def case_latency(options):
    """From due at the sender to received by the target, 1,000 events a second, each its own request."""
    events = 3_000 if options.quick else 20_000
    runs = [delivery_run(options, events, 1000, 4, "idempotent: true") for _ in range(options.runs)]
    p99 = median(runs, "p99_ms")
    return {"case": "HTTP to HTTP, p99 ms at 1,000/s", "rate": p99, "cpu_us": median(runs, "cpu_us"),
            "peak_mb": median(runs, "peak_mb"), "p50_ms": median(runs, "p50_ms"), "p99_ms": p99, "gate": 20, "goal": 10,
            "passed": p99 <= 20}


def case_rows(options):
    """A sink whose every document gets a row in the journal (its number at the target) against one without."""
    events = 10_000 if options.quick else 100_000
    plain, rows = [], []
    for _ in range(options.runs):
        plain.append(delivery_run(options, events, 0, 4, "idempotent: true", 100))
        rows.append(delivery_run(options, events, 0, 4, 'idempotent: true, remote_id: "json:/number"', 100))
    return row("HTTP sink, a row per document", rows, plain, "the same sink without rows", 0.5, 0.8)


FILE_CONFIG = """weir: 1
data_dir: data
plugins: {{dirs: ["{plugins}"]}}
connections:
  drop: {{plugin: file, path: "{source}"}}
  out: {{plugin: file, path: out.ndjson}}
routes:
  - route: file-to-file
    owner: bench
    from: {{connection: drop}}
    steps: [{{bench-map: {{}}}}]
    to: [{{connection: out}}]
"""

NODE_SCRIPT = r"""
// file -> map -> file: drop one event in four, rename one field, compute another. What a team would write by hand.
const fs = require('fs'), readline = require('readline');
const out = fs.createWriteStream(process.argv[3]);
const lines = readline.createInterface({ input: fs.createReadStream(process.argv[2]), crlfDelay: Infinity });
lines.on('line', line => {
  const e = JSON.parse(line);
  if (e.n % 4 === 0) return;
  const { quantity, ...rest } = e;
  rest.amount = quantity;
  rest.total = e.n * 2;
  out.write(JSON.stringify(rest) + '\n');
});
lines.on('close', () => out.end());
"""


def write_events(path, count):
    padding = "x" * 250
    with open(path, "w", buffering=1 << 20) as file:
        for n in range(count):
            file.write(f'{{"id":"use-{n:08d}","n":{n},"customer":"cus_{n % 1000}","metric":"api_calls",'
                       f'"quantity":"{n % 997}.25","unit":"call","time":"2026-06-01T16:00:00Z","note":"{padding}"}}\n')


def file_run(options, source, expected, events):
    with tempfile.TemporaryDirectory(prefix="weir-bench-", dir=options.scratch) as scratch:
        config = FILE_CONFIG.format(plugins=options.plugins, source=source)
        started = time.monotonic()
        with Host(options, config, scratch) as host:
            done = wait_for_lines(pathlib.Path(scratch) / "out.ndjson", expected, 300)
            result = {"rate": events / (done - started), "cpu_us": host.cpu() / events * 1e6, "peak_mb": host.peak()}
            host.stop()
            return result


def node_run(options, source, expected, events):
    with tempfile.TemporaryDirectory(prefix="weir-bench-", dir=options.scratch) as scratch:
        script, out = pathlib.Path(scratch) / "map.js", pathlib.Path(scratch) / "out.ndjson"
        script.write_text(NODE_SCRIPT)
        before = os.times()
        started = time.monotonic()
        subprocess.run(["node", script, source, out], check=True)
        seconds = time.monotonic() - started
        after = os.times()
        if lines_in(out) != expected:
            raise Failed(f"node wrote {lines_in(out)} lines, expected {expected}")
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return {"rate": events / seconds, "cpu_us": cpu / events * 1e6}


def case_file(options):
    if shutil.which("node") is None:
        return {"case": "file -> map -> file", "skipped": "node is not installed (apt-get install nodejs)"}
    events = 200_000 if options.quick else 2_000_000
    source = pathlib.Path(options.scratch) / "events.ndjson"
    write_events(source, events)
    expected = events - (events + 3) // 4
    weir, node = [], []
    for _ in range(options.runs):
        node.append(node_run(options, source, expected, events))
        weir.append(file_run(options, source, expected, events))
    return row("file -> map -> file", weir, node, "a 12-line Node script", 2.0, 5.0)


def case_growth(options):
    """Append throughput with 10 M records stored against 0.1 M, in turn in one process; then reopening."""
    records = 1_000_000 if options.quick else 10_000_000
    with tempfile.TemporaryDirectory(prefix="weir-bench-", dir=options.scratch) as scratch:
        out = subprocess.run([options.journal_bench, str(records), scratch], capture_output=True, text=True,
                             check=True).stdout
    found = json.loads(out)
    growth, reopen = found["growth"], found["reopen"]
    return {"case": f"journal at {records // 1_000_000} M records", "rate": growth["last_events_per_s"],
            "baseline": "a journal that holds 0.1 M", "baseline_rate": growth["first_events_per_s"],
            "ratio": growth["ratio"], "gate": 0.85, "goal": 0.95, "passed": growth["ratio"] >= 0.85,
            "peak_mb": growth["rss_mb"], "reopen_s": reopen["seconds"], "reopen_mb": reopen["rss_mb"],
            "store": found}


def case_mapping(options):
    """filter + map + validate of a 428-byte event against libjq 1.6 doing the same filter and map, CPU time of one core."""
    if not options.mapping_bench.exists():
        return {"case": "filter + map + validate", "skipped": "libjq is not installed (apt-get install libjq-dev)"}
    events = 200_000 if options.quick else 2_000_000
    out = subprocess.run([options.mapping_bench, options.plugins, str(events)], capture_output=True, text=True,
                         check=True).stdout
    found = json.loads(out[out.index('{"event_bytes"'):])
    flat = found["rss_last_mb"] <= found["rss_first_mb"] + 1
    return {"case": "filter + map + validate, one core", "rate": 1e6 / found["us_per_event"],
            "cpu_us": found["us_per_event"], "peak_mb": found["rss_last_mb"], "baseline": "libjq 1.6, without validate",
            "baseline_rate": 1e6 / found["jq_us_per_event"], "ratio": found["ratio"], "gate": 8, "goal": 20,
            "passed": found["ratio"] >= 8 and found["us_per_event"] <= 3 and flat}


def case_idle(options):
    with tempfile.TemporaryDirectory(prefix="weir-bench-", dir=options.scratch) as scratch:
        config = HTTP_CONFIG.format(plugins=options.plugins, backend="sqlite", threads=options.threads)
        with Host(options, config, scratch) as host:
            time.sleep(1)
            rss, start = host.rss(), host.start_seconds
            host.stop()
    return {"case": "idle memory, MB", "rate": rss, "gate": 40, "goal": 20, "passed": rss <= 40,
            "start_ms": start * 1000}


def median(runs, key):
    return statistics.median(run[key] for run in runs) if key in runs[0] else None


def row(name, runs, baseline, baseline_name, gate, goal):
    ratios = [a["rate"] / b["rate"] for a, b in zip(runs, baseline)]
    ratio = statistics.median(ratios)
    return {"case": name, "rate": median(runs, "rate"), "cpu_us": median(runs, "cpu_us"),
            "peak_mb": median(runs, "peak_mb"), "p50_ms": median(runs, "p50_ms"), "p99_ms": median(runs, "p99_ms"),
            "baseline": baseline_name, "baseline_rate": median(baseline, "rate"), "ratio": ratio,
            "ratio_min": min(ratios), "ratio_max": max(ratios), "gate": gate, "goal": goal, "passed": ratio >= gate}


def cases(options):
    scale = 10 if options.quick else 1
    return {
        "single": lambda: case_http(options, "single-event POSTs, 64 connections", 64, 1, 300_000 // scale, 0.75, 0.9),
        "batch": lambda: case_http(options, "100 events a POST, 16 connections", 16, 100, 3_000_000 // scale, 0.45, 0.7),
        "file": lambda: case_file(options),
        "growth": lambda: case_growth(options),
        "latency": lambda: case_latency(options),
        "rows": lambda: case_rows(options),
        "mapping": lambda: case_mapping(options),
        "idle": lambda: case_idle(options),
    }


def number(value, digits=0):
    return "" if value is None else f"{value:,.{digits}f}"


def print_table(rows):
    header = ["case", "events/s", "CPU us/event", "peak MB", "p50 ms", "p99 ms", "baseline events/s", "ratio", "gate", ""]
    table = [header]
    for r in rows:
        if "skipped" in r:
            table.append([r["case"], "skipped: " + r["skipped"]] + [""] * 8)
            continue
        spread = f" ({r['ratio_min']:.2f}-{r['ratio_max']:.2f})" if "ratio_min" in r else ""
        bound = "<=" if "ratio" not in r else ">="
        table.append([r["case"], number(r["rate"], 0 if r["rate"] > 1000 else 1), number(r.get("cpu_us"), 2),
                      number(r.get("peak_mb")), number(r.get("p50_ms"), 2), number(r.get("p99_ms"), 2),
                      number(r.get("baseline_rate")), number(r.get("ratio"), 2) + spread, f"{bound} {r['gate']}",
                      "ok" if r["passed"] else "MISSED"])
    widths = [max(len(line[i]) for line in table) for i in range(len(header))]
    for line in table:
        print("  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths))))


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return {"cpu": model.group(1) if model else platform.machine(), "cores": os.cpu_count(), "kernel": platform.release(),
            "date": time.strftime("%Y-%m-%d")}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="the build folder")
    parser.add_argument("--json", help="also write the table to this file")
    parser.add_argument("--runs", type=int, default=5, help="runs of each case and its baseline, in turn")
    parser.add_argument("--only", nargs="+", help="only these cases: single batch file growth latency rows mapping idle")
    parser.add_argument("--quick", action="store_true", help="a tenth of the events: to see that it runs, not to quote")
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    options.weir = build / "bin" / "weir"
    options.loadgen = build / "bin" / "weir_loadgen"
    options.catcher = build / "bin" / "weir_catcher"
    options.journal_bench = build / "bin" / "weir_journal_bench"
    options.mapping_bench = build / "bin" / "weir_mapping_bench"
    options.plugins = build / "plugins"
    options.threads = max(1, (os.cpu_count() or 2) // 2)
    return options


def main():
    options = parse()
    rows, failed = [], False
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as options.scratch:
        for name, run in cases(options).items():
            if options.only and name not in options.only:
                continue
            print(f"... {name}", file=sys.stderr, flush=True)
            try:
                rows.append(run())
            except (Failed, subprocess.CalledProcessError) as error:
                failed = True
                print(f"case {name} failed: {error}", file=sys.stderr)
    print_table(rows)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"machine": machine(), "cases": rows}, indent=2) + "\n")
    return 1 if failed or any(not r.get("passed", True) for r in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
