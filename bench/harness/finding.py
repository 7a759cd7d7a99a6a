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
CONNECTIONS = 64
FLOOD_CONNECTIONS = 256
POSTS_PER_SECOND = 5_000
FIRST_POSTS_SECONDS = 600  # at most
SAMPLE = 51  # questions whose answers are looked at, so that nginx sends as much
TURNS = 6  # in the time of a figure
TURNS_OF_A_KIND = 6
# What of all offers is as large, by which an offer is found.
SPREADS = {"cpu": (10, 64), "memory": (16, 99), "storage": (100, 999)}


@dataclass
class Spent:
    """What a load took: in CPU seconds, and how often each of its streams was answered."""

    io: float  # of the I/O thread
    others: float  # of the threads that only posts keep busy; nginx's
    answered: list

    def each(self):
        return (self.io + self.others) / self.answered[0]


class Board:
    """A server and what it is asked. No client sleeps: to wake one costs whoever answers it."""

    def __init__(self, bench, server, count):
        self.bench = bench
        self.server = server
        self.count = count
        self.posts = bench.requests("posts", samples.posts(samples.SKEWED))

    def spend(self, streams, seconds, program=None, **more):
        program = program or self.server
        before = program.thread_cpu_seconds()
        results = self.bench.programs.load(
            program.port, streams, seconds, self.count, ["--spin"], **more
        )
        spent = program.thread_cpu_seconds() - before
        io = spent.pop("io", 0)
        return Spent(io, spent.total(), [result["answered"] for result in results])

    def load(self, streams, **more):
        return functools.partial(self.spend, streams, **more)

    def turns(self, *loads):
        return self.bench.turns(TURNS, *loads)

    def post_all(self):
        """As after a few minutes: whoever is on the board has posted to this very process."""
        streams = [(self.posts, FLOOD_CONNECTIONS, 0)]
        self.bench.programs.load(
            self.server.port, streams, FIRST_POSTS_SECONDS, self.count, ["--each"]
        )


def finding(bench):
    """All rows about finding."""
    count = bench.scale.million
    with bench.database(count) as database, bench.programs.server(database) as server:
        board = Board(bench, server, count)
        board.post_all()
        rows = _kinds(board) + _repeated(board) + _with_posts(board)
    return rows + _growth(bench)


def _growth(bench):
    """A page of 100 by country and sizes, on boards of which each has as many."""
    costs = []
    for count in (*BOARDS, bench.scale.million):
        with bench.database(count, samples.EVEN) as database:
            with bench.programs.server(database) as server:
                streams = _flat_out(bench.requests("limited-lists", _limited(samples.even_lists())))
                board = Board(bench, server, count)
                board.spend(streams, 1)
                costs.append(board.spend(streams, bench.scale.seconds).each())
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


def _flat_out(file, connections=CONNECTIONS):
    return [(file, connections, 0)]


def _beside(file, other):
    """`file` flat out, and the other as often as posts come."""
    return [*_flat_out(file), (other, CONNECTIONS, POSTS_PER_SECOND)]


def _kinds(board):
    rows = []
    for name, (_, most) in KINDS.items():
        if most is None:
            continue
        ours, theirs, beyond, note = _against_nginx(board, _file(board, name), beside_posts=True)
        rows.append(
            Row(
                f"find beside posts: {name}",
                f"{ours * 1e6:.1f} us",
                f"nginx {theirs * 1e6:.1f} us",
                f"{beyond * 1e6:+.0f} us",
                f"<= +{most} us",
                beyond * 1e6 <= most,
                note,
            )
        )
    return [*rows, _twin(board)]


def _twin(board):
    """The same questions as q and as parameters."""
    files = (_file(board, name) for name in ("country and sizes", "as q"))
    turns = board.turns(*(board.load(_flat_out(file)) for file in files))
    ratios = [query.each() / parameters.each() for parameters, query in turns]
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


def _file(board, name):
    make, _ = KINDS[name]
    name = "find-" + name.replace(" ", "-").replace("/", "-")
    return board.bench.requests(name, _questions(make))


def _against_nginx(board, file, beside_posts):
    """(our CPU per answer, nginx's, what ours is more, a note), medians of turns."""
    asked = [samples.read_request(file, number) for number in range(SAMPLE)]
    answers = [exchange.ask_once(board.server.port, request) for request in asked]
    answer = sorted(answers, key=lambda one: one.size)[SAMPLE // 2]
    with nginx.like(board.bench.programs, answer, asked[0]) as (reference, _):
        loads = [
            board.load(_beside(file, board.posts) if beside_posts else _flat_out(file)),
            board.load(_flat_out(file), program=reference),
        ]
        if beside_posts:
            loads.append(board.load(_flat_out(board.posts, FLOOD_CONNECTIONS)))
        turns = list(itertools.islice(board.turns(*loads), TURNS_OF_A_KIND))
    ours = [_per_read(turn[0], turn[2]) if beside_posts else turn[0].each() for turn in turns]
    theirs = [turn[1].each() for turn in turns]
    beyond = [mine - other for mine, other in zip(ours, theirs)]
    note = f"answers of {answer.size} bytes, the median of {SAMPLE}"
    if beside_posts:
        note += f"; {len(turns)} turns, {min(beyond) * 1e6:+.1f} to {max(beyond) * 1e6:+.1f} us"
    return *(statistics.median(values) for values in (ours, theirs, beyond)), note


def _repeated(board):
    """One page again and again, and how cheaply it is told to be the same."""
    question = next(_questions(KINDS["country and sizes"][0]))
    scratch = board.bench.programs.scratch
    page = samples.write_requests(scratch("find-again.http"), [question])
    again, theirs, _, note = _against_nginx(board, page, beside_posts=False)
    headers = dict(exchange.ask_once(board.server.port, question).headers)
    tag = next(value for name, value in headers.items() if name.lower() == "etag")
    asked = question.replace("\r\n\r\n", f"\r\nIf-None-Match: {tag}\r\n\r\n")
    same = samples.write_requests(scratch("find-same.http"), [asked])
    unchanged = board.spend(_flat_out(same), board.bench.scale.seconds, status="304").each()
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


def _with_posts(board):
    """Reads per CPU second while posts come in, and while as many requests do that write nothing."""
    reads = board.bench.requests("mixed-reads", samples.mixed_reads())
    ones = board.bench.requests("one", samples.single_reads())
    loads = (
        _flat_out(reads),
        _beside(reads, ones),
        _flat_out(ones, FLOOD_CONNECTIONS),
        _beside(reads, board.posts),
        _flat_out(board.posts, FLOOD_CONNECTIONS),
        _beside(reads, ones),
        _flat_out(reads),
    )
    shares, shares_of_alone, shares_by_flood = [], [], []
    for turn in board.turns(*map(board.load, loads)):
        first, ones_before, ones_alone, with_posts, posts_alone, ones_after, last = turn
        alone = (first.each() + last.each()) / 2
        unwritten = (_per_read(ones_before, ones_alone) + _per_read(ones_after, ones_alone)) / 2
        written = _per_read(with_posts, posts_alone)
        read, posted = with_posts.answered
        by_flood = (with_posts.io + with_posts.others - posts_alone.each() * posted) / read
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
