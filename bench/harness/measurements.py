"""The measurements: each function makes one row or a few of the table.

Server and reference are measured in turn, several times, on the same core, and the ratio is the
median of the pairs': what the machine does meanwhile hits both alike.
"""

import contextlib
import functools
import json
import mmap
import os
import shutil
import sqlite3
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import exchange, finding, nginx, samples, watching
from .processes import BOTH_CORES, LOAD_CORE, SERVER_CORE, Programs
from .report import Row, spread

CPU_CONNECTIONS = 64
POST_CONNECTIONS = 256
WARM_UP = 1.0  # seconds of load before what is counted
# Turns in the time of a figure. Of posts not too many: what they leave in the log is copied later.
READ_TURNS = 5
POST_TURNS = 5
START_TURNS = 5


@dataclass
class Scale:
    """How much is measured."""

    seconds: float
    pairs: int
    million: int  # advertisements on the large board
    idle_connections: int

    def __str__(self):
        return (
            f"{self.seconds} s a figure, {self.pairs} pairs, a large board of {self.million:,},"
            f" {self.idle_connections:,} idle connections"
        )


class Bench:
    """What the measurements share: programs, scale, and databases, each made once per run."""

    def __init__(self, programs: Programs, scale: Scale):
        self.programs = programs
        self.scale = scale
        self._files = {}

    @contextlib.contextmanager
    def database(self, count, countries=samples.SKEWED):
        """A fresh copy of a database, synced, so that its writing back disturbs nothing.

        Written in small pieces, as SQLite does: of one that is written in large ones the kernel keeps
        large folios, and each page that the server writes then costs it more than with its own file.
        """
        key = (count, countries is samples.EVEN)
        if key not in self._files:
            self._files[key] = self.programs.scratch(f"made-{count}-{key[1]}.db")
            samples.make_database(self._files[key], count, countries)
        directory = self.programs.scratch(f"board-{time.monotonic_ns()}")
        directory.mkdir()
        copy = directory / "discovery.db"
        with open(self._files[key], "rb") as made, open(copy, "wb", buffering=0) as written:
            shutil.copyfileobj(made, written, 4_096)
        os.sync()
        yield copy
        shutil.rmtree(directory)

    def requests(self, name, requests):
        path = self.programs.scratch(f"{name}.http")
        return path if path.exists() else samples.write_requests(path, requests)

    def load(self, program, file, connections, ids, seconds=None, status="200", warm_up=WARM_UP):
        """(CPU seconds per answer, load's result), after a warm-up."""
        load = functools.partial(
            self.programs.load, program.port, [(file, connections, 0)], ids=ids, status=status
        )
        load(seconds=warm_up)
        before = program.cpu_seconds()
        (result,) = load(seconds=seconds or self.scale.seconds)
        spent = program.cpu_seconds() - before
        result["busy"] = spent / result["seconds"]
        return spent / result["answered"], result

    def turn(self, program, file, connections, ids, seconds):
        """As load, for one of turns()."""
        return self.load(program, file, connections, ids, seconds, warm_up=seconds / 4)

    def load_once(self, program, file, connections, rate, seconds):
        """The load's result: each request of `file` once, `rate` a second."""
        return self.programs.load(program.port, [(file, connections, rate)], seconds, 1, ("--once",))[0]

    def pairs(self, first, second):
        """Measures one, then the other, again and again."""
        return [(first(), second()) for _ in range(self.scale.pairs)]

    def turns(self, count, *measures):
        """What each of `measures` gives, `count` times as often as pairs() and for as short a time,
        which they are given; each time the other way round. What the machine does meanwhile then
        hits all of them alike."""
        seconds = self.scale.seconds / count
        for number in range(self.scale.pairs * count):
            order = measures if number % 2 == 0 else measures[::-1]
            results = [measure(seconds) for measure in order]
            yield results if number % 2 == 0 else results[::-1]


def _us(seconds):
    return f"{seconds * 1e6:.1f} us"


