#!/usr/bin/env python3
"""Writes the manual pages of ingestor, one a command, from what the program says of itself.

usage: ingestor --experimental-dump-help | tools/manual.py DIRECTORY VERSION DATE

The pages are mdoc(7), section 1. Exit status: 0 done; 1 where the description is not what is expected.
"""

import json
import os
import re
import sys

NAME = "ingestor"


def escape(text):
    """Text that mdoc takes as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...")
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in text.split("\n"))


def names(argument):
    """The ways to write an option."""
    return [("-" if name["kind"] == "short" else "--") + name["name"] for name in argument.get("names", [])]


def value_name(argument):
    return argument.get("valueName", "value")


def visible(command):
    arguments = [a for a in command.get("arguments", []) if a.get("shouldDisplay", True)]
    return arguments


def synopsis(command, words):
    parts = [".Nm " + " ".join(words)]
    for argument in visible(command):
        text = value_name(argument)
        if argument["kind"] == "positional":
            part = f".Ar {escape(text)}" + (" ..." if argument.get("isRepeating") else "")
        else:
            flag = escape(names(argument)[0].lstrip("-"))
            part = f".Fl \\-{flag}" + (f" Ar {escape(text)}" if argument["kind"] == "option" else "")
        parts.append(part.replace(".", ".Op ", 1) if argument.get("isOptional") else part)
    if command.get("subcommands"):
        parts.append(".Ar command")
    return parts


def options(command):
    lines = []
    for argument in visible(command):
        if argument["kind"] == "positional":
            head = f".It Ar {escape(value_name(argument))}"
        else:
            value = f" Ar {escape(value_name(argument))}" if argument["kind"] == "option" else ""
            head = ".It " + " , ".join(f"Fl {escape(name[1:])}{value}" for name in names(argument))
        lines += [head, escape(argument.get("abstract") or "")]
        if argument.get("defaultValue"):
            lines.append(f"Default: {escape(argument['defaultValue'])}.")
    return [".Bl -tag -width indent", *lines, ".El"] if lines else []


def sections(discussion):
    """The text of a discussion, its examples, and its exit status."""
    text, examples, status = [], [], ""
    for part in re.split(r"\n\n+", discussion.strip()):
        if part.startswith("Example:"):
            examples = [line.strip() for line in part.split("\n")[1:]]
        elif part.startswith("Exit status:"):
            status = part.removeprefix("Exit status:").strip()
        elif part:
            text.append(part)
    return text, examples, status


def page(command, words, version, date):
    text, examples, status = sections(command.get("discussion", ""))
    title = "-".join(words)
    lines = [
        f".Dd {date}", f".Dt {title.upper()} 1", f".Os {NAME} {version}",
        ".Sh NAME", f".Nm {title}", f".Nd {escape(command.get('abstract', '').rstrip('.'))}",
        ".Sh SYNOPSIS", *synopsis(command, words), ".Sh DESCRIPTION",
    ]
    lines += [escape(paragraph) for paragraph in text] or [escape(command.get("abstract", ""))]
    children = [c for c in command.get("subcommands", []) if c.get("shouldDisplay", True) and c["commandName"] != "help"]
    if children:
        lines += [".Ss Commands", ".Bl -tag -width indent"]
        for child in children:
            lines += [f".It Xr {title}-{child['commandName']} 1", escape(child.get("abstract", ""))]
        lines.append(".El")
    listed = options(command)
    if listed:
        lines += [".Sh OPTIONS", *listed]
    if status:
        lines += [".Sh EXIT STATUS", escape(status)]
    if examples:
        lines += [".Sh EXAMPLES", ".Bd -literal", *(escape(line) for line in examples), ".Ed"]
    if len(words) > 1:
        lines += [".Sh SEE ALSO", f".Xr {'-'.join(words[:-1])} 1"]
    return title, "\n".join(line for line in lines if line) + "\n"


def write(command, words, directory, version, date):
    title, text = page(command, words, version, date)
    with open(os.path.join(directory, f"{title}.1"), "w", encoding="utf-8") as file:
        file.write(text)
    for child in command.get("subcommands", []):
        if child.get("shouldDisplay", True) and child["commandName"] != "help":
            write(child, [*words, child["commandName"]], directory, version, date)


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 64
    directory, version, date = sys.argv[1:]
    description = json.load(sys.stdin)
    os.makedirs(directory, exist_ok=True)
    write(description["command"], [NAME], directory, version, date)
    return 0


if __name__ == "__main__":
    sys.exit(main())
