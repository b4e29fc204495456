"""`push`: one push to a watched repository of a simulated GitHub, from the webhook to the end of the sync."""

import datetime
import json
import random
import time

from git import GIT
from options import INGESTOR
from runs import Failure, progress, remove
from service import SimulatedGitHub, serve

FILES, QUICK_FILES = 10_000, 1_000
PUSHED_FILES = 3
SECONDS_TO_SYNC = 30
# Of a repository that is pushed to more than twice in ten seconds, further pushes wait for one sync together.
SECONDS_BETWEEN_PUSHES = 6
SECRET = "bench"
REPOSITORY = "acme/project"


def measure(bench):
    count = QUICK_FILES if bench.arguments.quick else FILES
    folder, data, clone = f"{bench.work}/github", f"{bench.work}/push-data", f"{bench.work}/push.git"
    chance = random.Random(1)
    names = [f"folder{number // 1000}/part{number // 50}/file{number}.txt" for number in range(count)]
    progress(f"making a repository of {count:,} files on a simulated GitHub")
    with SimulatedGitHub(bench, folder) as github:
        made = github("create", REPOSITORY, *[f"{name}={text(chance)}" for name in names])
        settings = {
            "INGESTOR_GITHUB_API_URL": github.addresses["api"], "INGESTOR_GITHUB_GIT_URL": github.addresses["git"],
            "INGESTOR_GITHUB_TOKEN": github("token", "acme")["token"], "INGESTOR_GITHUB_WEBHOOK_SECRET": SECRET,
        }
        bench.environment.update(settings)
        try:
            bench.ingestor(data, "init")
            bench.ingestor(data, "repo", "add", f"github:{REPOSITORY}")
            bench.ingestor(data, "sync", "--all")
            bench.run(*GIT, "clone", "--quiet", "--bare", "--depth", "1", made["clone"], clone)
            with serve(bench, data) as service:
                github("webhook", f"http://127.0.0.1:{service.port}/webhooks/github", SECRET)
                measure_pushes(bench, github, data, clone, names, chance)
        finally:
            for name in settings:
                del bench.environment[name]
    for path in [folder, data, clone]:
        remove(path)


def measure_pushes(bench, github, data, clone, names, chance):
    pushes, fetches = [], []
    for number in range(bench.arguments.runs):
        progress(f"push {number + 1} of {bench.arguments.runs}")
        if number > 0:
            time.sleep(SECONDS_BETWEEN_PUSHES)
        github("traffic")
        changed = [f"{name}={text(chance)}" for name in chance.sample(names, PUSHED_FILES)]
        commit = github("push", REPOSITORY, "main", *changed)["after"]
        push = synced(bench, data, commit)
        push.update(github("traffic"))
        pushes.append(push)
        run = bench.run(*GIT, "-C", clone, "fetch", "--quiet", "--depth", "1", "origin", "+main:main")
        fetches.append({"seconds": run.seconds} | github("traffic"))
    record(bench, pushes, fetches, len(names))


def synced(bench, data, commit):
    """Waits until the commit is synced, and tells what that took: the times are those of the events."""
    deadline = time.monotonic() + SECONDS_TO_SYNC
    while time.monotonic() < deadline:
        # The log is read from time to time only: reading it takes what the sync could use.
        time.sleep(0.5)
        lines = bench.run(
            INGESTOR, "log", "--json", "--quiet", "--data", data, "--kind", "WebhookReceived", "--kind",
            "SyncCompleted", "--limit", "10").output.splitlines()
        events = [json.loads(line) for line in lines]
        received = [event for event in events if event["payload"].get("after") == commit]
        completed = [event for event in events if event["payload"].get("commit") == commit]
        if received and completed:
            payload = completed[0]["payload"]
            if payload["upserted"] != PUSHED_FILES:
                raise Failure(f"{payload['upserted']} files were taken in where {PUSHED_FILES} were pushed")
            return {"seconds": (moment(completed[0]) - moment(received[0])).total_seconds()}
    raise Failure(f"a push was not synced within {SECONDS_TO_SYNC} s of its webhook")


def moment(event):
    return datetime.datetime.fromisoformat(event["at"].replace("Z", "+00:00"))


def record(bench, pushes, fetches, count):
    for title, unit, value in [
        (f"push of {PUSHED_FILES} among {count:,} files, webhook to end of sync", "s", lambda taken: taken["seconds"]),
        ("   REST calls", "", lambda taken: taken["rest"]),
        ("   Git requests", "", lambda taken: taken["requests"] - taken["rest"]),
        ("   bytes on the wire", "B", lambda taken: taken["sentBytes"] + taken["receivedBytes"]),
    ]:
        bench.record(
            "push", title, unit, [value(push) for push in pushes],
            {"git fetch --depth 1": [value(fetch) for fetch in fetches]})


def text(chance):
    """About a kilobyte that hardly compresses, in one word since commands are words."""
    return "_".join(f"word{chance.randrange(10**6)}" for _ in range(100))
