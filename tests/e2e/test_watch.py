"""The live stream, as its clients meet it: cut, resumed, stuck, many."""

import asyncio
import json
import pathlib
import re
import socket
import subprocess
import threading
import time
import unittest

import aiohttp

from browser import Browser
from client import ADVERTISEMENTS, DEADLINE_SECONDS, credentials, offer, request_bytes
from server import BINARY, ServerTestCase, TestCase, eventually, free_port

WATCH = "/api/v1/watch"
DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "watch.md"


class Stream:
    """One stream, read by a thread: its events as (name, id, data), and its bookmarks' ids."""

    def __init__(self, server, query="", last_id=None):
        head = f"GET {WATCH}?{query} HTTP/1.1\r\nHost: localhost\r\n"
        if last_id:
            head += f"Last-Event-ID: {last_id}\r\n"
        self.socket = socket.create_connection(("127.0.0.1", server.port), DEADLINE_SECONDS)
        self.socket.sendall((head + "\r\n").encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        while (line := self.file.readline().strip()):
            name, value = line.decode().split(": ", 1)
            self.headers[name] = value
        self.events = []
        self.bookmarks = []
        self.retry = None
        self.ended = False
        self.changed = threading.Condition()
        self.socket.settimeout(None)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        fields = {}
        try:
            for line in self.file:
                text = line.decode().rstrip("\n")
                if text:
                    name, value = text.split(":", 1)
                    fields[name] = value.removeprefix(" ")
                    continue
                with self.changed:
                    if "retry" in fields:
                        self.retry = int(fields["retry"])
                    if "event" in fields:
                        self.events.append(
                            (fields["event"], fields.get("id"), json.loads(fields["data"])))
                    elif "id" in fields:
                        self.bookmarks.append(fields["id"])
                    self.changed.notify_all()
                fields = {}
        except OSError:
            pass
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait(self, count):
        """The events so far, at least `count` of them."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.events) >= count, DEADLINE_SECONDS):
                raise AssertionError(f"only {len(self.events)} events: {names(self.events)[-20:]}")
            return list(self.events)

    def wait_for_end(self):
        with self.changed:
            if not self.changed.wait_for(lambda: self.ended, DEADLINE_SECONDS):
                raise AssertionError("the stream goes on")

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(DEADLINE_SECONDS)
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.close()
        except OSError:
            pass


def names(events):
    return [name for name, _, _ in events]


def about(events):
    return [(name, data.get("provider_id")) for name, _, data in events]


def revision_of(mark):
    return int(mark.split("-")[2], 16)


def change_others(server, count):
    """At least so many changes of offers in Sweden, over many connections at once."""
    providers, at_once = 128, 64
    wires = [server.connect() for _ in range(providers)]
    for _ in range(0, count, providers * at_once):
        for number, wire in enumerate(wires):
            wire.send(b"".join(
                request_bytes("POST", ADVERTISEMENTS, credentials(f"p{number}"),
                              offer(resources={"cpu": cpu, "memory": 8, "storage": 100}))
                for cpu in (1, 2)) * (at_once // 2))
        for wire in wires:
            for _ in range(at_once):
                assert wire.answer("POST").status == 200
    for wire in wires:
        wire.close()


class Watching(ServerTestCase):
    def tearDown(self):
        for found in self.server.get("/api/v1/advertisements").json():
            self.server.withdraw(found["provider_id"])

    def test_a_snapshot_then_every_change(self):
        self.server.post("a", offer())
        with Stream(self.server, "country=SE") as stream:
            self.assertEqual(stream.status, 200)
            self.assertEqual(stream.headers["Content-Type"], "text/event-stream")
            self.assertNotIn("Content-Encoding", stream.headers)
            self.assertEqual(about(stream.wait(2)), [("added", "a"), ("synced", None)])
            self.assertTrue(2000 <= stream.retry <= 4000)
            listed = self.server.get("/api/v1/advertisements/a").json()
            self.assertEqual(stream.events[0][2], listed)
            self.server.post("b", offer())
            self.server.post("b", offer(resources={"cpu": 9, "memory": 8, "storage": 100}))
            self.server.post("a", offer(country="DE"))
            self.server.withdraw("b")
            self.assertEqual(about(stream.wait(6))[2:], [
                ("added", "b"), ("updated", "b"), ("removed", "a"), ("removed", "b")])
            self.assertEqual([data["reason"] for _, _, data in stream.events[4:]],
                             ["unmatched", "withdrawn"])
            self.assertEqual(len({mark for _, mark, _ in stream.events}), 6)

    def test_a_refresh_is_told_to_those_who_ask(self):
        self.server.post("a", offer())
        with Stream(self.server) as plain, Stream(self.server, "refreshes=true") as full:
            plain.wait(2)
            full.wait(2)
            self.server.post("a", offer())
            self.server.post("z", offer())
            events = full.wait(4)
            self.assertEqual(about(events)[2:], [("refreshed", "a"), ("added", "z")])
            self.assertEqual(set(events[2][2]),
                             {"provider_id", "created_at", "updated_at", "expires_at"})
            self.assertEqual(about(plain.wait(3))[2:], [("added", "z")])

    def test_a_stream_goes_on_where_it_was_cut(self):
        self.server.post("a", offer())
        with Stream(self.server) as stream:
            last = stream.wait(2)[-1][1]
        self.server.post("b", offer())
        self.server.withdraw("a")
        with Stream(self.server, last_id=last) as stream:
            self.assertEqual(about(stream.wait(3)),
                             [("updated", "b"), ("removed", "a"), ("synced", None)])
        with Stream(self.server, f"last_event_id={last}") as stream:
            self.assertEqual(names(stream.wait(3)), ["updated", "removed", "synced"])
        with Stream(self.server, f"cpu=1&last_event_id={last}") as stream:
            self.assertEqual(names(stream.wait(3)), ["reset", "added", "synced"])
        for query in (
            f"lastEventId={last}", f"Last-Event-Id={last}&padding=true", f"evs_last_event_id={last}",
            f"lastEventId={last}&r=8123", f"last_event_id=stale&lastEventID={last}",
        ):
            with Stream(self.server, query) as stream:
                self.assertEqual(names(stream.wait(3)), ["updated", "removed", "synced"], query)
        for query in ("lastEventId=", "lastEventId=&r=8123&_=1", "evs_preamble=2056"):
            with Stream(self.server, query) as stream:
                self.assertEqual(names(stream.wait(2)), ["added", "synced"], query)

    def test_head_and_faults(self):
        head = self.server.ask("HEAD", WATCH)
        self.assertEqual(head.status, 200)
        self.assertEqual(head.header("Content-Type"), "text/event-stream")
        self.assertIsNone(head.header("Content-Length"))
        for name in ("limit", "sort", "cursor", "count", "fields", "page"):
            refusal = self.server.get(f"{WATCH}?{name}=3")
            self.assert_refused(refusal, f"query.{name}")
            self.assertIn("a watch takes", refusal.json()["message"])
        self.assert_error(self.server.get(f"{WATCH}?cpu=0"), 400, "ADV_002")
        self.assertEqual(self.server.ask("POST", WATCH).status, 405)

    def test_many_come_and_go_without_a_trace(self):
        def come_and_go(times):
            for number in range(times):
                with Stream(self.server, f"cpu={1 + number % 50}") as stream:
                    stream.wait(1)

        come_and_go(300)
        files, before = self.server.open_files(), self.server.resident_kib()
        come_and_go(700)
        eventually(lambda: self.server.open_files() <= files, "all sockets are closed")
        # A sanitizer keeps for a while what is freed.
        if "san" not in pathlib.Path(BINARY).parts[-3]:
            self.assertLess(self.server.resident_kib(), before + 4_096)

    def test_a_stuck_reader_costs_its_own_stream_alone(self):
        stuck = socket.socket()
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect(("127.0.0.1", self.server.port))
        stuck.sendall(f"GET {WATCH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        with Stream(self.server) as quick, self.server.connect() as wire:
            quick.wait(1)
            resources = {"cpu": 1, "memory": 1, "storage": 1}
            pricing = {"x": "x" * 3_000}
            wire.post("p", offer())  # what has been answered has been accepted
            quick.wait(2)
            files = self.server.open_files()
            count = 0

            def is_dropped():
                nonlocal count
                for _ in range(50):
                    count += 1
                    wire.post("p", offer(resources={**resources, "cpu": count}, pricing=pricing))
                return self.server.open_files() < files

            eventually(is_dropped, "the stuck stream is ended")
            self.assertEqual(quick.wait(2 + count)[-1][2]["resources"]["cpu"], count)
            self.assertFalse(quick.ended)
        stuck.close()

    def test_aiohttp_watches(self):
        async def watch():
            async with aiohttp.ClientSession() as session:
                async with session.get(self.server.url + WATCH) as answer:
                    self.assertEqual(answer.status, 200)
                    async for line in answer.content:
                        if line.startswith(b"event: synced"):
                            return True

        self.assertTrue(asyncio.run(asyncio.wait_for(watch(), DEADLINE_SECONDS)))


class Lives(TestCase):
    def test_expiry_is_told_within_a_second_though_nobody_asks(self):
        server = self.start(ADVERTISEMENT_EXPIRY_MINUTES=0.03)
        server.post("a", offer())
        posted = time.monotonic()
        with Stream(server) as stream:
            events = stream.wait(3)
            late = time.monotonic() - posted - 1.8
            self.assertEqual(about(events)[2], ("removed", "a"))
            self.assertEqual(events[2][2]["reason"], "expired")
            # On a busy machine the reader itself may be late.
            self.assertLess(late, 1 + 2)

    def test_a_stream_goes_on_over_restarts_and_kills(self):
        server = self.start(PORT=free_port())
        known, last = {}, None
        for round_ in range(6):
            server.post(f"before-{round_}", offer())
            with Stream(server, last_id=last) as stream:
                eventually(lambda: "synced" in names(stream.events), "synced")
                server.post("changing", offer(country="SE" if round_ % 2 else "DE"))
                eventually(lambda: ("changing" in [data.get("provider_id")
                                                   for _, _, data in stream.events]), "the change")
                server.post(f"unheard-{round_}", offer())
                if round_ > 0:
                    server.withdraw(f"before-{round_ - 1}")
                if round_ % 2:
                    server.kill()
                else:
                    server.stop()
                stream.wait_for_end()
                for name, mark, data in stream.events:
                    self.assertTrue(name != "reset" or last is None)
                    last = mark or last
                    if name == "removed":
                        known.pop(data["provider_id"], None)
                    elif name in ("added", "updated"):
                        known[data["provider_id"]] = data
            server.restart()
        with Stream(server, last_id=last) as stream:
            eventually(lambda: "synced" in names(stream.events), "synced")
            for name, _, data in stream.events:
                if name == "removed":
                    known.pop(data["provider_id"], None)
                elif name in ("added", "updated"):
                    known[data["provider_id"]] = data
        listed = {one["provider_id"]: one for one in server.get("/api/v1/advertisements").json()}
        self.assertEqual(set(known), set(listed))
        for name, data in known.items():
            self.assertEqual(data["country"], listed[name]["country"])
        server.stop()

    def test_too_many_streams_are_refused(self):
        server = self.start(MAX_CONNECTIONS=40, MAX_CONNECTIONS_PER_ADDRESS=8)
        streams = [Stream(server) for _ in range(4)]
        self.assertEqual({stream.status for stream in streams}, {200})
        answer = server.get(WATCH)
        self.assert_error(answer, 429, "RATE_001")
        self.assertTrue(answer.header("Retry-After"))
        streams.pop().close()
        eventually(lambda: self.admits(server), "a place is free again")
        for stream in streams:
            stream.close()

    def admits(self, server):
        with Stream(server) as stream:
            return stream.status == 200

    def test_the_clients_of_the_documentation(self):
        server = self.start()
        server.post("a", offer())
        text = DOCUMENT.read_text().replace("http://localhost:9001", server.url)
        for language in ("sh", "python"):
            source = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL).group(1)
            command = ["bash", "-c", source.replace("curl", "curl -s")] if language == "sh" else ["/usr/bin/python3", "-uc", source]
            with subprocess.Popen(command, stdout=subprocess.PIPE) as client:
                try:
                    self.assertTrue(any(b"synced" in line for line in client.stdout), language)
                finally:
                    client.kill()

    def test_the_browser_client_of_the_documentation_goes_on_after_a_crash(self):
        """Its EventSource comes back by itself, and hears what it has missed, leavings too."""
        server = self.start(PORT=free_port())
        for provider in ("stays", "leaves"):
            server.post(provider, offer())
        client = re.search(r"```js\n(.*?)```", DOCUMENT.read_text(), re.DOTALL).group(1)
        client = client.replace("http://localhost:9001", server.url)
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open(server.url, "/health")
        browser.evaluate(f"(() => {{ {client} window.offers = offers; window.stream = stream; }})()")
        offers = "[...offers.keys()].sort().join()"
        browser.wait(f"{offers} === 'leaves,stays'")
        server.kill()
        browser.wait("stream.readyState === EventSource.CONNECTING")
        server.restart()
        server.withdraw("leaves")
        server.post("comes", offer())
        browser.wait(f"{offers} === 'comes,stays'")

    def test_a_quiet_filter_is_resumed_however_much_else_has_changed(self):
        """A bookmark is no event, and the id that a browser's EventSource comes back with."""
        server = self.start(PORT=free_port())
        server.post("a", offer(country="PT"))
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open(server.url, "/health")
        browser.evaluate(f"""(() => {{
            window.heard = [];
            window.stream = new EventSource("{WATCH}?country=PT");
            for (const name of ["message", "added", "updated", "removed", "synced", "reset"]) {{
                stream.addEventListener(name, () => heard.push(name));
            }}
        }})()""")
        browser.wait("heard.join() === 'added,synced'")
        with Stream(server, "country=PT") as stream:
            synced = stream.wait(2)[-1][1]
            change_others(server, 20_000)
            bookmark = eventually(
                lambda: next((mark for mark in stream.bookmarks
                              if revision_of(mark) >= revision_of(synced) + 16_384), None),
                "a bookmark")
            self.assertEqual(names(stream.events), ["added", "synced"])
        change_others(server, 46_000)
        server.kill()
        browser.wait("stream.readyState === EventSource.CONNECTING")
        server.restart()
        server.post("b", offer(country="PT"))
        browser.wait("['updated', 'added'].some((name) => heard.includes(name, 2))"
                     " && heard.includes('synced', 2)")
        self.assertNotIn("reset", browser.evaluate("heard"))
        self.assertNotIn("message", browser.evaluate("heard"))
        with Stream(server, "country=PT", last_id=bookmark) as stream:
            eventually(lambda: "synced" in names(stream.events), "synced")
            self.assertIn(("updated", "b"), about(stream.events))
            self.assertNotIn("reset", names(stream.events))
        with Stream(server, "country=PT", last_id=synced) as stream:
            self.assertEqual(names(stream.wait(1))[0], "reset", "the log reaches back as far")


if __name__ == "__main__":
    unittest.main()
