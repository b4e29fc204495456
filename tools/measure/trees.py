"""Directories with many text files."""

import os

from options import ROOT
from runs import Failure, progress

# Where text for a tree is looked for.
TEXT_ROOTS = [f"{ROOT}/.build/checkouts", "/usr/include", "/usr/src", "/usr/lib/python3", "/usr/lib/python3.11", "/usr/share", "/opt", "/usr/lib"]
LARGEST_TEXT = 256 << 10
TREE_BYTES_PER_FILE = 9000


class Tree:
    """The directory that is measured with: its path, its files in order, their bytes."""

    def __init__(self, bench):
        given = bench.arguments.tree
        self.path = os.path.realpath(given) if given else gather(f"{bench.work}/tree", bench.arguments.files)
        self.files = list(tree_files(self.path))
        self.bytes = 0
        for file in self.files:
            with open(file, "rb") as stream:
                self.bytes += len(stream.read())


def gather(tree, wanted):
    """Copies text files of this machine; where there are too few, lines are added to copies of them."""
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
