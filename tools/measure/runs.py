"""Runs commands, lets contestants take turns, and keeps what they took."""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

from options import INGESTOR


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
            if not name.startswith(("GIT_", "RESTIC_", "BORG_", "INGESTOR_"))
        }
        self.environment.update({
            "HOME": f"{self.work}/home", "TMPDIR": self.work, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
            "BORG_BASE_DIR": f"{self.work}/borg-base", "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
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

        `ratio` is given where each run has one of its own; where the yardstick is 0 there is none.
        """
        def spread(values):
            return {"median": statistics.median(values), "runs": values}
        best = min if not is_rate else max
        name = best(yardsticks, key=lambda name: statistics.median(yardsticks[name]))
        if ratio is None and (yardstick := statistics.median(yardsticks[name])):
            ratio = statistics.median(ours) / yardstick
        met = None if bar is None or ratio is None else (ratio >= bar if is_rate else ratio <= bar)
        self.results.append({
            "part": part, "title": title, "unit": unit, "ours": spread(ours), "yardstick": name,
            "yardsticks": {name: spread(values) for name, values in yardsticks.items()},
            "ratio": ratio, "bar": bar, "met": met,
        })
