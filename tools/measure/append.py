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
        made = ", hashed before" if line["readyMade"] else ""
        name = f"durable append, {line['batch']} a transaction, {line['callers']} at a time{made}"
        # The loop's records are made before its clock starts, so the bar is for those that ours finds made too.
        bar = 0.7 if line["batch"] == 256 and line["readyMade"] else None
        bench.record(
            "append", name, "events/s", [line["eventsPerSecond"]],
            {"C loop over LMDB": [line["loopEventsPerSecond"]]}, bar, is_rate=True, ratio=line["ratio"])
    remove(directory)
