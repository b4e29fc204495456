"""Runs PyGithub against serve-github: check_simulator.py SERVER FOLDER. Started by tools/check-simulator."""

import base64
import hashlib
import hmac
import http.server
import json
import subprocess
import sys
import threading
from datetime import datetime, timezone

import github
from github import Auth, Github, GithubException, GithubIntegration
from github.HookDelivery import HookDelivery, HookDeliverySummary
from github.PaginatedList import PaginatedList

SECRET = "s3cret"
failures = 0


def check(what, condition, *details):
    global failures
    if not condition:
        failures += 1
        print(f"FAILED: {what}", *details)


def refused(what, status, ask):
    """Whether asking ends in the client's exception for this status."""
    try:
        result = ask()
    except GithubException as error:
        check(what, error.status == status, error.status, error.data)
        return error
    check(what, False, "no exception", result)


class Server:
    """serve-github, and its commands."""

    def __init__(self, program, folder):
        self.process = subprocess.Popen(
            [program, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addresses = json.loads(self.process.stdout.readline())

    def __call__(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise SystemExit(f"{words}: {answer['error']}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes webhooks and checks their signatures."""

    calls = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        code = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        is_signed = hmac.compare_digest(code, self.headers["X-Hub-Signature-256"])
        self.calls.append((self.headers["X-GitHub-Event"], self.headers["X-GitHub-Delivery"], is_signed, json.loads(body)))
        self.send_response(202)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


def content(server, connect):
    hub = connect(server("token", "acme")["token"])
    repo = hub.get_repo("acme/widgets")
    check("names", (repo.full_name, repo.default_branch, repo.private, repo.owner.type)
          == ("acme/widgets", "main", False, "Organization"))
    check("by number", hub.get_repo(repo.id).full_name == "acme/widgets")

    pushes = [server("push", "acme/widgets", "main", f"file{n}=text{n}", "src/deep/x=" + str(n)) for n in range(35)]
    base, head = pushes[0]["before"], pushes[-1]["after"]
    commits = list(repo.get_commits())
    check("commits in pages", len(commits) == 36 and commits[0].sha == head, len(commits))
    commit = repo.get_commit(head)
    check("files of a commit", {f.filename for f in commit.files} == {"file34", "src/deep/x"}, commit.files)
    check("statistics", (commit.stats.additions, commit.stats.deletions) == (2, 1))
    check("author", commit.commit.author.name == "Ada Author" and commit.commit.author.date.tzinfo is not None)

    comparison = repo.compare(base, head)
    check("comparison", (comparison.status, comparison.ahead_by, comparison.total_commits) == ("ahead", 35, 35))
    check("compared files", len(list(comparison.files)) == 36, len(list(comparison.files)))
    check("compared commits", [c.sha for c in comparison.commits][-1] == head)

    tree = repo.get_git_tree(head, recursive=True)
    paths = {entry.path: entry for entry in tree.tree}
    check("tree", {"README", "src", "src/deep", "src/deep/x", "file0"} <= paths.keys() and not tree.raw_data["truncated"])
    blob = repo.get_git_blob(paths["src/deep/x"].sha)
    check("blob", base64.b64decode(blob.content) == b"34\n" and blob.size == 3 and blob.encoding == "base64")
    check("contents", repo.get_contents("README").decoded_content == b"hello\n")
    check("folder", [c.type for c in repo.get_contents("src")] == ["dir"])

    server("branch", "acme/widgets", "feature/x", base)
    check("branches", {b.name: b.commit.sha for b in repo.get_branches()} == {"main": head, "feature/x": base})
    check("branch", repo.get_branch("feature/x").commit.sha == base)
    check("reference", repo.get_git_ref("heads/feature/x").object.sha == base)
    check("references", [r.ref for r in repo.get_git_matching_refs("heads/f")] == ["refs/heads/feature/x"])
    check("git commit", repo.get_git_commit(head).tree.sha == tree.sha)

    server("force", "acme/widgets", "main", base, "other=1")
    rewritten = repo.compare(head, "main")
    check("rewritten", (rewritten.status, rewritten.ahead_by, rewritten.behind_by) == ("diverged", 1, 35))


def conditions(server, connect):
    token = server("token", "acme")["token"]
    hub = connect(token)
    repo = hub.get_repo("acme/widgets")
    before = hub.get_rate_limit().resources.core.remaining
    check("unchanged", repo.update() is False)
    check("a 304 is free", hub.get_rate_limit().resources.core.remaining == before)
    server("describe", "acme/widgets", "Another description")
    check("changed", repo.update() is True and repo.description == "Another description")
    check("a 200 is not", hub.get_rate_limit().resources.core.remaining == before - 1)

    server("quota", token, "0")
    error = refused("exceeded", 403, lambda: hub.get_repo("acme/widgets"))
    check("as a limit", isinstance(error, github.RateLimitExceededException))
    limit = hub.get_rate_limit().resources.core
    check("reset", limit.remaining == 0 and limit.reset > datetime.now(timezone.utc))
    server("quota", token, "5000")
    server("unavailable", "2")
    refused("unavailable", 503, lambda: hub.get_repo("acme/widgets"))
    patient = Github(base_url=server.addresses["api"], auth=Auth.Token(token), retry=github.GithubRetry(total=3, backoff_factor=0.01))
    check("retried", patient.get_repo("acme/widgets").name == "widgets")


def names(server, connect):
    hub = connect(server("token", "acme")["token"])
    made = server("create", "acme/old", "a=b")
    server("rename", "acme/old", "new")
    check("301", hub.get_repo("acme/old").full_name == "acme/new" and hub.get_repo("acme/old").id == made["id"])
    server("create", "acme/old", "c=d")
    check("recreated", hub.get_repo("acme/old").id != made["id"])
    server("create", "acme/taken", "a=b")
    server("block", "acme/taken")
    refused("451", 451, lambda: hub.get_repo("acme/taken"))
    server("create", "acme/empty")
    error = refused("409", 409, lambda: hub.get_repo("acme/empty").get_git_tree("main", recursive=True))
    check("its words", error.data["message"] == "Git Repository is empty.")
    check("404", isinstance(refused("unknown", 404, lambda: hub.get_repo("acme/none")), github.UnknownObjectException))
    wrong = connect("ghp_wrong")
    check("401", isinstance(refused("wrong token", 401, lambda: wrong.get_repo("acme/new")), github.BadCredentialsException))


def apps(server, connect, receiver):
    app = server("app", "acme")
    secret = server("create", "acme/secret", "private", "a=b")
    installation = server("install", app["id"], "acme", "acme/secret")["id"]
    refused("private", 404, lambda: connect(server("token", "eve")["token"]).get_repo("acme/secret"))

    auth = Auth.AppAuth(app["id"], app["key"])
    integration = GithubIntegration(auth=auth, base_url=server.addresses["api"])
    check("App", integration.get_app().slug == "ingestor")
    check("installations", [i.id for i in integration.get_installations()] == [installation])
    check("of a repository", integration.get_repo_installation("acme", "secret").id == installation)
    token = integration.get_access_token(installation)
    minutes = (token.expires_at - datetime.now(timezone.utc)).total_seconds() / 60
    check("token", token.token.startswith("ghs_") and 55 < minutes <= 60, minutes)
    hub = integration.get_github_for_installation(installation)
    check("private repository", hub.get_repo("acme/secret").id == secret["id"])
    visible = [r.full_name for r in integration.get_app_installation(installation).get_repos()]
    check("its repositories", visible == ["acme/secret"], visible)

    server("webhook", receiver, SECRET, app["id"])
    for number in range(5):
        server("push", "acme/secret", "main", f"a={number}")
    server("settle")
    check("webhooks", [c[0] for c in Receiver.calls] == ["ping"] + ["push"] * 5, [c[0] for c in Receiver.calls])
    check("signatures", all(c[2] for c in Receiver.calls))
    check("installation", all(c[3]["installation"]["id"] == installation for c in Receiver.calls[1:]))
    requester = integration.requester

    def deliveries():
        return list(PaginatedList(HookDeliverySummary, requester, "/app/hook/deliveries", {"per_page": 2}))

    told = deliveries()
    check("deliveries in pages", [d.event for d in told] == ["push"] * 5 + ["ping"], [d.event for d in told])
    check("their results", all(d.status == "OK" and d.status_code == 202 and not d.redelivery for d in told))
    headers, data = requester.requestJsonAndCheck("GET", f"/app/hook/deliveries/{told[0].id}")
    detail = HookDelivery(requester, headers, data)
    check("detail", detail.request.payload["after"] == Receiver.calls[-1][3]["after"])
    requester.requestJsonAndCheck("POST", f"/app/hook/deliveries/{told[2].id}/attempts")
    server("settle")
    again = deliveries()[0]
    check("redelivery", (again.guid, again.redelivery) == (told[2].guid, True) and Receiver.calls[-1][1] == again.guid)

    user = server("user-token", "acme", app["id"])
    oauth = connect(user["token"]).get_oauth_application(app["clientID"], app["clientSecret"])
    fresh = oauth.refresh_access_token(user["refreshToken"])
    check("refreshed", connect(fresh.token).get_user().login == "acme" and fresh.expires_in == 8 * 3600)
    refused("the old one is void", 401, lambda: connect(user["token"]).get_user().login)

    server("suspend", installation)
    refused("suspended", 403, lambda: integration.get_access_token(installation))


def main():
    server = Server(sys.argv[1], sys.argv[2])
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=listener.serve_forever, daemon=True).start()

    def connect(token):
        return Github(base_url=server.addresses["api"], auth=Auth.Token(token), retry=None, seconds_between_requests=None,
                      seconds_between_writes=None)

    server("organization", "acme")
    server("create", "acme/widgets", "README=hello")
    content(server, connect)
    conditions(server, connect)
    names(server, connect)
    apps(server, connect, f"http://127.0.0.1:{listener.server_port}/hook")
    traffic = server("traffic")
    server.close()
    print(f"{traffic['rest']} requests to REST, {len(Receiver.calls)} webhooks, {failures} failures")
    sys.exit(1 if failures else 0)


main()
