"""What adversaries cost the server, and what others feel of it.

Addresses of the loopback stand for different clients: others ask from 127.0.0.1, adversaries from
those below.
"""

import contextlib
import dataclasses
import itertools
import json
import random
import re
import socket
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from . import adversary, exchange, report, samples

ADVERSARY = "127.0.0.2"
# Posts of others are within it, and addresses take turns as by default.
PER_MINUTE = 1_000
BOARDS = (500, 10_000, 100_000)  # advertisements
ROUNDS = 3  # in each of which every adversarial request is sent once
COSTLIEST = 20  # of them, that a single address sends
WATCHED = 120  # streams of that address
CONNECTIONS = 2_000  # that read nothing, or are slow
PER_ADDRESS = 80  # of them, which is within the default limits
USUAL = 10_000  # advertisements on the board of which they ask
DEFAULTS = {
    "RATE_LIMIT_PER_MINUTE": None,
    "MAX_CONNECTIONS": None,
    "MAX_CONNECTIONS_PER_ADDRESS": None,
}
OTHERS = 100  # providers that post meanwhile
COLUMNS = ("provider_name", "network", "payments_network")
CUT = 0  # the status of an answer without an end
MIB = 1 << 20


@dataclasses.dataclass
class Cost:
    """Of one adversarial request."""

    attack: adversary.Attack
    seconds: float  # of the server's CPU, for each answer
    bytes: int  # of each answer
    status: int

    def beyond_sending(self):
        """Milliseconds beyond one for each MiB of the answer."""
        return self.seconds * 1e3 - self.bytes / MIB

    def text(self):
        size = f", {self.bytes / MIB:,.0f} MiB" if self.bytes >= MIB else ""
        return f"{self.attack.name} ({self.status}{size}) {self.seconds * 1e3:.1f} ms"


def hostile(bench):
    """All rows."""
    rows = []
    for count in BOARDS:
        found, costs = _requests(bench, bench.scale.hostile(count))
        rows += found
    rows += _minute(bench, costs)
    rows += [_unread(bench)]
    rows += _slow(bench)
    return rows


@contextlib.contextmanager
def _board(bench, count, **settings):
    """A server whose board holds the adversary's advertisements."""
    with bench.database_of(adversary.rows(count), COLUMNS) as database:
        with bench.programs.server(database, **settings) as server:
            listed = json.loads(exchange.Page(server.port).text("/api/v1/stats"))["providers"]
            if listed != count:
                raise RuntimeError(f"only {listed:,} of {count:,} advertisements are listed")
            yield server


def _attacks(server):
    page = exchange.Page(server.port)
    assets = re.findall(r"assets/[^\"']+", page.text("/") + page.text("/docs"))
    cursors = {
        order: cursor
        for order in ("created_at", "updated_at", "price", "provider_id")
        if (cursor := page.far_cursor(f"sort={order}&limit=10000&fields=verified"))
    }
    paths = sorted({f"/{asset}" for asset in assets})
    return adversary.attacks(cursors, paths, int(time.time() * 1_000))


def _strangers():
    """Addresses that have not asked lately."""
    return itertools.cycle(f"127.1.{n // 250}.{1 + n % 250}" for n in range(10_000))


def _send(port, attack, source):
    """(status of the last answer, bytes of all). CUT: a sorted list that took too long."""
    with exchange.Channel(port, source) as channel:
        status = CUT
        with contextlib.suppress(ConnectionResetError, EOFError):
            channel.send(attack.data)
            for _ in range(attack.answers):
                status = channel.finish(attack.is_head(), attack.ends_with)
        return status, channel.bytes


def _requests(bench, count):
    """What the requests cost on a board of the adversary's, and how long others wait meanwhile."""
    with _board(bench, count, RATE_LIMIT_PER_MINUTE=PER_MINUTE) as server:
        attacks = _attacks(server)
        costs = _costs(server, attacks)
        of = f"{len(attacks)} adversarial requests, {count:,} advertisements"
        rows = [_dearest(of, costs)]
        rows += _delays(bench, server, attacks, costs, of)
    return rows, costs


