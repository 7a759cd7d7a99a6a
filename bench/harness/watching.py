"""What watching costs: the measurements of streams."""

import functools
import statistics
import time

from . import samples
from .report import Row

EVENT_HEAD = b"event: updated\nid: 0123456789abcdef-0123456789abcdef-1fffff\ndata: "
CHANGES_PER_SECOND = 5_000
# By what filters do not match; the watcher's number makes each another.
OTHER_FILTERS = {
    "sizes": "/api/v1/watch?storage=2#",
    "names": "/api/v1/watch?platform=arm#",
    "prices": "/api/v1/watch?max_usd_per_month=0.0#",
}


def watch(bench):
    """All rows about streams."""
    return _fan_out(bench) + _other_filters(bench) + _many_changes(bench) + _return(bench)


def _fan_out(bench):
    """One change to many, against a bare send() loop to as many."""
    count, rounds = bench.scale.idle_connections, 5
    file = bench.requests("changes-of-one", samples.changes(1_000, 1))
    with bench.database(10, samples.EVEN) as database, bench.programs.server(database) as server:
        before = server.resident_bytes()
        with bench.programs.watchers(server.port, count, "/api/v1/watch", file) as watchers:
            time.sleep(3)  # as for idle connections
            idle = (server.resident_bytes() - before) / count
            size = watchers.ask("change", 1)["event"]
            event = (EVENT_HEAD + b"x" * size)[: size - 2] + b"\n\n"
            with bench.programs.fanout(event) as bare:
                with bench.programs.watchers(bare.port, count, "/api/v1/watch", file) as others:

                    def tell(program, crowd):
                        spent = program.cpu_seconds()
                        told = crowd.ask("change", rounds)
                        return (program.cpu_seconds() - spent) / rounds / count, told

                    pairs = bench.pairs(
                        lambda: tell(server, watchers), lambda: tell(bare, others)
                    )
    ours, theirs = ([pair[side][0] for pair in pairs] for side in (0, 1))
    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
    told = [pair[0][1] for pair in pairs]
    bare_told = [pair[1][1] for pair in pairs]

    def row(what, of, share, most):
        over = max if share == "max" else statistics.median
        mine, other = (over(one[of][share] for one in all) for all in (told, bare_told))
        reference = f"bare {other:.1f} ms"
        return Row(what, f"{mine:.1f} ms", reference, "-", f"<= {most} ms", mine <= most)

    return [
        Row(
            f"CPU per watcher of one change to {count:,}",
            f"{statistics.median(ours) * 1e6:.2f} us",
            f"bare send() {statistics.median(theirs) * 1e6:.2f} us",
            f"{ratio:.2f}",
            "<= 1.3",
            ratio <= 1.3,
            f"events of {size} bytes; {rounds} changes a figure, ratios"
            f" {', '.join(f'{a / b:.2f}' for a, b in zip(ours, theirs))}",
        ),
        row("delay from the post, median", "delay_ms", "p50", 100),
        row("longest wait of another request meanwhile", "wait_ms", "max", 5),
        Row(
            f"resident memory of {count:,} idle watchers",
            f"{idle:,.0f} bytes each",
            "-",
            "-",
            "<= 6,144 bytes",
            idle <= 6_144,
        ),
    ]


def _other_filters(bench):
    """What a change costs for each filter that it does not match."""
    groups, rate, seconds = bench.scale.idle_connections, 200, bench.scale.seconds
    changes = int(rate * seconds)
    file = bench.requests("changes", samples.changes(int(CHANGES_PER_SECOND * seconds), 10_000))
    with bench.database(10_000, samples.EVEN) as database:
        with bench.programs.server(database) as server:

            def spend():
                before = server.cpu_seconds()
                bench.load_once(server, file, 16, rate, seconds)
                return (server.cpu_seconds() - before) / changes

            alone = spend()
            watched = {}
            for name, target in OTHER_FILTERS.items():
                with bench.programs.watchers(server.port, groups, target):
                    watched[name] = (spend() - alone) / groups
    return [
        Row(
            f"CPU of a change per filter of {name} that it does not match, {groups:,} filters",
            f"{each * 1e6:.3f} us",
            f"{alone * 1e6:.0f} us a change without",
            "-",
            "<= 0.2 us",
            each <= 0.2e-6,
        )
        for name, each in watched.items()
    ]


def _many_changes(bench):
    """Many changes a second to a hundred, and to nobody."""
    watching, seconds = 100, bench.scale.seconds
    file = bench.requests("changes", samples.changes(int(CHANGES_PER_SECOND * seconds), 10_000))
    with bench.database(10_000, samples.EVEN) as database:
        with bench.programs.server(database) as server:

            def change():
                before = server.cpu_seconds()
                posts = bench.load_once(server, file, 64, CHANGES_PER_SECOND, seconds)
                return posts, (server.cpu_seconds() - before) / posts["seconds"]

            _, alone = change()
            with bench.programs.watchers(server.port, watching, "/api/v1/watch") as watchers:
                watchers.tell("follow", seconds + 4)
                posts, busy = change()
                heard = watchers.answer()
    wanted = posts["answered"] * watching
    return [
        Row(
            f"core's share for {CHANGES_PER_SECOND:,} changes a second to {watching}",
            f"{busy:.0%}",
            f"to nobody {alone:.0%}",
            "-",
            "<= 50 %, nothing missed",
            busy <= 0.5 and heard["events"] == wanted,
            f"{heard['events']:,} events of {wanted:,}, {heard['live']} never cut off; posts"
            f" {posts['per_second']:,.0f}/s, p99 {posts['ms']['p99']:.1f} ms",
        )
    ]


def _return(bench):
    """All come back after a restart, while providers post."""
    count, seconds = bench.scale.idle_connections, 15
    file = bench.requests("posts", samples.posts(samples.SKEWED))
    target = f"/api/v1/watch?provider_id={samples.provider_id('0000001')}"
    with bench.database(10_000) as database:
        with bench.programs.server(database) as server:
            port = server.port
            post = functools.partial(
                bench.programs.load, port, [(file, 64, CHANGES_PER_SECOND)], ids=10_000
            )
            (alone,) = post(seconds=bench.scale.seconds)
            with bench.programs.watchers(port, count, target) as watchers:
                watchers.tell("return", seconds + 10)
                server.stop()
                with bench.programs.server(database, port=port):
                    (posts,) = post(seconds=seconds)
                    back = watchers.answer()
    return [
        Row(
            f"{count:,} watchers live again after a restart",
            f"{back['seconds']:.1f} s" if back["live"] == count else f"{back['live']:,} of them",
            "-",
            "-",
            f"<= {seconds} s",
            back["live"] == count and back["seconds"] <= seconds,
            f"from before the stop on; {back['resets']} resets",
        ),
        Row(
            f"p99 of a post meanwhile, {CHANGES_PER_SECOND:,}/s",
            f"{posts['ms']['p99']:.1f} ms",
            f"without {alone['ms']['p99']:.1f} ms",
            "-",
            "<= 20 ms",
            posts["ms"]["p99"] <= 20,
            f"worst {posts['ms']['max']:.1f} ms, without {alone['ms']['max']:.1f} ms",
        ),
    ]
