"""The measuring half of tools/bench, which sets up and builds first. Standard library alone.

Every measurement runs beside its yardstick, in turns whose order changes, and the medians count: what else the machine does
then meets both. Before each run the disk's queue is emptied, so that none pays for what another one wrote.
"""

import argparse
import json
import os
import platform
import random
import resource
import shutil
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INGESTOR = f"{ROOT}/.build/release/ingestor"
TOOLS = f"{ROOT}/Benchmarks/.build/release"
PARTS = ["import", "git", "append", "replay"]
# What a sync of so many commits is held against; the repository's history is as long as their sum.
COMMIT_STEPS = [1, 20, 200]
# Where text for a tree is looked for.
TEXT_ROOTS = ["/usr/include", "/usr/src", "/usr/lib/python3", "/usr/lib/python3.11", "/usr/share", "/opt", "/usr/lib"]
LARGEST_TEXT = 256 << 10
TREE_BYTES_PER_FILE = 9000


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tools/bench", add_help=False)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tree")
    parser.add_argument("--files", type=int)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--only", type=lambda text: text.split(","), default=PARTS)
    parser.add_argument("--json", default=f"{ROOT}/build/bench.json")
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
    return arguments


class Failure(Exception):
    pass


def progress(text):
    print(f"   {text}", file=sys.stderr, flush=True)


def remove(path):
    shutil.rmtree(path, ignore_errors=True)


