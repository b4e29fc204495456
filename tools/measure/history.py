"""A project's releases one after the other, against Git's own packed repository of the same releases."""

import os
import re
import shutil
import subprocess
import sys
import tarfile

from chart import Panel
from options import INGESTOR, MATERIAL
from runs import progress, remove

BYTES_BAR = 0.80

# Source releases that PyPI has: Python and C.
PROJECTS = {
    "Django": "4.0 4.0.4 4.1 4.1.4 4.2 4.2.5 4.2.11 5.0 5.0.6 5.1 5.1.4 5.2".split(),
    "uWSGI": "2.0.11 2.0.13 2.0.15 2.0.17 2.0.18 2.0.19 2.0.20 2.0.21 2.0.23 2.0.25 2.0.28 2.0.31".split(),
}


def measure_histories(bench):
    panels = []
    for name, folder in histories(bench):
        releases = sorted((release for release in os.listdir(folder)), key=version)
        if bench.arguments.quick:
            releases = releases[:4]
        panels.append(measure(bench, name, folder, releases))
    return panels


def measure(bench, name, folder, releases):
    work = f"{bench.work}/history"
    os.makedirs(work)
    data, repository, current = f"{work}/data", f"{work}/git", f"{work}/current"
    bench.ingestor(data, "init")
    bench.run("git", "init", "--quiet", "--bare", "--initial-branch", "main", repository)
    git = (
        "git", "--git-dir", repository, "--work-tree", current, "-c", "gc.auto=0", "-c", "maintenance.auto=false",
        "-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "core.autocrlf=false")
    ours, theirs = 0.0, 0.0
    for release in releases:
        progress(f"{name} {release}")
        shutil.copytree(f"{folder}/{release}", current, symlinks=True)
        # What belongs to Git's own settings would keep files from it.
        ours += bench.ingestor(data, "sync", f"dir:{current}").seconds
        theirs += bench.run(*git, "add", "--all", "--force").seconds
        theirs += bench.run(*git, "commit", "--quiet", "--allow-empty", "--message", release).seconds
        remove(current)
    progress("git gc")
    theirs += bench.run("git", "-C", repository, "gc", "--quiet").seconds
    packed = size(f"{repository}/objects/pack", (".pack", ".idx"))
    kept = size(f"{data}/silo")
    title = f"{name}, {len(releases)} releases"
    bench.record("dedup", title, "B", [kept], {"git gc": [packed]}, BYTES_BAR)
    bench.record("dedup", "   seconds, each release added", "s", [ours], {"git add, commit, gc": [theirs]})
    bench.ingestor(data, "gc", "--recompress")
    recompressed = size(f"{data}/silo")
    bench.record("dedup", "   after gc --recompress", "B", [recompressed], {"git gc": [packed]}, BYTES_BAR)
    remove(work)
    return Panel(title, "MB", {
        "ingestor": kept / 1e6, "ingestor, recompressed": recompressed / 1e6, "git gc": packed / 1e6})


def histories(bench):
    """Names, and folders with a folder for each release."""
    if bench.arguments.history:
        return [(os.path.basename(os.path.realpath(path)), path) for path in bench.arguments.history]
    found = []
    for name, versions in list(PROJECTS.items())[: 1 if bench.arguments.quick else None]:
        folder = f"{MATERIAL}/{name}"
        if fetch(name, versions[:4] if bench.arguments.quick else versions, folder):
            found.append((name, folder))
        else:
            progress(f"no releases of {name} can be had here: name some with --history")
    return found


def fetch(name, versions, folder):
    """Source releases from PyPI, kept for the next time."""
    missing = [version for version in versions if not os.path.isdir(f"{folder}/{version}")]
    if not missing:
        return True
    environment = f"{MATERIAL}/pip"
    pip = (f"{environment}/bin/pip", "--quiet", "--disable-pip-version-check")
    try:
        if not os.path.exists(pip[0]):
            subprocess.run([sys.executable, "-m", "venv", environment], check=True, capture_output=True)
            subprocess.run([*pip, "install", "setuptools", "wheel"], check=True, capture_output=True)
        for number in missing:
            progress(f"fetching {name} {number}")
            downloads = f"{MATERIAL}/downloads"
            remove(downloads)
            subprocess.run(
                [*pip, "download", "--no-deps", "--no-build-isolation", "--no-binary", ":all:", "--dest", downloads,
                 f"{name}=={number}"], check=True, capture_output=True, timeout=120)
            unpack(downloads, f"{folder}/{number}")
    except (OSError, subprocess.SubprocessError, tarfile.TarError):
        return False
    finally:
        remove(f"{MATERIAL}/downloads")
    return True


def unpack(downloads, target):
    archive = next(f"{downloads}/{name}" for name in os.listdir(downloads) if name.endswith(".tar.gz"))
    aside = f"{target}.part"
    remove(aside)
    with tarfile.open(archive) as tar:
        tar.extractall(aside, filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(aside)
    inner = os.listdir(aside)
    os.rename(f"{aside}/{inner[0]}" if len(inner) == 1 else aside, target)
    remove(aside)


def version(name):
    return [int(part) if part.isdigit() else -1 for part in re.split(r"(\d+)", name) if part]


def size(folder, endings=("",)):
    return sum(
        os.path.getsize(os.path.join(path, name)) for path, _, names in os.walk(folder) for name in names
        if name.endswith(tuple(endings)))
