"""`git`: a first sync and later ones, against git clone and git fetch from the same server."""

import json
import subprocess

from options import INGESTOR, TOOLS
from repository import make_repository
from runs import Failure, progress, remove

# What a sync of so many commits is held against; the repository's history is as long as their sum.
COMMIT_STEPS = [1, 20, 200]
GIT = ("git", "-c", "gc.auto=0", "-c", "maintenance.auto=false")


def measure(bench, tree):
    served, clone, data = f"{bench.work}/served", f"{bench.work}/clone.git", f"{bench.work}/git-data"
    steps = COMMIT_STEPS
    progress(f"making a repository of {len(tree.files):,} files and {sum(steps)} commits")
    commits = make_repository(bench, f"{served}/project.git", tree, sum(steps))
    first, later = {}, {step: {} for step in steps}
    with Server(served, bench.environment) as server:
        url = f"{server.url}/project.git"

        def head(index):
            bench.run("git", "-C", f"{served}/project.git", "update-ref", "refs/heads/main", commits[index])

        def measured(taken, name, command):
            server.traffic()
            run = bench.run(*command)
            run.wire = server.traffic()
            taken.setdefault(name, []).append(run)

        def all_steps(name, begin, update):
            head(0)
            measured(first, name, begin)
            index = 0
            for step in steps:
                index += step
                head(index)
                measured(later[step], name, update)

        def by_git():
            remove(clone)
            all_steps(
                "git", (*GIT, "clone", "--quiet", "--bare", "--depth", "1", url, clone),
                (*GIT, "-C", clone, "fetch", "--quiet", "--depth", "1", "origin", "+main:main"))

        def by_ingestor():
            remove(data)
            bench.ingestor(data, "init")
            sync = (INGESTOR, "sync", "--quiet", "--data", data, f"git:{url}")
            all_steps("ingestor", sync, sync)

        bench.in_turns([("ingestor", by_ingestor), ("git", by_git)])
    compare(bench, "first sync, clone --bare --depth 1", first, None)
    for step in steps:
        compare(bench, f"{step} commit{'s' if step > 1 else ''}, fetch --depth 1", later[step], 1.0)
    remove(clone)
    remove(served)


def compare(bench, title, taken, wire_bar):
    for name, unit, bar, value in [
        (title, "s", 1.5, lambda run: run.seconds),
        ("   bytes on the wire", "B", wire_bar,
         lambda run: run.wire["sentBytes"] + run.wire["receivedBytes"]),
    ]:
        bench.record(
            "git", name, unit, [value(run) for run in taken["ingestor"]],
            {"git": [value(run) for run in taken["git"]]}, bar)


class Server:
    """A Git server on loopback that tells what passes through it."""

    def __init__(self, folder, environment):
        self.process = subprocess.Popen(
            [f"{TOOLS}/serve-git", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise Failure("the Git server did not start")

    def traffic(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
