"""Lists without a limit, of more advertisements than a page may hold, as clients meet them."""

import asyncio
import http.client
import json
import socket
import subprocess
import tempfile
import threading
import unittest

import aiohttp

from client import ADVERTISEMENTS, DEADLINE_SECONDS, offer
from server import ServerTestCase, TestCase

PROVIDERS = 2_500  # three pieces of the walk
PADDING = {"note": "x" * 3_800}  # so that the list is longer than what sockets hold
RESOURCES = {"memory": 8, "storage": 100}
POSTING = 16


def name(number):
    return f"p-{number:04}"


def body(number):
    return offer(country=("SE", "DE", "NO")[number % 3],
                 resources={"cpu": 1 + number % 13, **RESOURCES}, pricing=PADDING)


def fill(server, count=PROVIDERS):
    def post(first):
        with server.connect() as wire:
            for number in range(first, count, POSTING):
                assert wire.post(name(number), body(number)).status == 200

    threads = [threading.Thread(target=post, args=(first,)) for first in range(POSTING)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def names_in(found):
    return [advertisement["provider_id"] for advertisement in found]


class SlowReader:
    """One connection with room for little, whose owner reads when it likes."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port)
        self.connection.sock = socket.socket()
        self.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.connection.sock.settimeout(DEADLINE_SECONDS)
        self.connection.sock.connect(("127.0.0.1", server.port))

    def ask(self):
        self.connection.request("GET", ADVERTISEMENTS)
        return self.connection.getresponse()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


class Clients(ServerTestCase):
    settings = {"MAX_PAGE_SIZE": 1}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        fill(cls.server)
        cls.all_names = {name(number) for number in range(PROVIDERS)}

    def assert_whole(self, found):
        self.assertEqual(len(found), PROVIDERS)
        self.assertEqual(set(names_in(found)), self.all_names)

    def curl(self, *arguments):
        finished = subprocess.run(
            ["curl", "-sS", "-m", str(DEADLINE_SECONDS), *arguments],
            capture_output=True, check=True, timeout=DEADLINE_SECONDS)
        return finished.stdout.decode()

    def test_the_head_says_what_comes(self):
        with self.server.connect() as wire:
            for method in ("GET", "HEAD", "GET"):
                answer = wire.ask(method, f"{ADVERTISEMENTS}?count=true",
                                  {"Accept-Encoding": "gzip"})
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.header("Transfer-Encoding"), "chunked")
                self.assertEqual(answer.header("X-Total-Count"), str(PROVIDERS))
                self.assertEqual(answer.header("Cache-Control"), "no-store")
                for absent in ("Content-Length", "ETag", "Link", "Content-Encoding", "Connection"):
                    self.assertIsNone(answer.header(absent))
                if method == "GET":
                    self.assert_whole(answer.json())

    def test_a_limit_and_a_list_that_fits_are_as_ever(self):
        for target in (f"{ADVERTISEMENTS}?limit=1", f"{ADVERTISEMENTS}?provider_id={name(7)}"):
            answer = self.server.get(target)
            self.assertEqual(len(answer.json()), 1)
            self.assertEqual(answer.header("Content-Length"), str(len(answer.body)))
            self.assertEqual(answer.header("Cache-Control"), "no-cache")
            self.assertEqual(answer.header("Link") is not None, "limit" in target)
            known = self.server.get(target, {"If-None-Match": answer.header("ETag")})
            self.assertEqual(known.status, 304)

    def test_filters_orders_and_fields_hold_for_all(self):
        found = self.server.find("country=SE&sort=-cpu&fields=provider_id,resources")
        created = {one["provider_id"]: one["created_at"]
                   for one in self.server.find("fields=provider_id,created_at")}
        wanted = sorted((-(1 + number % 13), created[name(number)], name(number))
                        for number in range(0, PROVIDERS, 3))
        self.assertEqual(names_in(found), [provider for *_, provider in wanted])
        self.assertEqual(set(found[0]), {"provider_id", "resources"})
        self.assertEqual(self.server.ids("sort=-provider_id&q=cpu>=1"),
                         sorted(self.all_names, reverse=True))

    def test_curl_reads_all_twice_over_one_connection(self):
        url = f"{self.server.url}{ADVERTISEMENTS}"
        with tempfile.NamedTemporaryFile() as first, tempfile.NamedTemporaryFile() as second:
            connects = self.curl(url, "-o", first.name, url, "-o", second.name, "--compressed",
                                 "-w", "%{num_connects} ")
            self.assertEqual(connects, "1 0 ")
            for file in (first, second):
                self.assert_whole(json.load(file))

    def test_curl_reads_all_as_an_old_client(self):
        url = f"{self.server.url}{ADVERTISEMENTS}"
        for options in (["--http1.0"], ["--http1.0", "-H", "Connection: keep-alive"]):
            self.assert_whole(json.loads(self.curl(*options, url)))
            head = self.curl(*options, "-I", url)
            self.assertNotIn("Transfer-Encoding", head)
            self.assertIn("Connection: close", head)

    def test_pythons_own_client_reads_all_twice_over_one_connection(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port,
                                                timeout=DEADLINE_SECONDS)
        self.addCleanup(connection.close)
        connection.connect()
        own = connection.sock
        for _ in range(2):
            connection.request("GET", ADVERTISEMENTS)
            self.assert_whole(json.load(connection.getresponse()))
            self.assertIs(connection.sock, own)

    def test_aiohttp_reads_all_twice_over_one_connection(self):
        async def read_twice():
            opened = 0

            async def count(*_):
                nonlocal opened
                opened += 1

            trace = aiohttp.TraceConfig()
            trace.on_connection_create_end.append(count)
            async with aiohttp.ClientSession(trace_configs=[trace]) as session:
                for _ in range(2):
                    async with session.get(f"{self.server.url}{ADVERTISEMENTS}") as response:
                        self.assertTrue(response.ok)
                        self.assert_whole(await response.json())
            self.assertEqual(opened, 1)

        asyncio.run(read_twice())

    def test_what_is_asked_meanwhile_is_answered_behind_it(self):
        with self.server.connect() as wire:
            request = f"GET {ADVERTISEMENTS} HTTP/1.1\r\nHost: h\r\n\r\n".encode()
            wire.send(request + request + b"GET /health HTTP/1.1\r\nHost: h\r\n\r\n")
            self.assert_whole(wire.answer().json())
            self.assert_whole(wire.answer().json())
            self.assertIn("status", wire.answer().json())

    def test_readers_that_stop_reading_cost_little(self):
        readers = []
        before = self.server.resident_kib()
        for _ in range(20):
            reader = SlowReader(self.server)
            self.addCleanup(reader.connection.close)
            readers.append(reader.ask())
            self.assertEqual(readers[-1].read(1), b"[")
        self.assert_whole(self.server.find())  # others are served
        self.assertLess(self.server.resident_kib() - before, 20 * 1024)  # the lists are 200 MB
        self.assert_whole(json.loads(b"[" + readers[0].read()))

    def test_whoever_stays_is_shown_exactly_once_while_others_come_and_go(self):
        ended = threading.Event()

        def come_and_go():
            with self.server.connect() as wire:
                turn = 0
                while not ended.is_set():
                    turn += 1
                    wire.post(f"guest-{turn % 50}", offer(country=("SE", "DE")[turn % 2]))
                    wire.withdraw(f"guest-{(turn + 25) % 50}")
                    number = turn * 7 % PROVIDERS
                    wire.post(name(number), body(number))
            for number in range(50):
                self.server.withdraw(f"guest-{number}")

        other = threading.Thread(target=come_and_go)
        other.start()
        try:
            for query in ("", "sort=cpu", "sort=-cpu", "sort=created_at", "sort=provider_id"):
                found = [one for one in self.server.ids(query) if one.startswith("p-")]
                self.assertEqual(len(found), PROVIDERS, query)
                self.assertEqual(set(found), self.all_names, query)
        finally:
            ended.set()
            other.join()


class Ends(TestCase):
    def setUp(self):
        self.server = self.start(MAX_PAGE_SIZE=7)
        fill(self.server)

    def test_a_crash_in_the_middle_is_an_error_to_the_client(self):
        with SlowReader(self.server) as reader:
            response = reader.ask()
            response.read(100_000)
            self.server.kill()
            with self.assertRaises((http.client.IncompleteRead, ConnectionResetError)):
                response.read()

    def test_aiohttp_and_curl_notice_a_crash_too(self):
        url = f"{self.server.url}{ADVERTISEMENTS}"
        curl = subprocess.Popen(["curl", "-sS", url], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        self.assertEqual(curl.stdout.read(1), b"[")  # and then it waits, for its pipe is full

        async def read():
            async with aiohttp.ClientSession() as session:
                async with session.get(url) as response:
                    await response.content.read(1)
                    self.server.kill()
                    with self.assertRaises(aiohttp.ClientError):
                        await response.read()

        asyncio.run(read())
        errors = curl.communicate(timeout=DEADLINE_SECONDS)[1]
        self.assertIn(curl.returncode, (18, 56), errors)  # partial file, receive error

    def test_a_stop_lets_a_reader_finish(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port,
                                                timeout=DEADLINE_SECONDS)
        self.addCleanup(connection.close)
        connection.request("GET", ADVERTISEMENTS)
        response = connection.getresponse()
        begun = response.read(1)
        self.server.terminate()
        self.assertEqual(len(json.loads(begun + response.read())), PROVIDERS)
        self.assertEqual(self.server.wait_for_end(), 0)


if __name__ == "__main__":
    unittest.main()
