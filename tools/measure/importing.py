"""`import`: a directory, against restic and git hash-object."""

import json
import shutil

from options import INGESTOR
from runs import progress, remove


def measure(bench, tree):
    work, names = bench.work, f"{bench.work}/names"
    data, repository, objects = f"{work}/data", f"{work}/restic", f"{work}/objects"
    with open(names, "w", errors="surrogateescape") as output:
        output.writelines(f"{file}\n" for file in tree.files if "\n" not in file)
    first, second = {}, {}

    def ingestor():
        remove(data)
        bench.ingestor(data, "init")
        first.setdefault("ingestor", []).append(bench.ingestor(data, "sync", f"dir:{tree.path}"))
        second.setdefault("ingestor", []).append(bench.ingestor(data, "sync", f"dir:{tree.path}"))

    def restic():
        remove(repository)
        remove(f"{work}/restic-cache")
        bench.run("restic", "--repo", repository, "init")
        backup = ("restic", "--repo", repository, "--quiet", "backup", tree.path)
        first.setdefault("restic backup", []).append(bench.run(*backup))
        second.setdefault("restic backup", []).append(bench.run(*backup))

    def git():
        remove(objects)
        bench.run("git", "init", "--quiet", "--bare", objects)
        with open(names) as stdin:
            first.setdefault("git hash-object", []).append(
                bench.run("git", "-C", objects, "hash-object", "-w", "--stdin-paths", stdin=stdin))

    contestants = [("ingestor", ingestor), ("git hash-object", git)]
    if shutil.which("restic"):
        contestants.insert(1, ("restic", restic))
    else:
        progress("restic is not installed: left out")
    bench.in_turns(contestants)
    compare(bench, f"import of {len(tree.files):,} files, {tree.bytes / 1e6:.0f} MB", first)
    if "restic backup" in second:
        compare(bench, "import again, nothing new", second)
    for path in [repository, objects, f"{work}/restic-cache"]:
        remove(path)
    rates = [
        json.loads(bench.run(INGESTOR, "bench", "dedup", "--json", "--quiet", tree.path).output)
        for _ in range(bench.arguments.runs)
    ]
    bench.record(
        "import", "import, MB a second", "MB/s", [rate["bytesPerSecond"] / 1e6 for rate in rates],
        {"reading, hashing, compressing alone": [rate["limitBytesPerSecond"] / 1e6 for rate in rates]}, is_rate=True)


def compare(bench, title, taken):
    ours = taken.pop("ingestor")
    bench.record(
        "import", title, "s", [run.seconds for run in ours],
        {name: [run.seconds for run in runs] for name, runs in taken.items()}, 1.0)
    bench.record(
        "import", "   user + system time", "s", [run.user + run.system for run in ours],
        {name: [run.user + run.system for run in runs] for name, runs in taken.items()})
