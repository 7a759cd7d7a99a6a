"""The measurements: each function makes some rows of the table.

What has a reference takes turns with it on the same core, and the row tells the median of the
turns' ratios or differences: what the machine does meanwhile hits both alike.
"""

import contextlib
import functools
import os
import random
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass

from . import exchange, hostile, nginx, page, report, samples
from .processes import BOTH_CORES, Programs

SMALL = 10_000  # advertisements on the small board
TINY = 1_000  # on that of which lists of 100 are asked
READ_CONNECTIONS = 64
POST_CONNECTIONS = 256
POSTS_PER_SECOND = 5_000  # beside reads
CHANGES_PER_SECOND = 5_000  # that are watched
WATCHERS = 100
WARM_UP = 1.0  # seconds of load before what is counted
QUESTIONS = 5_000  # of each kind, in rotation
SAMPLE = 51  # questions whose answers are looked at, so that nginx sends as much


@dataclass
class Scale:
    """How much is measured."""

    seconds: float  # of a figure
    turns: int  # of a figure that has a reference, all in these seconds
    million: int  # advertisements on the large board
    starts: int
    minute: float  # seconds that one address is at its worst
    connections: int  # that read nothing, or are slow
    hostile_share: int  # boards of the adversary's have one in so many of their advertisements

    def hostile(self, count):
        return count // self.hostile_share

    def __str__(self):
        return f"{self.seconds} s a figure, a large board of {self.million:,}"


@dataclass
class Spent:
    """What a load took: in CPU seconds, and what became of each of its streams."""

    io: float  # of the I/O thread
    all: float  # of all threads
    results: list

    def each(self):
        """All of it, for one answer of the only stream."""
        return self.all / self.results[0]["answered"]


class Bench:
    """What the measurements share: programs, scale, and files, each made once per run."""

    def __init__(self, programs: Programs, scale: Scale):
        self.programs = programs
        self.scale = scale

    def database(self, count, countries):
        """A new database of usual advertisements, as the next."""
        return self.database_of(samples.rows(count, countries))

    @contextlib.contextmanager
    def database_of(self, rows, further_columns=()):
        """A new database, synced, so that its writing back disturbs nothing.

        Copied in small pieces, as SQLite writes it: of a file that is written in large ones the
        kernel keeps large folios, of which each page that the server writes costs it more.
        """
        directory = self.programs.scratch(f"board-{time.monotonic_ns()}")
        directory.mkdir()
        made, path = directory / "made.db", directory / "discovery.db"
        samples.make_database(made, rows, further_columns)
        with open(made, "rb") as whole, open(path, "wb", buffering=0) as pieces:
            shutil.copyfileobj(whole, pieces, 4_096)
        made.unlink()
        os.sync()
        yield path
        shutil.rmtree(directory)

    def requests(self, name, requests):
        path = self.programs.scratch(f"{name}.http")
        return path if path.exists() else samples.write_requests(path, requests)

    def posts(self):
        """What each provider has said before."""
        return self.requests("posts", samples.posts(samples.SKEWED))

    def spend(self, program, streams, seconds, ids, *options):
        """No client sleeps: to wake one costs the program that answers it."""
        before = program.thread_cpu_seconds()
        results = self.programs.load(program.port, streams, seconds, ids, ["--spin", *options])
        spent = program.thread_cpu_seconds() - before
        return Spent(spent["io"], spent.total(), results)

    def turns(self, first, second, at_least=0.0):
        """Pairs of what both give, each given how long it may take, and fewer where that is to be
        at least so long; each time the other way round."""
        seconds = max(self.scale.seconds / self.scale.turns, at_least)
        for number in range(round(self.scale.seconds / seconds)):
            order = (first, second) if number % 2 == 0 else (second, first)
            results = [measure(seconds) for measure in order]
            yield results if number % 2 == 0 else results[::-1]


def reads(bench):
    """CPU per answer beside nginx sending the same bytes."""
    rows = []
    for what, count, make, aim in (
        ("GET of one", SMALL, samples.single_reads, 1.1),
        ("list of 100, all pages different", TINY, lambda: _questions(_hundred), 1.4),
    ):
        with bench.database(count, samples.EVEN) as database:
            with bench.programs.server(database) as server:
                file = bench.requests(f"of-{count}", make())
                rows.append(report.times(what, _beside_nginx(bench, server, file, count), aim))
    return rows


