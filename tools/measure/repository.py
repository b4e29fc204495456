"""Makes a Git repository with a history."""

import os
import random
import subprocess

from runs import Failure


def make_repository(bench, path, tree, count):
    """A packed bare repository: the tree, then `count` commits that edit, add, rename and remove a few files each.

    Returns the commits, the oldest first.
    """
    bench.run("git", "init", "--quiet", "--bare", "--initial-branch", "main", path)
    process = subprocess.Popen(
        ["git", "-C", path, "fast-import", "--quiet", "--date-format=raw"], stdin=subprocess.PIPE,
        env=bench.environment)
    write_history(process.stdin, tree, count)
    process.stdin.close()
    if process.wait() != 0:
        raise Failure("git fast-import failed")
    bench.run("git", "-C", path, "repack", "-adq")
    listed = bench.run("git", "-C", path, "rev-list", "--reverse", "main").output.split()
    if len(listed) != count + 1:
        raise Failure(f"the repository has {len(listed)} commits")
    return listed


def write_history(stream, tree, count):
    chance = random.Random(1)

    def data(content):
        stream.write(b"data %d\n%s\n" % (len(content), content))

    def commit(number):
        stream.write(b"commit refs/heads/main\nmark :%d\n" % (number + 1))
        stream.write(b"committer Bench <bench@localhost> %d +0000\n" % (1_700_000_000 + 60 * number))
        data(b"Change %d" % number)

    def modify(name, content):
        stream.write(b"M 100644 inline %s\n" % quoted(name))
        data(content)

    names = [os.path.relpath(file, tree.path) for file in tree.files]
    commit(0)
    for name, file in zip(names, tree.files):
        with open(file, "rb") as content:
            modify(name, content.read())
    edited = {}
    for number in range(1, count + 1):
        commit(number)
        for name in chance.sample(names, min(3, len(names))):
            with open(f"{tree.path}/{name}", "rb") as content:
                edited[name] = edited.get(name, content.read()) + b"\nchanged by %d\n" % number
            modify(name, edited[name])
        if number % 5 == 0:
            modify(f"new/{number}.txt", b"made by %d\n" % number * 20)
        if number % 10 == 0:
            stream.write(b"R %s %s\n" % (quoted(f"new/{number}.txt"), quoted(f"moved/{number}.txt")))
        if number % 15 == 0:
            stream.write(b"D %s\n" % quoted(f"moved/{number - number % 10}.txt"))


def quoted(name):
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return b'"%s"' % escaped.encode(errors="surrogateescape")
