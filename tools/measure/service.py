"""Programs that serve while something is measured."""

import http.client
import json
import signal
import socket
import subprocess
import time

from options import INGESTOR, TOOLS
from runs import Failure

SECONDS_TO_START = 20
SECONDS_TO_END = 60


class Service:
    """A program that listens on a free port of loopback while the block runs, and is ended in order afterwards."""

    def __init__(self, bench, command, **settings):
        """`command` is given the port and returns the words; `settings` are added to the environment."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.command = command(self.port)
        self.output = f"{bench.work}/service.log"
        self.environment = bench.environment | settings

    def __enter__(self):
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self.environment)
        deadline = time.monotonic() + SECONDS_TO_START
        while not self.is_listening():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise Failure(f"{self.command[0]} did not start: {self.said()}")
            time.sleep(0.05)
        return self

    def __exit__(self, kind, *_):
        ended_before = self.process.poll() is not None
        self.process.terminate()
        try:
            status = self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failure(f"{self.command[0]} did not end when it was asked to: {self.said()}")
        if kind is None and (ended_before or status not in (0, -signal.SIGTERM)):
            raise Failure(f"{self.command[0]} ended with {status}: {self.said()}")

    def is_listening(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def said(self):
        with open(self.output, errors="replace") as output:
            return output.read()[-2000:].strip()

    def post(self, path, body, headers):
        """The status of one answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", path, body, headers)
            return connection.getresponse().status
        finally:
            connection.close()


def serve(bench, data, *before, **settings):
    """`ingestor serve` on the data directory, started by the words in `before` if there are any."""
    return Service(
        bench, lambda port: [*before, INGESTOR, "serve", "--quiet", "--data", data, "--listen", f"127.0.0.1:{port}"],
        **settings)


class SimulatedGitHub:
    """serve-github, and its commands (`help` lists them)."""

    def __init__(self, bench, folder):
        self.process = subprocess.Popen(
            [f"{TOOLS}/serve-github", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=bench.environment)
        line = self.process.stdout.readline()
        if not line:
            raise Failure("the simulated GitHub did not start")
        self.addresses = json.loads(line)

    def __call__(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": "it ended"}
        if "error" in answer:
            raise Failure(f"the simulated GitHub, asked to {words[0]}: {answer['error']}")
        return answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
