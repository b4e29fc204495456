"""The measuring half of tools/bench, which sets up and builds first. Standard library alone.

Every measurement runs beside its yardstick, in turns whose order changes, and the medians count: what else the machine
does then meets both. Before each run the disk's queue is emptied, so that none pays for what another one wrote.
"""

import json
import os
import sys
import time

import append
import dedup
import git
import importing
import intake
import log
import push
import replay
from chart import write_chart
from options import parse_arguments
from report import machine, print_table
from runs import Bench, Failure, remove
from trees import Tree


def main():
    arguments = parse_arguments()
    if arguments.check_arguments:
        print(*arguments.only)
        return 0
    load = os.getloadavg()[0]
    cores = os.cpu_count() or 1
    duration = "six minutes" if arguments.quick else "forty minutes"
    print(f"── Measurements ({arguments.runs} runs of each, about {duration})", flush=True)
    if load > cores / 2:
        print(f"   the machine is busy (load {load:.1f} on {cores} cores): ratios hold, times do not", flush=True)
    bench = Bench(arguments)
    try:
        seconds = measure(bench)
    except Failure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    print()
    print_table(bench.results)
    print("\nA ratio is ingestor's figure by the yardstick's, the faster one where there are several.")
    os.makedirs(os.path.dirname(os.path.abspath(arguments.json)), exist_ok=True)
    with open(arguments.json, "w") as output:
        json.dump({
            "machine": machine(load), "runs": arguments.runs, "seconds": round(seconds, 1), "results": bench.results,
        }, output, indent=1)
        output.write("\n")
    print(f"{seconds:.0f} s; all figures are in {os.path.relpath(arguments.json)}")
    return 2 if any(result["met"] is False for result in bench.results) else 0


def measure(bench):
    """Measures the parts that were asked for, and returns the seconds it took."""
    parts = bench.arguments.only
    remove(bench.work)
    os.makedirs(f"{bench.work}/home")
    started = time.time()
    try:
        tree = Tree(bench) if {"import", "dedup", "git", "replay"} & set(parts) else None
        if "import" in parts:
            importing.measure(bench, tree)
        if "dedup" in parts:
            write_chart(
                bench.arguments.chart, dedup.measure(bench, tree),
                f"medians of {bench.arguments.runs} runs in turns on {os.cpu_count()} cores, by tools/bench")
        if "replay" in parts:
            replay.measure(bench, tree)
        remove(f"{bench.work}/data")
        if "append" in parts:
            append.measure(bench)
        if "log" in parts:
            log.measure(bench)
        if "git" in parts:
            git.measure(bench, tree)
        if "intake" in parts:
            intake.measure(bench)
        if "push" in parts:
            push.measure(bench)
    finally:
        remove(bench.work)
    return time.time() - started


if __name__ == "__main__":
    sys.exit(main())
