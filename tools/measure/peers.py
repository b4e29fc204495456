"""Databases that keep records in an order: PostgreSQL, SQLite, and NATS JetStream, each on the disk that is measured."""

import glob
import json
import os
import pwd
import shutil
import socket
import subprocess
import time

import nats
from options import ROOT
from runs import Failure, remove

SOURCE = f"{ROOT}/Benchmarks/Peers/peers.c"
START_SECONDS = 30


class Peers:
    """Builds what appends to them, and starts what needs a server. Ends these with the block."""

    def __init__(self, bench, directory, record_bytes, batch, seconds):
        self.bench, self.directory, self.seconds = bench, directory, seconds
        self.record_bytes, self.batch = record_bytes, batch
        self.processes = []

    def __enter__(self):
        os.makedirs(self.directory, exist_ok=True)
        include = self.bench.run("pg_config", "--includedir").output.strip()
        self.program = f"{self.directory}/peers"
        self.bench.run("cc", "-O2", f"-I{include}", "-o", self.program, SOURCE, "-lpq", "-lsqlite3")
        try:
            self.start_postgres()
            self.start_nats()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes:
            # To the server's own process, which ends its children.
            process.terminate()
            process.wait()
        remove(self.directory)

    def postgres(self, callers=1):
        return self.peer("postgres", f"host={self.database}/socket dbname=postgres user={self.user}", callers)

    def sqlite(self, callers=1):
        path = f"{self.directory}/sqlite.db"
        for leftover in glob.glob(f"{path}*"):
            os.remove(leftover)
        return self.peer("sqlite", path, callers)

    def nats(self):
        return nats.measure(self.nats_port, self.record_bytes, self.batch, self.seconds)

    def peer(self, name, where, callers):
        arguments = [str(self.record_bytes), str(self.batch), str(self.seconds), str(callers)]
        return json.loads(self.bench.run(self.program, name, where, *arguments).output)

    def start_postgres(self):
        binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not binaries:
            raise Failure("PostgreSQL's server is not installed")
        self.database = f"{self.directory}/postgres"
        os.makedirs(f"{self.database}/socket")
        # It refuses to run as root.
        self.user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        prefix = []
        if os.getuid() == 0:
            prefix = ["runuser", "-u", self.user, "--"]
            for path in [self.database, f"{self.database}/socket"]:
                shutil.chown(path, self.user)
        initialize = [f"{binaries[-1]}/initdb", "-D", f"{self.database}/data", "-U", self.user, "--auth=trust"]
        self.bench.run(*prefix, *initialize)
        # Its defaults, but for room to work in: durable at each commit.
        settings = ["shared_buffers=256MB", "max_wal_size=4GB", "listen_addresses="]
        server = [f"{binaries[-1]}/postgres", "-D", f"{self.database}/data", "-k", f"{self.database}/socket"]
        for setting in settings:
            server += ["-c", setting]
        if os.getuid() == 0:
            # Not through runuser, which would not pass on the signal that ends it.
            account = pwd.getpwnam(self.user)
            self.start(server, user=account.pw_uid, group=account.pw_gid, extra_groups=[])
        else:
            self.start(server)
        self.wait(lambda: os.path.exists(f"{self.database}/socket/.s.PGSQL.5432"))
        ready = [f"{binaries[-1]}/pg_isready", "-q", "-h", f"{self.database}/socket"]
        self.wait(lambda: subprocess.run(ready).returncode == 0)

    def start_nats(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.nats_port = free.getsockname()[1]
        program = shutil.which("nats-server") or "/usr/sbin/nats-server"
        self.start([program, "-a", "127.0.0.1", "-p", str(self.nats_port), "-js", "-sd", f"{self.directory}/nats"])

        def answers():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.nats_port)) == 0
        self.wait(answers)

    def start(self, command, **options):
        self.processes.append(subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
            **options))

    def wait(self, condition):
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            if time.monotonic() > deadline or any(process.poll() is not None for process in self.processes):
                raise Failure("a server that is measured beside does not start")
            time.sleep(0.05)
