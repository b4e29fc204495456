"""`dedup`: contents in, packed harder, checked and out again, against restic, borg and Git."""

import os
import shutil

from chart import Panel
from history import measure_histories
from memory import run_watching_memory
from options import INGESTOR
from reading import measure_reads
from runs import progress, remove

# What the bars of the comparison are held against.
TIME_BAR, BYTES_BAR, RECOMPRESSED_BAR, CHECK_BAR = 1 / 2.5, 0.76, 0.68, 1 / 3
MEMORY_BAR = 256e6


def measure(bench, tree):
    """Records the lines of the table, and returns the panels of the chart."""
    stores = Stores(bench, tree)
    contestants = [("ingestor", stores.ingestor), ("git hash-object", stores.git_loose), ("git fast-import", stores.git_pack)]
    for name, body in [("restic", stores.restic), ("borg", stores.borg)]:
        if shutil.which(name):
            contestants.insert(1, (name, body))
        else:
            progress(f"{name} is not installed: left out")
    bench.in_turns(contestants)
    files, megabytes = len(tree.files), tree.bytes / 1e6
    stores.compare_times(f"import of {files:,} files, {megabytes:.0f} MB", stores.first)
    stores.compare_times("import again, everything read, nothing new", stores.again)
    stores.compare_bytes("bytes kept", stores.bytes, BYTES_BAR)
    bench.record("dedup", "   of it with log, state and indexes", "B", stores.whole, restic_of(stores.bytes))
    bench.record(
        "dedup", "peak anonymous memory of an import", "B", stores.memory, {"bar": [MEMORY_BAR]}, 1.0)
    stores.check_in_turns()
    git = stores.packed_git()
    reads = measure_reads(bench, stores.data, git, "as imported")
    stores.recompress()
    reads |= measure_reads(bench, stores.data, git, "recompressed")
    panels = [
        Panel(f"import of {files:,} files, {megabytes:.0f} MB", "s", medians(stores.first)),
        Panel("the same again, everything read", "s", medians(stores.again)),
        Panel("bytes kept", "MB", medians(stores.bytes, 1e-6)),
        Panel("random single contents read", "a second", reads, better="more"),
    ]
    stores.remove()
    return panels + measure_histories(bench)


