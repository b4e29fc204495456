"""Reads of single contents in random order, through a process that answers names from its standard input."""

import hashlib
import random
import subprocess
import threading
import time

from options import INGESTOR
from runs import Failure

COUNT, QUICK_COUNT = 20_000, 2_000
RATE_BAR, LATENCY_BAR_SECONDS = 0.5, 0.002


def measure_reads(bench, data, repository, layout):
    """Records rates and waits, and returns the medians of the rates."""
    ids = random_ids(bench, repository)
    readers = {
        "ingestor": [INGESTOR, "cat", "--batch", "--data", data],
        "git cat-file --batch": ["git", "-C", repository, "cat-file", "--batch"],
    }
    streamed, waits, digests = {}, {}, {}

    def measured(name):
        def body():
            seconds, digest = stream(bench, readers[name], ids)
            streamed.setdefault(name, []).append(len(ids) / seconds)
            digests[name] = digest
            waits.setdefault(name, []).append(one_by_one(bench, readers[name], ids[: len(ids) // 4]))
        return body

    bench.in_turns([(f"reads, {name}", measured(name)) for name in readers])
    if len(set(digests.values())) != 1:
        raise Failure("the contents that were read differ")
    git = "git cat-file --batch"
    bench.record(
        "dedup", f"random contents, {layout}", "reads/s", streamed["ingestor"], {git: streamed[git]}, RATE_BAR,
        is_rate=True)
    bench.record(
        "dedup", "   one asked for after the other", "reads/s", [1 / mean for mean, _ in waits["ingestor"]],
        {git: [1 / mean for mean, _ in waits[git]]}, is_rate=True)
    bench.record(
        "dedup", "   99 of 100 are there within", "s", [late for _, late in waits["ingestor"]],
        {"bar": [LATENCY_BAR_SECONDS]}, 1.0)
    median = {name: sorted(rates)[len(rates) // 2] for name, rates in streamed.items()}
    return {f"ingestor, {layout}": median["ingestor"], git: median[git]}


def random_ids(bench, repository):
    listed = bench.run(
        "git", "-C", repository, "cat-file", "--batch-check=%(objectname) %(objecttype)", "--batch-all-objects").output
    ids = [line.split()[0] for line in listed.splitlines() if line.endswith(" blob")]
    random.Random(1).shuffle(ids)
    count = QUICK_COUNT if bench.arguments.quick else COUNT
    return [name.encode() for name in ids[:count]]


def stream(bench, command, ids):
    """All names at once: the seconds until the last answer, and a hash over the answers."""
    process = start(bench, command)
    names, digest = b"\n".join(ids) + b"\n", hashlib.sha1()

    def write():
        process.stdin.write(names)
        process.stdin.close()

    # The first answer comes when the process has started, which is measured elsewhere.
    process.stdin.write(ids[0] + b"\n")
    process.stdin.flush()
    answer(process)
    began = time.perf_counter()
    writer = threading.Thread(target=write)
    writer.start()
    while piece := process.stdout.read1(1 << 20):
        digest.update(piece)
    seconds = time.perf_counter() - began
    writer.join()
    if process.wait() != 0:
        raise Failure(f"{' '.join(command)} ended with {process.returncode}")
    return seconds, digest.hexdigest()


def one_by_one(bench, command, ids):
    """Each name after the answer to the one before: the mean of the waits, and the one that 99 of 100 stay below."""
    process = start(bench, command)
    waits = []
    for name in ids:
        began = time.perf_counter()
        process.stdin.write(name + b"\n")
        process.stdin.flush()
        answer(process)
        waits.append(time.perf_counter() - began)
    process.stdin.close()
    process.wait()
    # The start of the process is in the first one.
    waits = sorted(waits[1:])
    return sum(waits) / len(waits), waits[len(waits) * 99 // 100]


def start(bench, command):
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=bench.environment)


def answer(process):
    head = process.stdout.readline().split()
    if len(head) != 3:
        raise Failure(f"a content is missing: {head}")
    process.stdout.read(int(head[2]) + 1)
