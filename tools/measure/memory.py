"""How much anonymous memory a command takes at most."""

import os
import subprocess
import threading
import time

from runs import Failure, Run

INTERVAL_SECONDS = 0.005


def run_watching_memory(bench, *command):
    """Runs the command, and returns what it took and the most anonymous memory it was seen with, in bytes."""
    os.sync()
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=bench.environment)
    watch = Watch(process.pid)
    output, messages = process.communicate()
    seconds = time.perf_counter() - start
    watch.end()
    if process.returncode != 0:
        raise Failure(
            f"{' '.join(command)} ended with {process.returncode}: {messages.decode(errors='replace').strip()}")
    return Run(seconds, 0, 0, output.decode(errors="replace")), watch.peak


class Watch:
    def __init__(self, process):
        self.status, self.peak, self.isOver = f"/proc/{process}/status", 0, False
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.isOver:
            try:
                with open(self.status) as lines:
                    for line in lines:
                        if line.startswith("RssAnon:"):
                            self.peak = max(self.peak, int(line.split()[1]) * 1024)
            except OSError:
                return
            time.sleep(INTERVAL_SECONDS)

    def end(self):
        self.isOver = True
        self.thread.join()
