"""What was measured, as rows of one markdown table in a dated file."""

import os
import platform
import statistics
import subprocess
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

TOLERANCE = 0.1


@dataclass
class Row:
    """One figure beside its reference and its aim."""

    what: str  # with the figure
    reference: str
    ratio: str
    aim: str
    met: bool  # within TOLERANCE
    note: str = ""

    def line(self):
        cells = (self.what, self.reference, self.ratio, self.aim, "yes" if self.met else "**no**")
        return "| " + " | ".join(cells) + " |"


def failed(what, error):
    return Row(what, "failed", "-", "-", False, str(error))


def at_least(what, value, aim, unit, note=""):
    """A figure that has no reference but its aim, as the next."""
    ratio = value / aim
    met = ratio >= 1 - TOLERANCE
    return Row(f"{what}: {value:,.0f}{unit}", "-", f"{ratio:.2f}", f">= {aim:,}{unit}", met, note)


def at_most(what, value, aim, unit, note="", digits=0):
    ratio = value / aim
    met = ratio <= 1 + TOLERANCE
    figure = f"{value:,.{digits}f}{unit}"
    return Row(f"{what}: {figure}", "-", f"{ratio:.2f}", f"<= {aim:,}{unit}", met, note)


def times(what, pairs, aim):
    """CPU seconds of ours and of nginx, in pairs of turns; the aim is their ratio."""
    ratios = [ours / theirs for ours, theirs in pairs]
    ratio = statistics.median(ratios)
    low, _, high = statistics.quantiles(ratios, n=4)
    return Row(
        f"{what}: {_median_us(pairs, 0)}",
        f"nginx {_median_us(pairs, 1)}",
        f"{ratio:.2f}",
        f"<= {aim}",
        ratio <= aim * (1 + TOLERANCE),
        f"{len(ratios)} turns, half of their ratios from {low:.2f} to {high:.2f}",
    )


def slower(what, pairs, aim):
    """Milliseconds beside something and without it, in pairs of turns; the aim is their ratio."""
    ratio = statistics.median(beside / without for beside, without in pairs)
    beside, without = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    return Row(
        f"{what}: {beside:.2f} ms",
        f"without {without:.2f} ms",
        f"{ratio:.2f}",
        f"<= {aim}",
        ratio <= aim * (1 + TOLERANCE),
        f"{len(pairs)} turns",
    )


def beyond(what, pairs, aim_us):
    """The same, where the aim is what ours may be more, in us."""
    more = [(ours - theirs) * 1e6 for ours, theirs in pairs]
    value = statistics.median(more)
    return Row(
        f"{what}: {_median_us(pairs, 0)}",
        f"nginx {_median_us(pairs, 1)}",
        f"{value:+,.0f} us",
        f"<= +{aim_us} us",
        value <= aim_us * (1 + TOLERANCE),
        f"{len(more)} turns, {min(more):+,.0f} to {max(more):+,.0f} us",
    )


def _median_us(pairs, side):
    return f"{statistics.median(pair[side] for pair in pairs) * 1e6:.1f} us"


def _first_line(*command):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return run.stdout.splitlines()[0] if run.stdout else "unknown"


def commit(root):
    return _first_line("git", "-C", root, "rev-parse", "--short", "HEAD")


def _machine():
    cpus = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in cpus if "model name" in line), "unknown")
    return f"{os.cpu_count()} x {model}, Linux {platform.release()}"


def render(root, rows, scale, minutes):
    changed = subprocess.run(
        ["git", "-C", root, "status", "--porcelain"], stdout=subprocess.PIPE, text=True
    ).stdout
    lines = [
        f"# Measurements of {datetime.now(timezone.utc):%Y-%m-%d}",
        "",
        f"- commit: {commit(root)}{' with local changes' if changed else ''}",
        f"- machine: {_machine()}",
        f"- {_first_line('nginx', '-v')}; {_first_line('g++', '--version')}",
        f"- {scale}; {minutes:.0f} minutes in all",
        "",
        f"| what | reference | ratio | aim | met within {TOLERANCE:.0%} |",
        "|---|---|---|---|---|",
        *(row.line() for row in rows),
        "",
        *(f"- {row.what}: {row.note}" for row in rows if row.note),
    ]
    return "\n".join(lines).rstrip() + "\n"
