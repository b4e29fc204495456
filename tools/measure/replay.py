"""`replay`: the state from the log, against reading and decoding it."""

import json
import os

from options import INGESTOR
from runs import progress


def measure(bench, tree):
    """Takes the data directory that the import left behind, if there is one."""
    data = f"{bench.work}/data"
    if not os.path.isdir(data):
        bench.ingestor(data, "init")
        bench.ingestor(data, "sync", f"dir:{tree.path}")
    runs = []
    for number in range(bench.arguments.runs):
        progress(f"run {number + 1} of {bench.arguments.runs}: replay")
        runs.append(json.loads(bench.run(INGESTOR, "bench", "replay", "--json", "--quiet", "--data", data).output))
    limit = {"read and decode, one core": [run["limitItemsPerSecond"] for run in runs]}
    for title, field in [("in bulk", "itemsPerSecond"), ("live", "liveItemsPerSecond")]:
        bench.record(
            "replay", f"replay of {runs[0]['items']:,} items, {title}", "items/s", [run[field] for run in runs],
            limit, is_rate=True)
