"""The table that is printed, and the machine it was measured on."""

import os
import platform
import subprocess


def print_table(results):
    rows = [("", "INGESTOR", "YARDSTICK", "", "RATIO", "BAR", "")]
    for result in results:
        name = result["yardstick"]
        bar = result["bar"]
        rows.append((
            result["title"], shown(result["ours"]["median"], result["unit"]),
            shown(result["yardsticks"][name]["median"], result["unit"]), name,
            "" if result["ratio"] is None else f"{result['ratio']:.2f}",
            "" if bar is None else f"{'≥' if result['unit'].endswith('/s') else '≤'} {bar:.2f}",
            {None: "", True: "met", False: "MISSED"}[result["met"]]))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.rjust(width) if column in (1, 2, 4, 5) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ]
        print("  ".join(cells).rstrip())


def shown(value, unit):
    if unit == "s":
        return f"{value:.2f} s" if value >= 0.1 else f"{value * 1000:.0f} ms"
    if unit == "B":
        return f"{value / 1e6:.2f} MB" if value >= 1e6 else f"{value / 1e3:.2f} kB"
    if unit == "s/million":
        return f"{value:.2f} s a million"
    if unit == "%":
        return f"{value:.1f} %"
    if unit == "MB/s":
        return f"{value:,.0f} MB/s"
    return f"{value:,.0f}/s" if unit.endswith("/s") else f"{value:,.0f}"


def machine(load):
    return {
        "cores": os.cpu_count() or 1, "load": load, "system": platform.platform(), "processor": processor(),
        "git": version("git", "--version"), "restic": version("restic", "version"),
        "borg": version("borg", "--version"), "webhook": version("webhook", "-version"),
    }


def version(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]
    except (OSError, IndexError):
        return None


def processor():
    try:
        with open("/proc/cpuinfo") as lines:
            return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), None)
    except OSError:
        return None
