"""`log`: what ten million items cost, beside what they cost in a small log, OpenSSL, PostgreSQL, SQLite and NATS JetStream."""

import json
import os
import statistics
import subprocess
import time

from memory import run_watching_memory
from options import INGESTOR
from peers import Peers
from runs import Failure, progress, remove

# A small log has repositories as much fewer, so that the mix of its events is the same.
ITEMS, QUICK_ITEMS, SMALL_ITEMS, REPOSITORIES = 10_000_000, 1_000_000, 100_000, 1_000
SEED = 1
BATCH, CALLERS, STARTS, TURN_SECONDS = 256, 8, 20, 2
REPLAY_RATE, REPLAY_MEMORY_BYTES, FIRST_LINE_SECONDS = 300_000, 256 << 20, 0.020


def measure(bench):
    large_items = QUICK_ITEMS if bench.arguments.quick else ITEMS
    small, large = f"{bench.work}/log-small", f"{bench.work}/log-large"
    for data, items in [(small, SMALL_ITEMS), (large, large_items)]:
        progress(f"making a log of {items:,} items")
        repositories = max(10, REPOSITORIES * items // ITEMS)
        bench.ingestor(
            data, "bench", "log", "--items", str(items), "--repositories", str(repositories), "--seed", str(SEED))
    measure_replay(bench, large, large_items)
    measure_first_line(bench, large)
    measure_growth(bench, small, large)
    measure_verify(bench, large)
    remove(small)
    remove(large)
    measure_append(bench)


def measure_replay(bench, data, items):
    rates, peaks = [], []
    for number in range(bench.arguments.runs):
        progress(f"run {number + 1} of {bench.arguments.runs}: replay")
        run, peak = run_watching_memory(
            bench, INGESTOR, "replay", "--verify", "--json", "--quiet", "--data", data)
        result = json.loads(run.output)
        if not result["equal"]:
            raise Failure("a replay does not come to the live state")
        rates.append(result["itemsPerSecond"])
        peaks.append(peak)
    bench.record(
        "log", f"replay of {items:,} items", "items/s", rates, {"bar": [REPLAY_RATE]}, 1.0, is_rate=True)
    bench.record("log", "   anonymous memory", "B", peaks, {"bar": [REPLAY_MEMORY_BYTES]}, 1.0)


def measure_first_line(bench, data):
    repositories = json_lines(bench.ingestor(data, "repo", "list", "--json").output)
    seconds = []
    for number in range(STARTS):
        repository = repositories[number * 37 % len(repositories)]["locator"]
        start = time.perf_counter()
        process = subprocess.Popen(
            [INGESTOR, "log", "--repo", repository, "--limit", "1", "--data", data], stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL, env=bench.environment)
        line = process.stdout.readline()
        seconds.append(time.perf_counter() - start)
        process.communicate()
        if process.returncode != 0 or not line:
            raise Failure(f"there is no event of {repository}")
    bench.record("log", "log --repo, first line", "s", seconds, {"bar": [FIRST_LINE_SECONDS]}, 1.0)


def measure_growth(bench, small, large):
    progress("an item in the large log beside one in the small log")
    bars = {"append": 1.2, "bulk": 1.2, "live": 3.0}
    names = {"append": "append, sealed, 256 a commit", "bulk": "replay in bulk", "live": "folding live"}
    output = bench.run(INGESTOR, "bench", "growth", "--json", "--quiet", small, large).output
    for line in json_lines(output):
        # Seconds an item, so a cost and no rate.
        bench.record(
            "log", f"cost of an item: {names[line['what']]}", "s/million", [1e6 / line["largeItemsPerSecond"]],
            {f"of {line['smallItems']:,}": [1e6 / line["smallItemsPerSecond"]]}, bars[line["what"]],
            ratio=line["costRatio"])


def measure_verify(bench, data):
    progress("verify --log")
    line = json.loads(bench.ingestor(data, "bench", "verify", "--json").output)
    bench.record(
        "log", "verify --log", "events/s", [line["eventsPerSecond"]],
        {"OpenSSL, record by record": [line["limitEventsPerSecond"]]}, 0.5, is_rate=True, ratio=line["limitRatio"])


def measure_append(bench):
    directory = f"{bench.work}/append"
    os.makedirs(directory)
    rows, peers = [], {}

    def ours():
        command = [
            "bench", "append", "--json", "--batch", str(BATCH), "--rounds", "3", "--seconds", str(TURN_SECONDS / 3),
            "--callers", str(CALLERS)]
        rows.append(json.loads(bench.ingestor(directory, *command).output))

    def theirs(name, callers, body):
        runs = peers.setdefault((name, callers), [])
        return f"append, {name}, {callers} at a time", lambda: runs.append(body())

    ours()
    record_bytes = rows.pop()["recordBytes"]
    with Peers(bench, f"{directory}/peers", record_bytes, BATCH, TURN_SECONDS) as others:
        bench.in_turns([
            ("append, ingestor", ours),
            theirs("postgres", 1, others.postgres), theirs("postgres", CALLERS, lambda: others.postgres(CALLERS)),
            theirs("sqlite", 1, others.sqlite), theirs("sqlite", CALLERS, lambda: others.sqlite(CALLERS)),
            theirs("nats", 1, others.nats),
        ])
    record_append(bench, rows, peers)
    remove(directory)


def record_append(bench, rows, peers):
    def column(name):
        return [row[name] for row in rows]
    bench.record(
        "log", "durable append, 256 a commit", "events/s", column("eventsPerSecond"),
        {"bare loop over LMDB": column("limitEventsPerSecond")}, 0.8, is_rate=True,
        ratio=statistics.median(column("limitRatio")))
    bench.record(
        "log", "   the tree's share of it", "%", [100 * share for share in column("treeShare")], {"bar": [5]}, 1.0)
    bench.record(
        "log", "   encoded, sealed and hashed too", "events/s", column("sealedEventsPerSecond"),
        {"bare loop over LMDB": column("limitEventsPerSecond")}, is_rate=True,
        ratio=statistics.median(column("sealedRatio")))
    titles = {"postgres": "PostgreSQL, COPY", "sqlite": "SQLite, WAL, FULL", "nats": "NATS JetStream, not fsynced"}
    # The same bytes as theirs: what is encoded, sealed and hashed before stands in the line above.
    for callers, ours in [(1, "eventsPerSecond"), (CALLERS, "togetherEventsPerSecond")]:
        who = "one caller" if callers == 1 else f"{callers} callers"
        for name, title in titles.items():
            if (name, callers) not in peers:
                continue
            # JetStream does not wait for the device, so there is no bar for it.
            bench.record(
                "log", f"append, {who}, beside {name}", "events/s", column(ours),
                {title: [run["eventsPerSecond"] for run in peers[name, callers]]}, None if name == "nats" else 1.0,
                is_rate=True)
    for name, title in titles.items():
        bench.record(
            "log", f"reading back, beside {name}", "events/s", column("readEventsPerSecond"),
            {title: [run["readEventsPerSecond"] for run in peers[name, 1]]}, None if name == "nats" else 1.0,
            is_rate=True)


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]
