"""Finding on a large board: what each kind of question costs, beyond a page of that size."""

import functools
import itertools
import random
import statistics

from . import exchange, nginx, samples
from .report import Row, spread

QUESTIONS = 5_000  # of each kind, in rotation
BOARDS = (1_000, 10_000, 100_000)  # and the large one
GROWTH_MAX = 1.5
POSTS_PER_SECOND = 5_000
SAMPLE = 51  # questions whose answers are looked at, so that nginx sends as much
PAIRS = 3
TURNS = 6  # in the time of a figure, where posts come
# What of all offers is as large, by which an offer is found.
SPREADS = {"cpu": (10, 64), "memory": (16, 99), "storage": (100, 999)}


def finding(bench):
    """All rows about finding."""
    count = bench.scale.million
    with bench.database(count) as database, bench.programs.server(database) as server:
        rows = _kinds(bench, server, count) + _repeated(bench, server, count)
        rows += _with_posts(bench, server, count)
    return rows + _growth(bench)


def _growth(bench):
    """A page of 100 by country and sizes, on boards of which each has as many."""
    costs = []
    for count in (*BOARDS, bench.scale.million):
        with bench.database(count, samples.EVEN) as database:
            with bench.programs.server(database) as server:
                file = bench.requests("limited-lists", _limited(samples.even_lists()))
                costs.append(bench.load(server, file, 64, count)[0])
    growth = max(costs) / costs[0]
    return [
        Row(
            f"growth of a page by country and sizes from 1,000 to {bench.scale.million:,}",
            f"{growth:.2f} x",
            "-",
            "-",
            f"< {GROWTH_MAX}",
            growth < GROWTH_MAX,
            f"{', '.join(f'{cost * 1e6:.1f}' for cost in costs)} us",
        )
    ]


def _limited(requests):
    return (request.replace(" HTTP/1.1", "&limit=100 HTTP/1.1", 1) for request in requests)


def _kinds(bench, server, count):
    rows = []
    for name, (_, most) in KINDS.items():
        if most is None:
            continue
        ours, theirs, note = _against(bench, server, _file(bench, name), count)
        beyond = (ours - theirs) * 1e6
        rows.append(
            Row(
                f"find: {name}",
                f"{ours * 1e6:.1f} us",
                f"nginx {theirs * 1e6:.1f} us",
                f"+{beyond:.0f} us",
                f"<= +{most} us",
                beyond <= most,
                note,
            )
        )
    return [*rows, _twin(bench, server, count)]


def _twin(bench, server, count):
    """The same questions as q and as parameters."""
    turns = bench.turns(
        TURNS,
        *(
            functools.partial(bench.turn, server, _file(bench, name), 64, count)
            for name in ("country and sizes", "as q")
        ),
    )
    ratios = [query / parameters for (parameters, _), (query, _) in turns]
    ratio = statistics.median(ratios)
    return Row(
        "q against parameters",
        f"{ratio:.2f} x",
        "-",
        "-",
        "<= 1.3",
        ratio <= 1.3,
        spread(ratios),
    )


def _file(bench, name):
    make, _ = KINDS[name]
    return bench.requests("find-" + name.replace(" ", "-").replace("/", "-"), _questions(make))