def one(bench):
    """CPU per GET of one advertisement."""
    with bench.database(10_000) as database, bench.programs.server(database) as server:
        file = bench.requests("one", samples.single_reads())
        return [_against_nginx(bench, "CPU per GET of one advertisement", server, file, 10_000)]


def lists(bench):
    """CPU per GET of the 100 matches of a filter on a board of 1,000."""
    with bench.database(1_000, samples.EVEN) as database:
        with bench.programs.server(database) as server:
            file = bench.requests("lists", samples.even_lists())
            return [_against_nginx(bench, "CPU per GET of a list of 100", server, file, 1_000)]


def _against_nginx(bench, what, server, file, ids):
    sample = samples.read_request(file, 1)
    answer = exchange.ask_once(server.port, sample)
    with nginx.like(bench.programs, answer, sample) as (reference, size):
        pairs = list(
            bench.turns(
                READ_TURNS,
                *(
                    functools.partial(bench.turn, program, file, CPU_CONNECTIONS, ids)
                    for program in (server, reference)
                ),
            )
        )
    ours, theirs = ([pair[side][0] for pair in pairs] for side in (0, 1))
    ratios = [a / b for a, b in zip(ours, theirs)]
    ratio = statistics.median(ratios)
    busy = [statistics.median(pair[side][1]["busy"] for pair in pairs) for side in (0, 1)]
    rates = [statistics.median(pair[side][1]["per_second"] for pair in pairs) for side in (0, 1)]
    return Row(
        what,
        _us(statistics.median(ours)),
        f"nginx {_us(statistics.median(theirs))}",
        f"{ratio:.2f}",
        "<= 1.0",
        ratio <= 1.0,
        f"answers of {answer.size} bytes, nginx's {size}; {spread(ratios)}; core busy {busy[0]:.0%} and"
        f" {busy[1]:.0%}, {rates[0]:,.0f} and {rates[1]:,.0f} answers/s",
    )


def posts(bench):
    """Acknowledged posts per second at 10,000 providers, and what one costs."""
    count = 10_000
    file = bench.requests("posts", samples.posts(samples.SKEWED))
    with bench.database(count) as database, bench.database(count) as alone:
        with bench.programs.server(database) as server:
            sample = samples.read_request(file, 1)
            answer = exchange.ask_once(server.port, sample)
            with nginx.like(bench.programs, answer, sample) as (reference, _):
                rounds = list(
                    bench.turns(
                        POST_TURNS,
                        functools.partial(bench.turn, server, file, POST_CONNECTIONS, count),
                        functools.partial(bench.turn, reference, file, POST_CONNECTIONS, count),
                        functools.partial(_store_cost, bench, alone),
                    )
                )
    rate = statistics.median(ours[1]["per_second"] for ours, _, _ in rounds)
    cost, edge, store = (
        statistics.median(values)
        for values in zip(*((ours[0], theirs[0], store) for ours, theirs, store in rounds))
    )
    ratios = [ours[0] / (theirs[0] + store) for ours, theirs, store in rounds]
    ratio = statistics.median(ratios)
    return [
        _posts_row(f"posts per second, {count:,} providers", rate, 45_000, rounds[0][0][1]),
        Row(
            f"CPU per post, {count:,} providers",
            _us(cost),
            f"store {_us(store)} + nginx {_us(edge)}",
            f"{ratio:.2f}",
            "<= 1.15",
            ratio <= 1.15,
            f"the store alone in batches of 128; {spread(ratios)}",
        ),
    ]


def million_posts(bench):
    """Acknowledged posts per second at 1,000,000 providers."""
    count = bench.scale.million
    file = bench.requests("posts", samples.posts(samples.SKEWED))
    with bench.database(count) as database, bench.programs.server(database) as server:
        _, result = bench.load(server, file, POST_CONNECTIONS, count, 3 * bench.scale.seconds)
    what = f"posts per second, {count:,} providers"
    return [_posts_row(what, result["per_second"], 15_000, result)]


