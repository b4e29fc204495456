"""Lets a real Prometheus scrape a server, and asks it what it has: is the target up, do the rules load, and is each metric there.

Started by tools/check-monitoring. Only the standard library.
"""

import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

# What has to be there once something was synced, whatever else there is: rate, errors, duration and saturation of each stage, and
# what is kept. Histograms by the name of their count.
NEEDED = {
    "webhooks": ["ingestor_webhooks_total", "ingestor_http_request_seconds_count", "ingestor_http_requests_total"],
    "polls": ["ingestor_polls_total", "ingestor_stage_seconds_count"],
    "fetches": ["ingestor_fetches_total", "ingestor_fetch_seconds_count", "ingestor_fetched_bytes_total",
                "ingestor_provider_requests_total"],
    "syncs": ["ingestor_syncs_total", "ingestor_sync_seconds_count", "ingestor_running_syncs", "ingestor_sync_capacity",
              "ingestor_waiting_work"],
    "store": ["ingestor_blobs_total", "ingestor_unique_bytes_stored_total", "ingestor_stored_bytes", "ingestor_shards",
              "ingestor_dedup_ratio", "ingestor_compression_ratio"],
    "fold": ["ingestor_events_total", "ingestor_items_total", "ingestor_fold_lag_events"],
    "standing": ["ingestor_repositories", "ingestor_completeness_lag_seconds", "ingestor_backlog_age_seconds", "ingestor_jobs",
                 "ingestor_dead_letters", "ingestor_open_circuits", "ingestor_quota_left_ratio"],
    "log": ["ingestor_log_events", "ingestor_lmdb_used_bytes", "ingestor_lmdb_map_bytes", "ingestor_lmdb_readers",
            "ingestor_lmdb_max_readers"],
}
# Further series than that mean that a tag takes too many values.
MOST_SERIES = 1500


def ask(base, path):
    with urllib.request.urlopen(base + path, timeout=5) as answer:
        return json.load(answer)["data"]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def eventually(question, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if answer := question():
                return answer
        except OSError:
            pass
        time.sleep(0.2)
    return None


def main():
    target, rules = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder, "prometheus.yml")
        config.write_text(f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: ['{rules}']\nscrape_configs:\n"
                          f"  - {{job_name: ingestor, static_configs: [{{targets: ['{target}']}}]}}\n")
        base = f"http://127.0.0.1:{free_port()}"
        with open(pathlib.Path(folder, "log"), "w+") as log:
            process = subprocess.Popen(
                ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address={base.removeprefix('http://')}"], stdout=log, stderr=log)
            try:
                up = eventually(lambda: [one for one in ask(base, "/api/v1/targets")["activeTargets"] if one["health"] == "up"])
                if not up:
                    log.seek(0)
                    sys.exit("the target does not come up:\n" + log.read()[-2000:])
                time.sleep(2.5)
                names = set(ask(base, "/api/v1/label/__name__/values"))
                for stage, needed in NEEDED.items():
                    found += [f"{stage}: there is no {name}" for name in needed if name not in names]
                groups = eventually(lambda: ask(base, "/api/v1/rules")["groups"])
                rules = [rule for group in groups for rule in group["rules"]]
                found += [f"rule {rule['name']}: {rule.get('lastError')}" for rule in rules if rule["health"] != "ok"]
                series = ask(base, "/api/v1/series?match[]=%7Bjob%3D%22ingestor%22%7D")
                if len(series) > MOST_SERIES:
                    found.append(f"{len(series)} series are more than {MOST_SERIES}")
                tags = {key for one in series for key in one} - {"__name__", "job", "instance", "le"}
                wrong = [one for one in series if any(re.search(r"/tmp|http://|@", value) for key, value in one.items()
                                                      if key not in ("instance", "route"))]
                found += [f"a tag names a source: {one}" for one in wrong[:3]]
                print(f"{len(names)} names, {len(series)} series, tags {', '.join(sorted(tags))}, {len(rules)} rules")
            finally:
                process.terminate()
                process.wait(10)
    for text in found:
        print("found:", text)
    sys.exit(1 if found else 0)


main()
