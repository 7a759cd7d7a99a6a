"""What was measured, as rows of a markdown table in a dated file."""

import os
import platform
import statistics
import subprocess
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path


@dataclass
class Row:
    """One figure beside its reference."""

    what: str
    measured: str
    reference: str
    ratio: str
    target: str
    met: bool
    note: str = ""

    def line(self):
        verdict = "yes" if self.met else "**no**"
        cells = (self.what, self.measured, self.reference, self.ratio, self.target, verdict)
        return "| " + " | ".join(cells) + " |"


def spread(ratios):
    """What one turn after another gave."""
    low, _, high = statistics.quantiles(ratios, n=4)
    return f"{len(ratios)} turns, half of their ratios from {low:.2f} to {high:.2f}"


HEAD = "| what | measured | reference | ratio | target | met |\n|---|---|---|---|---|---|"


def _first_line(*command):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return run.stdout.splitlines()[0] if run.stdout else "unknown"


def commit(root):
    return _first_line("git", "-C", root, "rev-parse", "--short", "HEAD")


def _machine():
    cpus = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in cpus if "model name" in line), "unknown")
    return f"{os.cpu_count()} x {model}, Linux {platform.release()}"


def render(root, rows, options):
    changed = subprocess.run(
        ["git", "-C", root, "status", "--porcelain"], stdout=subprocess.PIPE, text=True
    ).stdout
    lines = [
        f"# Measurements of {datetime.now(timezone.utc):%Y-%m-%d}",
        "",
        f"- commit: {commit(root)}{' with local changes' if changed else ''}",
        f"- machine: {_machine()}",
        f"- {_first_line('nginx', '-v')}; {_first_line('/usr/bin/python3', '--version')};"
        f" {_first_line('g++', '--version')}",
        f"- {options}",
        "",
        HEAD,
        *(row.line() for row in rows),
        "",
        *(f"- {row.what}: {row.note}" for row in rows if row.note),
    ]
    return "\n".join(lines).rstrip() + "\n"