def medians(taken, scale=1):
    return {name: scale * sorted(values)[len(values) // 2] for name, values in taken.items()}


def restic_of(taken):
    """The yardstick that the bars name, or the others where it is not installed."""
    return {"restic": taken["restic"]} if "restic" in taken else {
        name: values for name, values in taken.items() if not name.startswith("ingestor")}


class Stores:
    """What each contestant makes of a tree."""

    def __init__(self, bench, tree):
        self.bench, self.tree, self.work = bench, tree, f"{bench.work}/dedup"
        os.makedirs(self.work)
        self.data, self.restic_path = f"{self.work}/data", f"{self.work}/restic"
        self.borg_path, self.loose, self.pack = (f"{self.work}/{name}" for name in ("borg", "loose", "pack"))
        self.names = f"{self.work}/names"
        with open(self.names, "w", errors="surrogateescape") as output:
            output.writelines(f"{file}\n" for file in tree.files if "\n" not in file)
        self.first, self.again, self.bytes, self.whole, self.memory = {}, {}, {}, [], []

    def keep(self, name, path, first, again=None):
        self.first.setdefault(name, []).append(first.seconds)
        if again:
            self.again.setdefault(name, []).append(again.seconds)
        self.bytes.setdefault(name, []).append(size(path))

    # MARK: contestants

    def ingestor(self):
        remove(self.data)
        self.bench.ingestor(self.data, "init")
        sync = (INGESTOR, "sync", "--quiet", "--data", self.data, f"dir:{self.tree.path}")
        first, peak = run_watching_memory(self.bench, *sync)
        again = self.bench.run(*sync)
        self.keep("ingestor", f"{self.data}/silo", first, again)
        self.whole.append(size(self.data))
        self.memory.append(peak)

    def restic(self):
        remove(self.restic_path)
        remove(f"{self.bench.work}/restic-cache")
        restic = ("restic", "--repo", self.restic_path, "--quiet")
        self.bench.run(*restic, "init")
        first = self.bench.run(*restic, "backup", self.tree.path)
        kept = size(self.restic_path)
        again = self.bench.run(*restic, "backup", "--force", self.tree.path)
        self.keep("restic", self.restic_path, first, again)
        self.bytes["restic"][-1] = kept

    def borg(self):
        remove(self.borg_path)
        remove(f"{self.work}/borg-base")
        self.bench.run("borg", "init", "--encryption", "none", self.borg_path)
        create = ("borg", "create", "--compression", "zstd,3")
        first = self.bench.run(*create, f"{self.borg_path}::1", self.tree.path)
        kept = size(self.borg_path)
        again = self.bench.run(*create, "--files-cache", "disabled", f"{self.borg_path}::2", self.tree.path)
        self.keep("borg, zstd,3", self.borg_path, first, again)
        self.bytes["borg, zstd,3"][-1] = kept

    def git_loose(self):
        remove(self.loose)
        self.bench.run("git", "init", "--quiet", "--bare", self.loose)
        with open(self.names) as names:
            first = self.bench.run(
                "git", "-C", self.loose, "hash-object", "-w", "--no-filters", "--stdin-paths", stdin=names)
        with open(self.names) as names:
            again = self.bench.run(
                "git", "-C", self.loose, "hash-object", "-w", "--no-filters", "--stdin-paths", stdin=names)
        self.keep("git hash-object", f"{self.loose}/objects", first, again)

    def git_pack(self):
        remove(self.pack)
        self.bench.run("git", "init", "--quiet", "--bare", self.pack)
        stream = f"{self.work}/stream"
        if not os.path.exists(stream):
            write_stream(stream, self.tree)
        with open(stream, "rb") as source:
            first = self.bench.run("git", "-C", self.pack, "fast-import", "--quiet", "--done", stdin=source)
        self.keep("git fast-import", f"{self.pack}/objects", first)

    # MARK: afterwards

    def packed_git(self):
        """A repository with all the contents, packed as `git gc` packs, and their ids."""
        progress("packing with git gc")
        self.bench.run("git", "-C", self.pack, "gc", "--quiet")
        return self.pack

    def check_in_turns(self):
        taken = {}

        def ours():
            taken.setdefault("ingestor", []).append(
                self.bench.ingestor(self.data, "verify", "--blobs").seconds)

        def restic():
            taken.setdefault("restic check --read-data", []).append(
                self.bench.run("restic", "--repo", self.restic_path, "--quiet", "check", "--read-data").seconds)

        if os.path.exists(self.restic_path):
            self.bench.in_turns([("verify", ours), ("restic check --read-data", restic)])
            self.bench.record("dedup", "every byte checked", "s", taken.pop("ingestor"), taken, CHECK_BAR)

    def recompress(self):
        progress("gc --recompress")
        run = self.bench.ingestor(self.data, "gc", "--recompress")
        kept = size(f"{self.data}/silo")
        self.bytes["ingestor, recompressed"] = [kept]
        self.bench.record(
            "dedup", "bytes kept after gc --recompress", "B", [kept], restic_of(self.bytes), RECOMPRESSED_BAR)
        self.bench.record(
            "dedup", "   seconds that it takes", "s", [run.seconds], {"import": self.first["ingestor"]})

    def compare_times(self, title, taken):
        others = {name: values for name, values in taken.items() if name != "ingestor"}
        self.bench.record("dedup", title, "s", taken["ingestor"], restic_of(taken), TIME_BAR)
        self.note(title, others, "s")

    def compare_bytes(self, title, taken, bar):
        self.bench.record("dedup", title, "B", taken["ingestor"], restic_of(taken), bar)
        self.note(title, {name: values for name, values in taken.items() if name != "ingestor"}, "B")

    def note(self, title, others, unit):
        """A line for each that the bar does not speak of."""
        ours = self.bench.results[-1]["ours"]["runs"]
        for name, values in others.items():
            if name != "restic":
                self.bench.record("dedup", "   the same", unit, ours, {name: values})

    def remove(self):
        remove(self.work)


def write_stream(path, tree):
    with open(path, "wb") as output:
        for file in tree.files:
            with open(file, "rb") as content:
                bytes_ = content.read()
            output.write(b"blob\ndata %d\n" % len(bytes_) + bytes_ + b"\n")
        output.write(b"done\n")


def size(path):
    """Bytes of the files below `path`."""
    return sum(
        os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(path) for name in names)