def _posts_row(what, rate, target, result):
    ms = result["ms"]
    return Row(
        what,
        f"{rate:,.0f}/s",
        "-",
        "-",
        f">= {target:,}/s",
        rate >= target,
        f"{POST_CONNECTIONS} connections; p50 {ms['p50']:.1f} ms, p99 {ms['p99']:.1f} ms, worst"
        f" {ms['max']:.1f} ms; core busy {result['busy']:.0%}",
    )


def _store_cost(bench, database, seconds):
    """CPU seconds that the store alone spends on a row."""
    program = bench.programs.build / "bench" / "store_cost"
    command = ["taskset", "-c", SERVER_CORE, program, database, seconds]
    output = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, check=True).stdout
    return json.loads(output)["cpu_us_per_row"] / 1e6


def single(bench):
    """One connection, nothing else: a post beside a bare fdatasync."""
    file = bench.requests("posts", samples.posts(samples.SKEWED))
    with bench.database(10_000) as database, bench.programs.server(database) as server:

        def post():
            streams = [(file, 1, 0)]
            (result,) = bench.programs.load(
                server.port, streams, bench.scale.seconds, 10_000, ["--spin"]
            )
            return result["ms"]["p50"]

        pairs = bench.pairs(post, lambda: _fdatasync_ms(database.parent))
    ours, bare = (statistics.median(values) for values in zip(*pairs))
    more = statistics.median(a - b for a, b in pairs)
    return [
        Row(
            "one connection, p50 of a post",
            f"{ours:.3f} ms",
            f"fdatasync {bare:.3f} ms",
            f"{more:+.3f} ms",
            "<= +0.2 ms",
            more <= 0.2,
        )
    ]


def _fdatasync_ms(directory, times=500):
    """The median time to append 4 KiB to a file and have it on disk."""
    taken = []
    with open(directory / "sync", "wb", buffering=0) as file:
        for _ in range(times):
            begin = time.perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - begin)
    return statistics.median(taken) * 1e3


def peer(bench):
    """Posts and lists of 100 per second beside a Python service of the same schema."""
    post_file = bench.requests("posts", samples.posts(samples.SKEWED))
    list_file = bench.requests("lists", samples.even_lists())
    return [
        _against_python(bench, "posts", post_file, (10_000, samples.SKEWED), 256, (1, 4, 8), 100),
        _against_python(
            bench, "lists of 100", list_file, (1_000, samples.EVEN), 64, (1, 4, 16), 500
        ),
    ]


def _against_python(bench, what, file, board, connections, python_connections, target):
    """Python gets whichever number of connections suits it best: many make SQLite's locks wait."""
    with bench.database(*board) as database, bench.programs.server(database) as server:
        ours = bench.load(server, file, connections, board[0])[1]["per_second"]
    with bench.database(*board) as database:
        with bench.programs.python_service(database) as service:
            rates = {
                number: bench.load(service, file, number, board[0])[1]["per_second"]
                for number in python_connections
            }
    best = max(rates, key=rates.get)
    ratio = ours / rates[best]
    return Row(
        f"{what} per second, beside Python",
        f"{ours:,.0f}/s",
        f"Python {rates[best]:,.1f}/s",
        f"{ratio:,.0f}",
        f">= {target}",
        ratio >= target,
        f"{connections} connections; Python by connections: "
        + ", ".join(f"{number}: {rate:,.1f}/s" for number, rate in rates.items()),
    )


