"""Finding on a large board: what each kind of question costs, beyond a page of that size."""

import functools
import itertools
import random
import statistics
from dataclasses import dataclass

from . import exchange, nginx, samples
from .report import Row, spread

QUESTIONS = 5_000  # of each kind, in rotation
BOARDS = (1_000, 10_000, 100_000)  # and the large one
GROWTH_MAX = 1.5
POSTS_PER_SECOND = 5_000
SAMPLE = 51  # questions whose answers are looked at, so that nginx sends as much
PAIRS = 3
FIRST_POSTS_SECONDS = 600  # at most
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


@dataclass
class Spent:
    """What a load took: in CPU seconds, and how often each of its streams was answered."""

    io: float  # of the I/O thread
    others: float  # of the threads that only posts keep busy
    answered: list


def _with_posts(bench, server, count):
    """Reads per CPU second while posts come in, and while as many requests do that write nothing."""
    reads = bench.requests("mixed-reads", samples.mixed_reads())
    posts = bench.requests("posts", samples.posts(samples.SKEWED))
    ones = bench.requests("one", samples.single_reads())
    # As after a few minutes: whoever is on the board has posted to this very process.
    bench.programs.load(server.port, [(posts, 256, 0)], FIRST_POSTS_SECONDS, count, ["--each"])

    def spend(streams, seconds):
        before = server.thread_cpu_seconds()
        # A client that sleeps has to be woken, at the cost of who answers; and a paced one never does.
        results = bench.programs.load(server.port, streams, seconds, count, ["--spin"])
        spent = server.thread_cpu_seconds() - before
        return Spent(spent.pop("io"), spent.total(), [result["answered"] for result in results])

    def beside(other):
        return [(reads, 64, 0), (other, 64, POSTS_PER_SECOND)]

    kinds = (
        [(reads, 64, 0)],
        beside(ones),
        [(ones, 256, 0)],
        beside(posts),
        [(posts, 256, 0)],
        beside(ones),
        [(reads, 64, 0)],
    )
    shares, shares_of_alone, shares_by_flood = [], [], []
    for turn in bench.turns(TURNS, *(functools.partial(spend, streams) for streams in kinds)):
        first, ones_before, ones_alone, with_posts, posts_alone, ones_after, last = turn
        alone = (first.io + last.io) / (first.answered[0] + last.answered[0])
        unwritten = (_per_read(ones_before, ones_alone) + _per_read(ones_after, ones_alone)) / 2
        written = _per_read(with_posts, posts_alone)
        flood = (posts_alone.io + posts_alone.others) / posts_alone.answered[0]
        read, posted = with_posts.answered
        by_flood = (with_posts.io + with_posts.others - flood * posted) / read
        shares.append(unwritten / written)
        shares_of_alone.append(alone / written)
        shares_by_flood.append(unwritten / by_flood)
    share = statistics.median(shares)
    return [
        Row(
            f"reads per CPU second during {POSTS_PER_SECOND:,} posts/s",
            f"{share:.1%} of those without",
            "-",
            "-",
            ">= 95 %",
            share >= 0.95,
            f"{spread(shares)}; without: beside as many reads of one advertisement, on as many connections"
            " of their own. Both are charged what they cost the I/O thread when they are all that is"
            " done, flat out, and posts what the threads spend that work for them alone. Of reads with"
            f" nothing beside: {statistics.median(shares_of_alone):.1%} ({spread(shares_of_alone)})."
            " Charged what posts cost all threads flat out, where their batches are larger:"
            f" {statistics.median(shares_by_flood):.1%} ({spread(shares_by_flood)})",
        )
    ]


def _per_read(both, other_alone):
    """CPU seconds of the I/O thread per read, less what the other requests cost it by themselves."""
    read, others = both.answered
    return (both.io - other_alone.io / other_alone.answered[0] * others) / read


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
