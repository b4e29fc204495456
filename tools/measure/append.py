"""`append`: durable events, against a plain C loop over LMDB."""

import json
import os

from options import TOOLS
from runs import remove


def measure(bench):
    directory = f"{bench.work}/append"
    os.makedirs(directory)
    output = bench.run(f"{TOOLS}/measure-append", directory, str(bench.arguments.runs)).output
    for line in map(json.loads, output.splitlines()):
        bench.record(
            "append", f"durable append, {line['batch']} a transaction, {line['callers']} at a time", "events/s",
            [line["eventsPerSecond"]],
            {"C loop over LMDB": [line["loopEventsPerSecond"]]}, 0.7 if line["batch"] == 256 else None,
            is_rate=True, ratio=line["ratio"])
    remove(directory)