def verified(bench):
    """Signed posts per second beside what libsecp256k1 alone recovers."""
    build = bench.programs.build / "bench"
    providers, rounds = 10_000, max(1, int(bench.scale.seconds))
    rows = []
    for _ in range(bench.scale.pairs):
        with bench.database(1_000) as database, bench.programs.server(database) as server:
            first, rest = (bench.programs.scratch(f"signed-{name}.http") for name in ("1", "2"))
            _run(build / "sign_posts", first, providers, 1, 0)
            _run(build / "sign_posts", rest, providers, rounds, 1_000)
            post = functools.partial(
                bench.programs.load, server.port, seconds=60, waiting=["--once"]
            )
            post(streams=[(first, POST_CONNECTIONS, 0)])  # brings the keys
            before = server.cpu_seconds()
            (result,) = post(streams=[(rest, POST_CONNECTIONS, 0)])
            cost = (server.cpu_seconds() - before) / result["answered"] * 1e6
        alone = json.loads(_run(build / "verify_cost", 3))["secp256k1_recover_us"]
        rows.append((alone / cost, cost, alone, result["per_second"]))
    share, cost, alone, rate = (statistics.median(values) for values in zip(*rows))
    return [
        Row(
            "verified posts per second on one core, beside libsecp256k1",
            f"{1e6 / cost:,.0f}/s",
            f"libsecp256k1 alone {1e6 / alone:,.0f}/s",
            f"{share:.0%}",
            ">= 60%",
            share >= 0.6,
            f"by CPU time: {cost:.1f} us a post, {alone:.1f} us a recovery; {rate:,.0f} posts/s",
        )
    ]


def _run(program, *arguments):
    command = ["taskset", "-c", LOAD_CORE, program, *arguments]
    return subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, check=True).stdout


def flood(bench):
    """Reads per CPU second while posts with bad signatures come from other addresses."""
    file = bench.requests("lists", samples.even_lists())
    script = Path(__file__).parent / "flood.py"
    with bench.database(1_000, samples.EVEN) as database:
        with bench.programs.server(database) as server:

            def flooded():
                seconds = str(bench.scale.seconds + 2 * WARM_UP)
                command = ["/usr/bin/python3", "-B", script, str(server.port), "50", seconds]
                with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
                    cost = bench.load(server, file, CPU_CONNECTIONS, 1_000)[0]
                    return cost, json.loads(process.communicate()[0])

            pairs = bench.pairs(
                lambda: bench.load(server, file, CPU_CONNECTIONS, 1_000)[0], flooded
            )
    share = statistics.median(calm / cost for calm, (cost, _) in pairs)
    calm = statistics.median(calm for calm, _ in pairs)
    answers = ", ".join(f"{status}: {count:,}" for status, count in pairs[-1][1][1].items())
    return [
        Row(
            "lists of 100 per CPU second under bad signatures from 50 addresses",
            f"{share / calm:,.0f}/s",
            f"without {1 / calm:,.0f}/s",
            f"{share:.0%}",
            ">= 90%",
            share >= 0.9,
            f"the flood's answers in the last round: {answers}",
        )
    ]


def mixed(bench):
    """Latency of posts at 5,000/s while reads run flat out."""
    count, rate = bench.scale.million, 5_000
    post_file = bench.requests("posts", samples.posts(samples.SKEWED))
    read_file = bench.requests("mixed", samples.mixed_reads())
    streams = [(post_file, POST_CONNECTIONS, rate), (read_file, CPU_CONNECTIONS, 0)]
    with bench.database(count) as database, bench.programs.server(database) as server:
        bench.programs.load(server.port, streams, WARM_UP, count)
        writes, reads = bench.programs.load(server.port, streams, 6 * bench.scale.seconds, count)
    ms = writes["ms"]
    note = (
        f"{writes['answered']:,} posts at {writes['per_second']:,.0f}/s beside"
        f" {reads['per_second']:,.0f} reads/s (half of them lists of up to 100); p50"
        f" {ms['p50']:.1f} ms, p99.9 {ms['p99.9']:.1f} ms"
    )
    what = f"of a post at {rate:,}/s, {count:,} advertisements, reads flat out"
    return [
        Row(f"p99 {what}", f"{ms['p99']:.1f} ms", "-", "-", "<= 20 ms", ms["p99"] <= 20, note),
        Row(f"worst {what}", f"{ms['max']:.1f} ms", "-", "-", "<= 100 ms", ms["max"] <= 100),
    ]


