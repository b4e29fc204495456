"""A push webhook as GitHub sends it, made up."""

import hashlib
import hmac
import json

SECRET = "bench"
# About what a push of a few commits has; the last commit goes a little beyond.
PAYLOAD_BYTES = 7_600
BRANCHES_OF_API = ["forks", "keys", "teams", "hooks", "events", "tags", "languages", "subscribers", "contents", "pulls"]


def push_payload():
    name = "example/project"
    owner = {"login": "example", "id": 1, "type": "Organization", "url": "https://api.github.com/users/example"}
    payload = {
        "ref": "refs/heads/main", "before": "1" * 40, "after": "2" * 40, "created": False, "deleted": False,
        "forced": False, "base_ref": None, "compare": f"https://github.com/{name}/compare/111111111111...222222222222",
        "commits": [], "repository": {
            "id": 4711, "node_id": "R_kgDOexample", "name": "project", "full_name": name, "private": False,
            "owner": owner, "html_url": f"https://github.com/{name}", "description": "Made up to be measured with",
            "clone_url": f"https://github.com/{name}.git", "default_branch": "main", "visibility": "public",
            **{f"{branch}_url": f"https://api.github.com/repos/{name}/{branch}" for branch in BRANCHES_OF_API},
        },
        "pusher": {"name": "ada", "email": "ada@example.org"}, "sender": {"login": "ada", "id": 2, "type": "User"},
    }
    person = {"name": "Ada Author", "email": "ada@example.org", "username": "ada"}
    while len(json.dumps(payload)) < PAYLOAD_BYTES:
        number = len(payload["commits"])
        identifier = hashlib.sha1(str(number).encode()).hexdigest()
        payload["commits"].append({
            "id": identifier, "tree_id": identifier[::-1], "distinct": True,
            "message": f"Change “{number}”\n\nAs asked.", "timestamp": "2026-01-02T03:04:05+01:00",
            "url": f"https://github.com/{name}/commit/{identifier}",
            "author": person, "committer": person, "added": [], "removed": [],
            "modified": [f"Sources/Part{number}/File{file}.swift" for file in range(3)],
        })
    return json.dumps(payload).encode()


def headers(body, delivery):
    return {
        "Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
    }
