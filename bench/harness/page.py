"""The rows of the web page: how soon a browser shows offers, and what it costs to keep them live."""

import concurrent.futures
import json
import shutil
import statistics
import subprocess
from pathlib import Path

from . import report, samples

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("page.mjs")
OFFERS = 20_000  # as many as the page keeps live
RENEWALS = 200  # a second
CONNECTIONS = 8
LOADS = 3
KB = 1_000


def page(bench):
    """A browser on the harness's core, as a reader far away has it and as one nearby."""
    rows = []
    with bench.database(OFFERS, samples.SKEWED) as database:
        with bench.programs.server(database) as server:
            loads = [_browse(server, "first-load")["bytes"] / KB for _ in range(LOADS)]
            what = "first load of the page, all but the stream, compressed"
            rows.append(report.at_most(what, statistics.median(loads), 110, " KB"))
            shown = [_browse(server, "first-rows")["ms"] / 1000 for _ in range(LOADS)]
            note = "1.6 Mbit/s, 150 ms, a processor slowed four times"
            what = f"first rows of {OFFERS:,} offers"
            rows.append(report.at_most(what, statistics.median(shown), 4, " s", note, digits=1))
            rows += _frames(bench, server)
    return rows


def _frames(bench, server):
    seconds = bench.scale.seconds
    streams = [(bench.posts(), CONNECTIONS, RENEWALS)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        load = pool.submit(bench.programs.load, server.port, streams, seconds + 30, OFFERS, [])
        found = _browse(server, "frames", str(seconds))
        load.result()
    what = f"{OFFERS:,} offers at {RENEWALS} renewals a second"
    note = f"{found['frames']} frames in {seconds:.0f} s"
    yield report.at_most(f"{what}, p99 of a frame", found["p99"], 50, " ms", note)
    yield report.at_most(f"{what}, of the main thread", 100 * found["share"], 15, " %", digits=1)


def _browse(server, what, *arguments):
    # Node looks for packages beside the script.
    script = ROOT / "build/npm/page.mjs"
    shutil.copyfile(SCRIPT, script)
    command = ["node", script, f"http://127.0.0.1:{server.port}/", what, *arguments]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=300).stdout
    return json.loads(output)