def start(bench):
    """From the start of the process until /ready is 200."""
    count = bench.scale.million
    taken = []
    at_hand = []
    fetched = []

    def start_once():
        begin = time.perf_counter()
        with bench.programs.server(database, BOTH_CORES, threads=2):
            return time.perf_counter() - begin

    with bench.database(count) as database:
        scan = _scan_seconds(database)
        for _ in range(START_TURNS):
            taken.append(start_once())
            fetched.append(_fetch_memory(count * 1_000))
            at_hand.append(start_once())
    median = statistics.median(taken)

    def listed(all_seconds):
        return ", ".join(f"{seconds:.2f}" for seconds in all_seconds)

    note = (
        f"median of {listed(taken)} s, file in the page cache. Where the machine is itself a guest,"
        f" its host has to find the memory first: as much of it took {listed(fetched)} s to fetch,"
        f" and right after that a start took {listed(at_hand)} s"
    )
    what = f"start with {count:,} live advertisements, both cores"
    reference = f"SQLite's own scan {scan:.2f} s"
    return [Row(what, f"{median:.2f} s", reference, f"{median / scan:.1f}", "<= 3 s", median <= 3, note)]


def _fetch_memory(size):
    """How long the kernel takes to give out as much memory. It is free again then, and at hand."""
    begin = time.perf_counter()
    with mmap.mmap(-1, size) as memory:
        memory.madvise(mmap.MADV_HUGEPAGE)
        for page in range(0, size, mmap.PAGESIZE):
            memory[page] = 1
    return time.perf_counter() - begin


def _scan_seconds(database):
    """How long SQLite takes to look at all rows: most of their fields lie at their ends."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        begin = time.perf_counter()
        connection.execute("SELECT sum(length(updated_at)) FROM advertisements").fetchone()
        return time.perf_counter() - begin


def memory(bench):
    """Resident memory per advertisement, after loading and after many posts."""
    count = bench.scale.million
    file = bench.requests("posts", samples.posts(samples.SKEWED))
    with bench.database(count) as database, bench.programs.server(database) as server:
        exchange.ask_once(server.port, samples.read_request(file, 1))  # has the second copy
        loaded = server.resident_bytes() / count
        result = bench.load(server, file, POST_CONNECTIONS, count)[1]
        used = server.resident_bytes() / count
        single_read = samples.read_request(bench.requests("one", samples.single_reads()), 1)
        rendered = len(exchange.ask_once(server.port, single_read).body)
    return [
        Row(
            f"resident memory per advertisement, {count:,} of {rendered} bytes rendered",
            f"{used:,.0f} bytes",
            "-",
            "-",
            "<= 1,000 bytes",
            used <= 1_000,
            f"the whole process by VmRSS, after {result['answered']:,} posts; {loaded:,.0f} after"
            " loading",
        )
    ]


def idle(bench):
    """Memory of idle connections that have each served a page of 45 KB."""
    count = bench.scale.idle_connections
    request = samples.page(80)
    with bench.database(1_000, samples.EVEN) as database:
        with bench.programs.server(database) as server, contextlib.ExitStack() as open_ones:

            def visit(number):
                source = f"127.0.0.{1 + number % 20}"
                connection = open_ones.enter_context(exchange.connect(server.port, source))
                return exchange.ask(connection, request).size

            size = visit(0)
            before = server.resident_bytes()
            for number in range(count):
                visit(number)
            time.sleep(3)  # idle buffers are freed by a sweep, once a second
            each = (server.resident_bytes() - before) / count
    return [
        Row(
            f"resident memory of {count:,} idle connections",
            f"{each:,.0f} bytes each",
            "-",
            "-",
            "<= 4,096 bytes",
            each <= 4_096,
            f"each has served a page of {size:,} bytes",
        )
    ]


ALL = {
    "one": one,
    "lists": lists,
    "posts": posts,
    "million-posts": million_posts,
    "single": single,
    "peer": peer,
    "verified": verified,
    "flood": flood,
    "mixed": mixed,
    "start": start,
    "memory": memory,
    "idle": idle,
    "finding": finding.finding,
    "watch": watching.watch,
}