def _beside_nginx(bench, server, file, ids, others=(), charge=lambda spent: spent.each()):
    """Pairs of CPU seconds per answer, ours and those of nginx, which sends as many bytes as the
    median of some answers. `others` are streams beside ours; `charge` tells what one costs then."""
    asked = [samples.read_request(file, number) for number in range(SAMPLE)]
    answers = [exchange.ask_once(server.port, request) for request in asked]
    answer = sorted(answers, key=lambda one: one.size)[SAMPLE // 2]
    stream = (file, READ_CONNECTIONS, 0)
    with nginx.like(bench.programs, answer, asked[0]) as reference:

        def ours(seconds):
            return charge(bench.spend(server, [stream, *others], seconds, ids))

        def theirs(seconds):
            return bench.spend(reference, [stream], seconds, ids).each()

        ours(WARM_UP)
        return list(bench.turns(ours, theirs))


def posts(bench):
    """Acknowledged posts a second on the small board."""
    with bench.database(SMALL, samples.SKEWED) as database:
        with bench.programs.server(database) as server:
            post = functools.partial(_posts, bench, server, SMALL)
            aims = {"renewals": 35_000, "changes": 30_000, "moves": 10_000}
            return [post(kind, aim)[0] for kind, aim in aims.items()]


def _posts(bench, server, count, kind, aim):
    """A row, and what a post costs the I/O thread when there is nothing else."""
    files = {
        "renewals": bench.posts,
        "changes": lambda: bench.requests("changes", samples.alternatives(moves=False)),
        "moves": lambda: bench.requests("moves", samples.alternatives(moves=True)),
    }
    whats = {
        "renewals": "renewals a second",
        "changes": "posts that change sizes and price, a second",
        "moves": "posts that move to another country besides, a second",
    }
    streams = [(files[kind](), POST_CONNECTIONS, 0)]
    load = functools.partial(bench.spend, server, streams)
    group = ("--group", samples.VARIANTS)
    load(WARM_UP, count, *group)
    spent = load(bench.scale.seconds, count, *group)
    (result,) = spent.results
    ms = result["ms"]
    note = (
        f"{POST_CONNECTIONS} connections; p50 {ms['p50']:.1f} ms, p99 {ms['p99']:.1f} ms, worst"
        f" {ms['max']:.1f} ms; {spent.each() * 1e6:.1f} us of CPU each"
    )
    what = f"{whats[kind]}, {count:,} providers"
    row = report.at_least(what, result["per_second"], aim, "/s", note)
    return row, spent.io / result["answered"]


def watch(bench):
    """Many changes a second to many streams."""
    seconds = bench.scale.seconds
    changes = samples.changes(int(CHANGES_PER_SECOND * seconds), SMALL)
    streams = [(bench.requests("watched", changes), READ_CONNECTIONS, CHANGES_PER_SECOND)]
    with bench.database(SMALL, samples.EVEN) as database:
        with bench.programs.server(database) as server:
            with bench.programs.watchers(server.port, WATCHERS, seconds + 4) as watchers:
                spent = bench.spend(server, streams, seconds, 1, "--once")
                heard = watchers.answer()["events"]
    (posted,) = spent.results
    wanted = posted["answered"] * WATCHERS
    if heard != wanted:
        raise RuntimeError(f"{heard:,} events of {wanted:,} were heard")
    note = f"{heard:,} events; p99 of a post {posted['ms']['p99']:.1f} ms"
    share = 100 * spent.each() * CHANGES_PER_SECOND
    what = f"{CHANGES_PER_SECOND:,} changes a second to {WATCHERS} watchers, of one core"
    return [report.at_most(what, share, 60, " %", note)]


def large(bench):
    """All that is measured on the large board."""
    count = bench.scale.million
    with bench.database(count, samples.SKEWED) as database:
        rows = [_start(bench, database)]
        with bench.programs.server(database) as server:
            post = functools.partial(_posts, bench, server, count)
            renewals, io_of_post = post("renewals", 12_000)
            rows += [renewals, _memory(bench, server)]
            rows += _finding(bench, server, io_of_post)
            rows += [_latency(bench, server)]
            rows += [post("changes", 12_000)[0], post("moves", 3_000)[0]]
    return rows


def _start(bench, database):
    """From the start of the process until /ready is 200, the file in the page cache."""

    def start():
        begin = time.perf_counter()
        with bench.programs.server(database, BOTH_CORES, threads=2):
            return time.perf_counter() - begin

    start()  # adds to the file what is not in the documented schema
    taken = [start() for _ in range(bench.scale.starts)]
    note = "the median of " + ", ".join(f"{seconds:.2f}" for seconds in taken)
    what = f"start with {bench.scale.million:,}, both cores"
    return report.at_most(what, statistics.median(taken), 6, " s", note, digits=2)


def _memory(bench, server):
    """VmRSS of the whole process, after many posts."""
    used = server.resident_bytes() / bench.scale.million
    one = samples.read_request(bench.requests("one", samples.single_reads()), 1)
    rendered = len(exchange.ask_once(server.port, one).body)
    what = f"memory an advertisement of {rendered} B, {bench.scale.million:,}"
    return report.at_most(what, used, 1_000, " B")


def _latency(bench, server):
    """Paced posts while reads run flat out."""
    mixed = bench.requests("mixed", samples.mixed_reads())
    streams = [(bench.posts(), POST_CONNECTIONS, POSTS_PER_SECOND), (mixed, READ_CONNECTIONS, 0)]
    load = functools.partial(bench.spend, server, streams, ids=bench.scale.million)
    load(seconds=WARM_UP)
    posted, read = load(seconds=3 * bench.scale.seconds).results
    ms = posted["ms"]
    note = (
        f"p50 {ms['p50']:.1f} ms, worst {ms['max']:.1f} ms, beside {read['per_second']:,.0f}"
        " reads/s, half of them lists of up to 100"
    )
    what = f"p99 of a post at {POSTS_PER_SECOND:,}/s while reads run flat out"
    return report.at_most(what, ms["p99"], 25, " ms", note, digits=1)


def _finding(bench, server, io_of_post):
    """Distinct questions while posts arrive. These are charged what they cost the I/O thread when
    they are all that is done; what other threads do for them is theirs."""
    others = [(bench.posts(), READ_CONNECTIONS, POSTS_PER_SECOND)]

    def charge(spent):
        asked, posted = spent.results
        return (spent.io - io_of_post * posted["answered"]) / asked["answered"]

    rows = []
    for name, (make, aim_us) in KINDS.items():
        file = bench.requests("find-" + name.replace(" ", "-"), _questions(make))
        pairs = _beside_nginx(bench, server, file, bench.scale.million, others, charge)
        rows.append(report.beyond(f"find beside posts: {name}", pairs, aim_us))
    return rows


def _questions(make):
    pick = random.Random(5)
    for _ in range(QUESTIONS):
        yield samples.question(make(pick) + "&limit=100")


def _text(sizes):
    return "&".join(f"{name}={value}" for name, value in sizes.items())


def _sizes(pick, least, most=1.0):
    return _text(samples.sizes(pick, least, most))


def _hundred(pick):
    """More than 100 match, also of a tiny board."""
    return _sizes(pick, 0.2)


def _world(pick):
    return _sizes(pick, 0.02)


def _country(pick):
    return f"{_world(pick)}&country={pick.choice(samples.SKEWED)}"


def _sorted(make):
    return lambda pick: f"{make(pick)}&sort={pick.choice(('price', 'cpu', 'memory', 'storage'))}"


# The question, and what it may cost beyond nginx in us.
KINDS = {
    "country and sizes": (_country, 30),
    "rare sizes": (lambda pick: _sizes(pick, 0.0001, 0.0005), 200),
    "sort by price or size in a country": (_sorted(_country), 100),
    "sort by price or size in the world": (_sorted(_world), 500),
    "count world": (lambda pick: _world(pick) + "&count=true", 800),
}

ALL = {
    "reads": reads,
    "posts": posts,
    "watch": watch,
    "large": large,
    "page": page.page,
    "hostile": hostile.hostile,
}
FAULTS = (EOFError, OSError, RuntimeError, subprocess.SubprocessError)
