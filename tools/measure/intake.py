"""`intake`: signed webhooks into the log, against the same without fsync and against Debian's `webhook`."""

import json
import shutil
import subprocess

from options import INGESTOR
from payload import SECRET, headers, push_payload
from runs import Failure, progress, remove
from service import Service, serve

CONNECTIONS = 64
THREADS = 2
SECONDS, QUICK_SECONDS = 8, 3

# Every request has a delivery id of its own: one that was seen before is less work. wrk counts answers of 400 and more
# as errors of status; that others are 202 is asked before.
SCRIPT = """
local file = io.open("%(body)s", "rb")
local body = file:read("*a")
file:close()
local threads, number = 0, 0
function setup(thread)
    thread:set("own", threads)
    threads = threads + 1
end
function request()
    number = number + 1
    return wrk.format("POST", nil, {%(headers)s, ["X-GitHub-Delivery"] = own .. "-" .. number}, body)
end
function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '{"answers": %%d, "microseconds": %%d, "p99": %%d, "refused": %%d, "broken": %%d, "late": %%d}\\n',
        summary.requests, summary.duration, latency:percentile(99), errors.status,
        errors.connect + errors.read + errors.write, errors.timeout))
end
"""


def measure(bench):
    """Fails where an answer is not 2xx, and where one that is has no event in the log."""
    body, script, hooks = push_payload(), f"{bench.work}/post.lua", f"{bench.work}/hooks.json"
    write_script(script, f"{bench.work}/body", body)
    write_hooks(hooks)
    seconds = QUICK_SECONDS if bench.arguments.quick else SECONDS
    taken = {}

    def flood(name, service, path):
        if (status := service.post(path, body, headers(body, "first"))) != 202:
            raise Failure(f"{name} answered {status} to a signed push: {service.said()}")
        output = bench.run(
            "wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}", "--script", script,
            f"http://127.0.0.1:{service.port}{path}").output
        result = json.loads(output.splitlines()[-1])
        if result["refused"] or result["broken"]:
            raise Failure(
                f"{name}: of {result['answers']} answers {result['refused']} were not 2xx, and {result['broken']} "
                f"connections broke: {service.said()}")
        taken.setdefault(name, []).append(result)
        return result["answers"] + 1

    def ours(name, *before):
        data = f"{bench.work}/intake"
        remove(data)
        bench.ingestor(data, "init")
        with serve(bench, data, *before, INGESTOR_GITHUB_WEBHOOK_SECRET=SECRET) as service:
            answered = flood(name, service, "/webhooks/github")
        # What was taken in when wrk hung up is in the log too, and was not answered any more.
        if not answered <= (logged := count_received(bench, data)) <= answered + CONNECTIONS:
            raise Failure(f"{name} answered {answered} webhooks with 2xx, and {logged} are in the log")
        remove(data)

    def webhook():
        with Service(
                bench, lambda port: ["webhook", "-hooks", hooks, "-ip", "127.0.0.1", "-port", str(port)]) as service:
            flood("webhook", service, "/hooks/github")

    contestants = [("ingestor", lambda: ours("ingestor"))]
    if shutil.which("eatmydata"):
        contestants.append(("ingestor without fsync", lambda: ours("ingestor without fsync", "eatmydata")))
    if shutil.which("webhook"):
        contestants.append(("webhook", webhook))
    if not shutil.which("wrk") or len(contestants) < 2:
        progress("intake needs wrk, and webhook or eatmydata, which are not installed: left out")
        return
    bench.in_turns(contestants)
    mine = taken.pop("ingestor")
    for name, results in taken.items():
        bench.record(
            "intake", f"signed pushes of {len(body) / 1000:.0f} kB, {CONNECTIONS} connections", "requests/s",
            [rate(result) for result in mine], {name: [rate(result) for result in results]},
            1.0 if name == "webhook" else None, is_rate=True)
        bench.record(
            "intake", "   99th percentile", "s", [result["p99"] / 1e6 for result in mine],
            {name: [result["p99"] / 1e6 for result in results]})


def rate(result):
    return result["answers"] / result["microseconds"] * 1e6


def count_received(bench, data):
    command = [INGESTOR, "log", "--json", "--quiet", "--data", data, "--kind", "WebhookReceived"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=bench.environment) as process:
        count = sum(1 for _ in process.stdout)
    if process.returncode != 0:
        raise Failure(f"{' '.join(command)} ended with {process.returncode}")
    return count


def write_script(path, body_path, body):
    same = {name: value for name, value in headers(body, "").items() if name != "X-GitHub-Delivery"}
    with open(body_path, "wb") as output:
        output.write(body)
    with open(path, "w") as output:
        output.write(SCRIPT % {
            "body": body_path, "headers": ", ".join(f'["{name}"] = "{value}"' for name, value in same.items())})


def write_hooks(path):
    """Checks the signature as GitHub asks for it, then runs the least there is."""
    signed = {
        "type": "payload-hmac-sha256", "secret": SECRET,
        "parameter": {"source": "header", "name": "X-Hub-Signature-256"},
    }
    with open(path, "w") as output:
        json.dump([{
            "id": "github", "execute-command": "/bin/true", "http-methods": ["POST"],
            "success-http-response-code": 202, "trigger-rule-mismatch-http-response-code": 403,
            "trigger-rule": {"match": signed},
        }], output)