class Run:
    """What one command took: seconds, and seconds of processor time of it and its children."""

    def __init__(self, seconds, user, system, output=""):
        self.seconds, self.user, self.system, self.output = seconds, user, system, output
        self.wire = None


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.work = os.path.abspath(arguments.work)
        self.results = []
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith(("GIT_", "RESTIC_", "INGESTOR_"))
        }
        self.environment.update({
            "HOME": f"{self.work}/home", "TMPDIR": self.work, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
            "RESTIC_PASSWORD": "bench", "RESTIC_CACHE_DIR": f"{self.work}/restic-cache",
        })

    def run(self, *command, stdin=None):
        os.sync()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        done = subprocess.run(
            command, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self.environment)
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            raise Failure(
                f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
        return Run(
            seconds, after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime,
            done.stdout.decode(errors="replace"))

    def ingestor(self, data, *command):
        return self.run(INGESTOR, *command, "--quiet", "--data", data)

    def in_turns(self, contestants):
        """Lets each contestant run as often as was asked for, a different one first each time."""
        for number in range(self.arguments.runs):
            start = number % len(contestants)
            for name, body in contestants[start:] + contestants[:start]:
                progress(f"run {number + 1} of {self.arguments.runs}: {name}")
                body()

    def record(self, part, title, unit, ours, yardsticks, bar=None, is_rate=False, ratio=None):
        """A line of the table. The yardstick is the best of those given; `bar` bounds ours / its.

        `ratio` is given where each run has one of its own.
        """
        def spread(values):
            return {"median": statistics.median(values), "runs": values}
        best = min if not is_rate else max
        name = best(yardsticks, key=lambda name: statistics.median(yardsticks[name]))
        if ratio is None:
            ratio = statistics.median(ours) / max(statistics.median(yardsticks[name]), 1e-9)
        met = None if bar is None else (ratio >= bar if is_rate else ratio <= bar)
        self.results.append({
            "part": part, "title": title, "unit": unit, "ours": spread(ours), "yardstick": name,
            "yardsticks": {name: spread(values) for name, values in yardsticks.items()},
            "ratio": ratio, "bar": bar, "met": met,
        })

    # Trees

    def tree(self):
        given = self.arguments.tree
        tree = os.path.realpath(given) if given else self.gather_tree()
        files = list(tree_files(tree))
        self.tree_bytes = 0
        for file in files:
            with open(file, "rb") as stream:
                self.tree_bytes += len(stream.read())
        return tree, files

    def gather_tree(self):
        """Copies text files of this machine; where there are too few, lines are added to copies of them."""
        tree, wanted = f"{self.work}/tree", self.arguments.files
        progress(f"gathering {wanted:,} text files")
        sources, budget = [], wanted * TREE_BYTES_PER_FILE
        for root in TEXT_ROOTS:
            for file in tree_files(root):
                if len(sources) == wanted or budget < 0:
                    break
                if 0 < (size := os.path.getsize(file)) <= LARGEST_TEXT and is_text(file):
                    sources.append(file)
                    budget -= size
        if not sources:
            raise Failure("no text files were found on this machine; name a directory with --tree")
        for number in range(wanted):
            source = sources[number % len(sources)]
            copy = number // len(sources)
            target = f"{tree}/{copy}{source}" if copy else f"{tree}{source}"
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(source, "rb") as stream, open(target, "wb") as output:
                output.write(stream.read() + (f"# copy {copy}\n".encode() if copy else b""))
        return tree

    # Import

    def measure_import(self, tree, files):
        names, data, repository = f"{self.work}/names", f"{self.work}/data", f"{self.work}/restic"
        with open(names, "w", errors="surrogateescape") as output:
            output.writelines(f"{file}\n" for file in files if "\n" not in file)
        first, second = {}, {}

        def ingestor():
            remove(data)
            self.ingestor(data, "init")
            first.setdefault("ingestor", []).append(self.ingestor(data, "sync", f"dir:{tree}"))
            second.setdefault("ingestor", []).append(self.ingestor(data, "sync", f"dir:{tree}"))

        def restic():
            remove(repository)
            remove(f"{self.work}/restic-cache")
            self.run("restic", "--repo", repository, "init")
            backup = ("restic", "--repo", repository, "--quiet", "backup", tree)
            first.setdefault("restic backup", []).append(self.run(*backup))
            second.setdefault("restic backup", []).append(self.run(*backup))

        def git():
            remove(f"{self.work}/objects")
            self.run("git", "init", "--quiet", "--bare", f"{self.work}/objects")
            with open(names) as stdin:
                first.setdefault("git hash-object", []).append(
                    self.run("git", "-C", f"{self.work}/objects", "hash-object", "-w", "--stdin-paths", stdin=stdin))

        contestants = [("ingestor", ingestor), ("git hash-object", git)]
        if shutil.which("restic"):
            contestants.insert(1, ("restic", restic))
        else:
            progress("restic is not installed: left out")
        self.in_turns(contestants)
        self.compare("import", f"import of {len(files):,} files, {self.tree_bytes / 1e6:.0f} MB", first, 1.0)
        if "restic backup" in second:
            self.compare("import", "import again, nothing new", second, 1.0)
        for path in [repository, f"{self.work}/objects", f"{self.work}/restic-cache"]:
            remove(path)
        rates = [json.loads(self.run(
            INGESTOR, "bench", "dedup", "--json", "--quiet", tree).output) for _ in range(self.arguments.runs)]
        self.record(
            "import", "import, MB a second", "MB/s", [rate["bytesPerSecond"] / 1e6 for rate in rates],
            {"read and SHA-1, one core": [rate["limitBytesPerSecond"] / 1e6 for rate in rates]}, is_rate=True)

    def compare(self, part, title, taken, bar):
        ours = taken.pop("ingestor")
        self.record(
            part, title, "s", [run.seconds for run in ours],
            {name: [run.seconds for run in runs] for name, runs in taken.items()}, bar)
        self.record(
            part, "   user + system time", "s", [run.user + run.system for run in ours],
            {name: [run.user + run.system for run in runs] for name, runs in taken.items()})

    # Git

    def measure_git(self, tree, files):
        served, clone, data = f"{self.work}/served", f"{self.work}/clone.git", f"{self.work}/git-data"
        steps = COMMIT_STEPS
        progress(f"making a repository of {len(files):,} files and {sum(steps)} commits")
        commits = self.make_repository(f"{served}/project.git", tree, files, sum(steps))
        git = ("git", "-c", "gc.auto=0", "-c", "maintenance.auto=false")
        first, later = {}, {step: {} for step in steps}
        with Server(served, self.environment) as server:
            url = f"{server.url}/project.git"

            def head(index):
                self.run("git", "-C", f"{served}/project.git", "update-ref", "refs/heads/main", commits[index])

            def measured(taken, name, command):
                server.traffic()
                run = self.run(*command)
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
                    "git", (*git, "clone", "--quiet", "--bare", "--depth", "1", url, clone),
                    (*git, "-C", clone, "fetch", "--quiet", "--depth", "1", "origin", "+main:main"))

            def by_ingestor():
                remove(data)
                self.ingestor(data, "init")
                sync = (INGESTOR, "sync", "--quiet", "--data", data, f"git:{url}")
                all_steps("ingestor", sync, sync)

            self.in_turns([("ingestor", by_ingestor), ("git", by_git)])
        self.compare_wire("first sync, clone --bare --depth 1", first, None)
        for step in steps:
            self.compare_wire(f"{step} commit{'s' if step > 1 else ''}, fetch --depth 1", later[step], 1.0)
        remove(clone)
        remove(served)

    def compare_wire(self, title, taken, wire_bar):
        for name, unit, bar, value in [
            (title, "s", 1.5, lambda run: run.seconds),
            ("   bytes on the wire", "B", wire_bar,
             lambda run: run.wire["sentBytes"] + run.wire["receivedBytes"]),
        ]:
            self.record(
                "git", name, unit, [value(run) for run in taken["ingestor"]],
                {"git": [value(run) for run in taken["git"]]}, bar)

    def make_repository(self, path, tree, files, count):
        """A packed bare repository: the tree, then `count` commits that edit, add, rename and remove a few files each."""
        self.run("git", "init", "--quiet", "--bare", "--initial-branch", "main", path)
        chance = random.Random(1)
        process = subprocess.Popen(
            ["git", "-C", path, "fast-import", "--quiet", "--date-format=raw"], stdin=subprocess.PIPE,
            env=self.environment)
        stream = process.stdin

        def data(content):
            stream.write(b"data %d\n%s\n" % (len(content), content))

        def commit(number):
            stream.write(b"commit refs/heads/main\nmark :%d\n" % (number + 1))
            stream.write(b"committer Bench <bench@localhost> %d +0000\n" % (1_700_000_000 + 60 * number))
            data(b"Change %d" % number)

        def modify(name, content):
            stream.write(b"M 100644 inline %s\n" % quoted(name))
            data(content)

        names = [os.path.relpath(file, tree) for file in files]
        commit(0)
        for name, file in zip(names, files):
            with open(file, "rb") as content:
                modify(name, content.read())
        edited = {}
        for number in range(1, count + 1):
            commit(number)
            for name in chance.sample(names, min(3, len(names))):
                with open(f"{tree}/{name}", "rb") as content:
                    edited[name] = edited.get(name, content.read()) + b"\nchanged by %d\n" % number
                modify(name, edited[name])
            if number % 5 == 0:
                modify(f"new/{number}.txt", b"made by %d\n" % number * 20)
            if number % 10 == 0:
                stream.write(b"R %s %s\n" % (quoted(f"new/{number}.txt"), quoted(f"moved/{number}.txt")))
            if number % 15 == 0:
                stream.write(b"D %s\n" % quoted(f"moved/{number - number % 10}.txt"))
        stream.close()
        if process.wait() != 0:
            raise Failure("git fast-import failed")
        self.run("git", "-C", path, "repack", "-adq")
        listed = self.run("git", "-C", path, "rev-list", "--reverse", "main").output.split()
        if len(listed) != count + 1:
            raise Failure(f"the repository has {len(listed)} commits")
        return listed

    # Append and replay

    def measure_append(self):
        directory = f"{self.work}/append"
        os.makedirs(directory)
        output = self.run(f"{TOOLS}/measure-append", directory, str(self.arguments.runs)).output
        for line in map(json.loads, output.splitlines()):
            self.record(
                "append", f"durable append, {line['batch']} a transaction, {line['callers']} at a time", "events/s",
                [line["eventsPerSecond"]],
                {"C loop over LMDB": [line["loopEventsPerSecond"]]}, 0.7 if line["batch"] == 256 else None,
                is_rate=True, ratio=line["ratio"])
        remove(directory)

    def measure_replay(self, tree):
        data = f"{self.work}/data"
        if not os.path.isdir(data):
            self.ingestor(data, "init")
            self.ingestor(data, "sync", f"dir:{tree}")
        runs = []
        for number in range(self.arguments.runs):
            progress(f"run {number + 1} of {self.arguments.runs}: replay")
            runs.append(json.loads(self.run(INGESTOR, "bench", "replay", "--json", "--quiet", "--data", data).output))
        limit = {"read and decode, one core": [run["limitItemsPerSecond"] for run in runs]}
        for title, field in [("in bulk", "itemsPerSecond"), ("live", "liveItemsPerSecond")]:
            self.record(
                "replay", f"replay of {runs[0]['items']:,} items, {title}", "items/s", [run[field] for run in runs],
                limit, is_rate=True)

    def measure(self):
        parts = self.arguments.only
        remove(self.work)
        os.makedirs(f"{self.work}/home")
        started = time.time()
        try:
            tree, files = self.tree() if {"import", "git", "replay"} & set(parts) else (None, [])
            if "import" in parts:
                self.measure_import(tree, files)
            if "replay" in parts:
                self.measure_replay(tree)
            remove(f"{self.work}/data")
            if "append" in parts:
                self.measure_append()
            if "git" in parts:
                self.measure_git(tree, files)
        finally:
            remove(self.work)
        return time.time() - started


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