def _costs(server, attacks):
    spent = [[] for _ in attacks]
    answers = [None] * len(attacks)
    sources = _strangers()
    for _ in range(ROUNDS):
        for number, attack in enumerate(attacks):
            before = server.thread_cpu_seconds().total()
            answers[number] = _send(server.port, attack, next(sources))
            spent[number].append(server.thread_cpu_seconds().total() - before)
    costs = [
        Cost(attack, statistics.median(each) / attack.answers, size // attack.answers, status)
        for attack, each, (status, size) in zip(attacks, spent, answers)
    ]
    return sorted(costs, key=lambda cost: -cost.beyond_sending())


def _dearest(of, costs):
    longest = max(costs, key=lambda cost: cost.seconds)
    note = "; ".join(cost.text() for cost in [*costs[:6], longest])
    what = f"the most expensive of {of}, CPU beyond 1 ms for each MiB of its answer"
    return report.at_most(what, costs[0].beyond_sending(), 50, " ms", note, digits=1)


def _delays(bench, server, attacks, costs, of):
    """The longest that posts and /health of others take beside all of the requests."""
    posts = bench.posts()
    health = bench.requests("health", [samples.health()])
    streams = [(posts, 4, 10), (health, 4, 200)]
    seconds = max(bench.scale.seconds, 2 * sum(c.seconds * c.attack.answers for c in costs))

    def others():
        return bench.programs.load(server.port, streams, seconds, OTHERS, [])

    alone = others()
    begun, kept = time.monotonic(), server.kept_waiting_seconds()
    with ThreadPoolExecutor() as pool:
        beside = pool.submit(others)
        order = itertools.cycle(random.Random(6).sample(attacks, len(attacks)))
        sources = _strangers()
        while not beside.done():
            _send(server.port, next(order), next(sources))
    kept = (server.kept_waiting_seconds() - kept) / (time.monotonic() - begun)
    for what, with_them, without in zip(("a post", "/health"), beside.result(), alone):
        yield report.at_most(
            f"longest delay of {what} beside {of}",
            with_them["ms"]["max"],
            60,
            " ms",
            f"p99 {with_them['ms']['p99']:.1f} ms; without the adversary p99"
            f" {without['ms']['p99']:.1f} ms, longest {without['ms']['max']:.1f} ms; what else ran"
            f" on the core kept the I/O thread waiting for {kept:.0%} of the time",
        )


class Adversary:
    """One address that does its worst within the default limits, on threads of its own."""

    def __init__(self, port, attacks, seconds):
        self.answered = 0
        self.refused = 0
        self._port = port
        self._attacks = attacks
        self._end = time.monotonic() + seconds
        self._lock = threading.Lock()

    def run(self):
        """Until the time is up."""
        streams = [self._stream(number) for number in range(WATCHED)]
        with ThreadPoolExecutor(20) as pool:
            jobs = [pool.submit(self._read, number) for number in range(8)]
            jobs += [pool.submit(self._post, number) for number in range(4)]
            jobs += [pool.submit(self._fail), pool.submit(self._drain, streams)]
            for job in jobs:
                job.result()

    def _is_over(self):
        return time.monotonic() > self._end

    def _send(self, attack):
        with contextlib.suppress(OSError, EOFError):
            status, _ = _send(self._port, attack, ADVERSARY)
            with self._lock:
                self.answered += status != 429
                self.refused += status == 429
            if status != 429:
                return
        time.sleep(0.2)

    def _read(self, number):
        for attack in itertools.cycle(self._attacks[number:] + self._attacks[:number]):
            if self._is_over():
                return
            self._send(attack)

    def _post(self, first):
        for number in itertools.count(first, 4):
            if self._is_over():
                return
            data = adversary.post(number % OTHERS, adversary.body(number))
            self._send(adversary.Attack("post", data))

    def _fail(self):
        """Ten signatures a second that do not fit."""
        while not self._is_over():
            _, identity, signature = next(adversary.signatures(int(time.time() * 1_000)))
            data = adversary.post(0, adversary.body(0), identity, signature)
            self._send(adversary.Attack("signature", data))
            time.sleep(0.09)

    def _stream(self, number):
        """A stream whose filter is unlike the others'."""
        _, q = next(adversary.expressions())
        connection = exchange.connect(self._port, ADVERSARY)
        target = f"/api/v1/watch?q={adversary.encoded('!(' + q + ')')}&storage={number + 1}"
        connection.sendall(adversary.request(f"GET {target}"))
        connection.setblocking(False)
        return connection

    def _drain(self, streams):
        while not self._is_over():
            for stream in streams:
                with contextlib.suppress(OSError):
                    stream.recv(MIB)
            time.sleep(0.01)
        for stream in streams:
            stream.close()


def _minute(bench, costs):
    """One address with the most expensive requests of the largest board."""
    attacks = [cost.attack for cost in costs if cost.attack.answers == 1][:COSTLIEST]
    seconds = bench.scale.minute
    health = bench.requests("health", [samples.health()])
    streams = [(bench.posts(), 2, 3), (health, 4, 100)]  # posts within the limits of others
    with _board(bench, bench.scale.hostile(10_000), **DEFAULTS) as server:
        before = server.thread_cpu_seconds().total()
        one = Adversary(server.port, attacks, seconds)
        with ThreadPoolExecutor() as pool:
            others = pool.submit(bench.programs.load, server.port, streams, seconds, OTHERS, [])
            one.run()
        spent = server.thread_cpu_seconds().total() - before
    note = f"{one.answered:,} requests were answered, {one.refused:,} refused; {WATCHED} streams"
    what = f"{seconds:.0f} s of one address at its worst within the default limits, CPU"
    yield report.at_most(what, spent, 5, " s", note, digits=1)
    for name, result in zip(("a post", "/health"), others.result()):
        ms = result["ms"]
        note = f"p99 {ms['p99']:.1f} ms"
        yield report.at_most(f"longest delay of {name} meanwhile", ms["max"], 60, " ms", note)


def _source(number):
    return f"127.0.1.{1 + number // PER_ADDRESS}"


def _connect(port, source):
    """Nothing that is sent to it is taken beyond a few KiB."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.bind((source, 0))
    connection.connect(("127.0.0.1", port))
    return connection


def _largest(port):
    """Requests for what is largest, in turn."""
    page = exchange.Page(port)
    assets = re.findall(r"assets/[^\"']+", page.text("/docs"))
    largest = max(assets, key=lambda asset: len(page.text(f"/{asset}")))
    targets = (adversary.BOARD, f"{adversary.BOARD}?limit=10000&sort=price", f"/{largest}",
               "/api/v1/watch", f"{adversary.BOARD}?limit=115")
    return [adversary.request(f"GET {target}") for target in targets]


def _unread(bench):
    """Memory of the whole process where many ask for the largest answers and read nothing."""
    with bench.database(USUAL, samples.EVEN) as database, contextlib.ExitStack() as stack:
        server = stack.enter_context(bench.programs.server(database, **DEFAULTS))
        requests = _largest(server.port)
        before = server.resident_bytes()
        server.forget_peak()
        for number in range(bench.scale.connections):
            connection = stack.enter_context(_connect(server.port, _source(number)))
            with contextlib.suppress(OSError):  # it may have been cut
                connection.sendall(requests[number % len(requests)] * 4)
        server.settle()
        peak = server.peak_resident_bytes()
    note = f"{before / MIB:.0f} MiB before, with {USUAL:,} advertisements"
    what = f"{bench.scale.connections:,} connections that read nothing, VmRSS at most"
    return report.at_most(what, peak / MIB, 96, " MiB", note)


class SlowClients:
    """Some send the head of a request byte by byte, some the body, and some read no answer."""

    def __init__(self, port, count):
        self._port = port
        self._requests = _largest(port)
        self._is_over = threading.Event()
        self._clients = [self._connect(number) for number in range(count)]
        self._thread = threading.Thread(target=self._drip)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()
        for client in self._clients:
            client.close()

    def _connect(self, number):
        client = _connect(self._port, _source(number))
        client.setblocking(False)
        first = (
            f"GET {adversary.BOARD} HTTP/1.1\r\nHost: ".encode(),
            adversary.post(number, b"x" * 1_000)[:-900],
            self._requests[number % len(self._requests)],
        )
        client.sendall(first[number % len(first)])
        return client

    def _drip(self):
        """Each a byte every few seconds; one that the server has given up comes again."""
        for number in itertools.cycle(range(len(self._clients))):
            if self._is_over.wait(3 / len(self._clients)):
                return
            try:
                if number % 3 < 2:
                    self._clients[number].send(b"h")
                else:
                    self._clients[number].send(b"")
            except OSError:
                self._clients[number].close()
                self._clients[number] = self._connect(number)


def _slow(bench):
    """The latency of posts and lists beside slow clients and without, in turns."""
    lists = bench.requests("lists", [samples.question("country=DE&cpu=8&limit=100")])
    with bench.database(USUAL, samples.EVEN) as database:
        with bench.programs.server(database) as server:
            streams = [(bench.posts(), 16, 500), (lists, 16, 500)]

            def measure(seconds):
                results = bench.programs.load(server.port, streams, seconds, USUAL, [])
                return [result["ms"]["p99"] for result in results]

            def beside(seconds):
                with SlowClients(server.port, bench.scale.connections):
                    server.settle()
                    return measure(seconds)

            pairs = list(bench.turns(beside, measure, at_least=bench.scale.seconds / 5))
    for number, what in enumerate(("a post", "a list of 100")):
        each = [(ours[number], theirs[number]) for ours, theirs in pairs]
        what = f"p99 of {what} beside {bench.scale.connections:,} slow clients"
        yield report.slower(what, each, 3)
