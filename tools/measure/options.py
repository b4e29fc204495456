"""What can be asked for on the command line, and where things are."""

import argparse
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INGESTOR = f"{ROOT}/.build/release/ingestor"
TOOLS = f"{ROOT}/Benchmarks/.build/release"
# What is fetched once, for parts that need real releases.
MATERIAL = f"{ROOT}/build/bench-material"
PARTS = ["import", "dedup", "git", "append", "replay", "log", "intake", "push"]


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tools/bench", add_help=False)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tree")
    parser.add_argument("--history", action="append")
    parser.add_argument("--files", type=int)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--only", type=lambda text: text.split(","), default=PARTS)
    parser.add_argument("--json", default=f"{ROOT}/build/bench.json")
    parser.add_argument("--chart", default=f"{ROOT}/build/bench-dedup.svg")
    parser.add_argument("--work", default=f"{ROOT}/build/bench-work")
    parser.add_argument("--check-arguments", action="store_true")
    arguments = parser.parse_args()
    arguments.files = arguments.files or (3_000 if arguments.quick else 30_000)
    arguments.runs = arguments.runs or (3 if arguments.quick else 5)
    if unknown := [part for part in arguments.only if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(PARTS)}")
    if arguments.runs < 1 or arguments.files < 1:
        parser.error("--runs and --files are at least 1")
    if arguments.tree and not os.path.isdir(arguments.tree):
        parser.error(f"there is no directory {arguments.tree}")
    for history in arguments.history or []:
        if not os.path.isdir(history):
            parser.error(f"there is no directory {history}")
    return arguments