def tree_files(root):
    """Regular files below `root`, in order, without what belongs to Git."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path) and os.access(path, os.R_OK):
                yield path


def is_text(file):
    with open(file, "rb") as stream:
        return b"\0" not in stream.read(8192)


def quoted(name):
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return b'"%s"' % escaped.encode(errors="surrogateescape")


def shown(value, unit):
    if unit == "s":
        return f"{value:.2f} s" if value >= 0.1 else f"{value * 1000:.0f} ms"
    if unit == "B":
        return f"{value / 1e6:.2f} MB" if value >= 1e6 else f"{value / 1e3:.2f} kB"
    if unit == "MB/s":
        return f"{value:,.0f} MB/s"
    return f"{value:,.0f}/s"


def print_table(results):
    rows = [("", "INGESTOR", "YARDSTICK", "", "RATIO", "BAR", "")]
    for result in results:
        name = result["yardstick"]
        bar = result["bar"]
        rows.append((
            result["title"], shown(result["ours"]["median"], result["unit"]),
            shown(result["yardsticks"][name]["median"], result["unit"]), name, f"{result['ratio']:.2f}",
            "" if bar is None else f"{'≥' if result['unit'].endswith('/s') else '≤'} {bar:.2f}",
            {None: "", True: "met", False: "MISSED"}[result["met"]]))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.rjust(width) if column in (1, 2, 4, 5) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ]
        print("  ".join(cells).rstrip())


def version(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]
    except (OSError, IndexError):
        return None


def main():
    arguments = parse_arguments()
    if arguments.check_arguments:
        return 0
    load = os.getloadavg()[0]
    cores = os.cpu_count() or 1
    print(f"── Measurements ({arguments.runs} runs of each, about {'one minute' if arguments.quick else 'ten minutes'})",
          flush=True)
    if load > cores / 2:
        print(f"   the machine is busy (load {load:.1f} on {cores} cores): ratios hold, times do not", flush=True)
    bench = Bench(arguments)
    try:
        seconds = bench.measure()
    except Failure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    print()
    print_table(bench.results)
    print("\nA ratio is ingestor's figure by the yardstick's, the faster one where there are several.")
    os.makedirs(os.path.dirname(os.path.abspath(arguments.json)), exist_ok=True)
    with open(arguments.json, "w") as output:
        json.dump({
            "machine": {
                "cores": cores, "load": load, "system": platform.platform(), "processor": processor(),
                "git": version("git", "--version"), "restic": version("restic", "version"),
            },
            "runs": arguments.runs, "seconds": round(seconds, 1), "results": bench.results,
        }, output, indent=1)
        output.write("\n")
    print(f"{seconds:.0f} s; all figures are in {os.path.relpath(arguments.json)}")
    return 2 if any(result["met"] is False for result in bench.results) else 0


def processor():
    try:
        with open("/proc/cpuinfo") as lines:
            return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), None)
    except OSError:
        return None


if __name__ == "__main__":
    sys.exit(main())