def _against(bench, server, file, count):
    """(our CPU per answer, nginx's, a note), medians of pairs."""
    asked = [samples.read_request(file, number) for number in range(SAMPLE)]
    answers = [exchange.ask_once(server.port, request) for request in asked]
    answer = sorted(answers, key=lambda one: one.size)[SAMPLE // 2]
    with nginx.like(bench.programs, answer, asked[0]) as (reference, _):

        def cost(program):
            return bench.load(program, file, 64, count, seconds=bench.scale.seconds / 2)[0]

        pairs = [(cost(server), cost(reference)) for _ in range(min(PAIRS, bench.scale.pairs))]
    ours, theirs = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    return ours, theirs, f"answers of {answer.size} bytes, the median of {SAMPLE}"


def _repeated(bench, server, count):
    """One page again and again, and how cheaply it is told to be the same."""
    question = next(_questions(KINDS["country and sizes"][0]))
    page = samples.write_requests(bench.programs.scratch("find-again.http"), [question])
    again, theirs, note = _against(bench, server, page, count)
    headers = dict(exchange.ask_once(server.port, question).headers)
    tag = next(value for name, value in headers.items() if name.lower() == "etag")
    asked = question.replace("\r\n\r\n", f"\r\nIf-None-Match: {tag}\r\n\r\n")
    same = samples.write_requests(bench.programs.scratch("find-same.http"), [asked])
    unchanged = bench.load(server, same, 64, count, status="304")[0]
    return [
        Row(
            "find: one page again and again",
            f"{again * 1e6:.1f} us",
            f"nginx {theirs * 1e6:.1f} us",
            f"{again / theirs:.2f}",
            "<= 1.2",
            again <= 1.2 * theirs,
            note,
        ),
        Row(
            "304 on an unchanged page",
            f"{unchanged * 1e6:.1f} us",
            f"with its body {again * 1e6:.1f} us",
            f"{unchanged / again:.2f}",
            "<= 1.0",
            unchanged <= again,
        ),
    ]


def _with_posts(bench, server, count):
    """Reads per CPU second while posts come in."""
    file = bench.requests("mixed-reads", samples.mixed_reads())
    posts = bench.requests("posts", samples.posts(samples.SKEWED))

    def spend(streams, seconds):
        """(CPU seconds of the I/O thread, of those that only posts keep busy, what was answered)"""
        before = server.thread_cpu_seconds()
        results = bench.programs.load(server.port, streams, seconds, count)
        spent = server.thread_cpu_seconds() - before
        io = spent.pop("io")
        return io, spent.total(), [result["answered"] for result in results]

    kinds = (
        [(file, 64, 0)],
        [(posts, 256, 0)],
        [(file, 64, 0), (posts, 64, POSTS_PER_SECOND)],
        [(file, 64, 0)],
    )
    shares = []
    shares_by_flood = []
    for turn in bench.turns(TURNS, *(functools.partial(spend, streams) for streams in kinds)):
        before, (post_io, post_others, (posted,)), both, after = turn
        alone = (before[0] + after[0]) / (before[2][0] + after[2][0])
        io, others, (read, written) = both
        shares.append(alone / ((io - post_io / posted * written) / read))
        flood = (post_io + post_others) / posted * written
        shares_by_flood.append(alone / ((io + others - flood) / read))
    share = statistics.median(shares)
    return [
        Row(
            f"reads per CPU second during {POSTS_PER_SECOND:,} posts/s",
            f"{share:.0%} of those without",
            "-",
            "-",
            ">= 95 %",
            share >= 0.95,
            f"{spread(shares)}; posts are charged all that the threads spend which work for them"
            " alone, and of the I/O thread what they cost there when they are all that is done, flat"
            " out. Charged the latter of all threads, where their batches are larger:"
            f" {statistics.median(shares_by_flood):.0%} ({spread(shares_by_flood)})",
        )
    ]


def _questions(make):
    pick = random.Random(5)
    for _ in range(QUESTIONS):
        yield samples.question(make(pick) + "&limit=100")


def _sizes(pick, least=0.0, most=1.0):
    """Sizes that a share of all offers within these bounds has."""
    while True:
        asked = {name: pick.randint(*spread) for name, spread in SPREADS.items()}
        share = 1.0
        for name, (first, last) in SPREADS.items():
            share *= (last - asked[name] + 1) / (last - first + 1)
        if least <= share <= most:
            return asked


def _text(sizes):
    return "&".join(f"{name}={value}" for name, value in sizes.items())


def _world(pick):
    return _text(_sizes(pick, 0.02))


def _country(pick):
    return f"{_world(pick)}&country={pick.choice(samples.SKEWED)}"


def _query(pick):
    sizes = _sizes(pick, 0.02)
    terms = [f"{name}%3E%3D{value}" for name, value in sizes.items()]
    terms.append(f"country%3D%22{pick.choice(samples.SKEWED)}%22")
    return "q=" + "%20%26%26%20".join(terms)


def _sorted(make, key):
    return lambda pick: f"{make(pick)}&sort={key}"


# The question, and what it may cost beyond nginx in us (none: part of another row).
KINDS = {
    "country and sizes": (_country, 15),
    "sizes of 1 %": (lambda pick: _text(_sizes(pick, 0.008, 0.012)), 15),
    "sizes of 0.01 to 0.05 %": (lambda pick: _text(_sizes(pick, 0.0001, 0.0005)), 150),
    **{
        f"sort={key}, {where}": (_sorted(make, key), most)
        for key, (where, make, most) in itertools.product(
            ("price", "cpu", "memory", "storage"),
            (("world", _world, 300), ("country", _country, 40)),
        )
    },
    "sort=price, sizes of less than 0.1 %": (
        lambda pick: _text(_sizes(pick, 0.0002, 0.001)) + "&sort=price",
        700,
    ),
    "count=true, world": (lambda pick: _world(pick) + "&count=true", 600),
    "count=true, country": (lambda pick: _country(pick) + "&count=true", 150),
    "as q": (_query, None),
}
