"""Bytes that no well-meaning client sends, and well-meant ones in the oddest portions.

After each test the server still answers; after all of them it holds no file it did not hold before,
and stops cleanly.
"""

import selectors
import time
import unittest

from client import (
    ADVERTISEMENTS, DEADLINE_SECONDS, Closed, compact, credentials, offer, request_bytes,
)
from server import ServerTestCase, eventually

HEAD_BYTES = 16 * 1024
TARGET_BYTES = 8 * 1024
BODY_BYTES = 16 * 1024
HEALTH = request_bytes("GET", "/health")
TLS_HELLO = bytes.fromhex(
    "160301006c010000680303" + "5a" * 32
    + "000008130213031301c02b01000037000000100e00000b6578616d706c652e6f7267"
    + "000a00040002001d000d000400020403002b0003020304003300020000"
)


def post_bytes(headers=(), body=b"", length=True):
    """A post whose framing headers are the caller's own where `length` is not wanted."""
    pairs = credentials() + list(headers) + ([("Content-Length", len(body))] if length else [])
    return request_bytes("POST", ADVERTISEMENTS, pairs) + body


def chunked(*chunks):
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


def chunked_post(encoded, headers=()):
    return post_bytes([("Transfer-Encoding", "chunked"), *headers], encoded, length=False)


def single_bytes(data):
    return [data[index : index + 1] for index in range(len(data))]


class SocketTestCase(ServerTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files_at_start = eventually(cls.server.open_files, "open files")

    @classmethod
    def tearDownClass(cls):
        eventually(lambda: cls.server.open_files() <= cls.files_at_start, "all connections closed")
        super().tearDownClass()

    def setUp(self):
        self.wire = self.connect()

    def tearDown(self):
        self.assertEqual(self.server.get("/health").status, 200)

    def connect(self, source="127.0.0.1"):
        wire = self.server.connect(source)
        self.addCleanup(wire.close)
        return wire

    def assert_bad_request(self, data):
        """400, nothing of what comes behind is looked at, and the connection is closed."""
        with self.server.connect() as wire:
            wire.send_until_refused(data)
            wire.send_until_refused(HEALTH)
            try:
                answer = wire.answer()
            except Closed:
                self.fail(f"closed without an answer: {data[:200]!r}")
            self.assertEqual(answer.status, 400, (data[:200], answer))
            self.assert_error(answer, 400, "HTTP_400")
            self.assertEqual(answer.header("Connection"), "close")
            self.assertTrue(wire.ended(), data[:200])


class Portions(SocketTestCase):
    def test_pipelined_requests_are_answered_in_their_order(self):
        path = f"{ADVERTISEMENTS}/pipelined"
        headers = credentials("pipelined")
        requests = [
            ("GET", path, (), None, 404),
            ("POST", ADVERTISEMENTS, headers, offer(), 200),
            ("GET", path, (), None, 200),
            ("HEAD", path, (), None, 200),
            ("DELETE", path, headers, None, 200),
            ("GET", path, (), None, 404),
            ("PUT", path, (), None, 405),
            ("GET", "/health", (), None, 200),
        ]
        data = b"".join(request_bytes(*request[:4]) for request in requests) * 20
        self.wire.send(data)
        for method, target, _, _, status in requests * 20:
            self.assertEqual(self.wire.answer(method).status, status, (method, target))

    def test_a_request_may_come_in_any_two_portions(self):
        data = request_bytes("POST", ADVERTISEMENTS, credentials(), offer())
        for cut in range(1, len(data)):
            self.wire.send(data[:cut])
            self.wire.send(data[cut:])
            self.assertEqual(self.wire.answer().status, 200, cut)

    def test_a_request_may_come_byte_by_byte(self):
        for data in (request_bytes("POST", ADVERTISEMENTS, credentials(), offer()), HEALTH):
            for byte in single_bytes(data):
                self.wire.send(byte)
            self.assertEqual(self.wire.answer().status, 200)

    def test_chunks_of_one_byte(self):
        encoded = chunked(*single_bytes(compact(offer(provider_name="chunked"))))
        self.wire.send(chunked_post(encoded))
        self.assertEqual(self.wire.answer().json()["provider_name"], "chunked")
        for byte in single_bytes(chunked_post(encoded)):
            self.wire.send(byte)
        self.assertEqual(self.wire.answer().status, 200)

    def test_chunk_extensions_upper_case_sizes_and_trailers_are_read_over(self):
        body = compact(offer()).ljust(0xAB)
        for encoded in (
            b"AB;name=value\r\n%s\r\n0\r\n\r\n", b"00ab\r\n%s\r\n0\r\nX-Trailer: x\r\n\r\n",
        ):
            self.wire.send(chunked_post(encoded % body))
            self.assertEqual(self.wire.answer().status, 200, encoded)

    def test_expect_100_continue(self):
        body = compact(offer())
        self.wire.send(post_bytes([("Expect", "100-continue")], body)[: -len(body)])
        self.assertEqual(self.wire.answer().status, 100)
        self.wire.send(body)
        self.assertEqual(self.wire.answer().status, 200)

    def test_connection_close_and_http_1_0_end_the_connection(self):
        for data in (
            request_bytes("GET", "/health", {"Connection": "close"}),
            b"GET /health HTTP/1.0\r\n\r\n",
        ):
            with self.server.connect() as wire:
                wire.send(data)
                self.assertEqual(wire.answer().json(), {"status": "healthy"})
                self.assertTrue(wire.ended())

    def test_a_client_that_has_finished_sending_gets_its_answers(self):
        self.wire.send(request_bytes("POST", ADVERTISEMENTS, credentials(), offer()) + HEALTH)
        self.wire.finish_sending()
        self.assertEqual(self.wire.answer().status, 200)
        self.assertEqual(self.wire.answer().json(), {"status": "healthy"})
        self.assertTrue(self.wire.ended())

    def test_the_absolute_form_of_a_target_is_understood(self):
        self.assertEqual(self.wire.get("http://localhost/health").json(), {"status": "healthy"})


class BadRequests(SocketTestCase):
    def test_the_answer_says_what_is_wrong(self):
        get = b"GET /health HTTP/1.1\r\n"
        for data, words in (
            (TLS_HELLO, "TLS"), (b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + HEALTH, "PROXY protocol"),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2"), (get + b"\r\n", "Host is missing"),
            (get + b"Host: a\r\nHost: a\r\n\r\n", "Host is sent more than once"),
            (get + b"Host: a\r\nX : a\r\n\r\n", "between its name and the colon"),
            (get + b"Host: a\r\n X: a\r\n\r\n", "folded"),
            (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "%20"),
            (post_bytes([("Content-Length", 1), ("Content-Length", 1)], b"{", length=False),
             "Content-Length is sent more than once"),
            (post_bytes([("Transfer-Encoding", "chunked")], b"{"), "are both sent"),
            (chunked_post(b"x\r\n"), "chunked body"),
        ):
            for portions in ([data], single_bytes(data)):
                with self.server.connect() as wire:
                    for portion in portions:
                        wire.send_until_refused(portion)
                    self.assertIn(words, wire.answer().json()["message"])

    def test_lengths_that_contradict_each_other(self):
        body = compact(offer())
        for headers in (
            [("Content-Length", len(body)), ("Content-Length", len(body) + 1)],
            [("Content-Length", 0), ("Content-Length", len(body))],
            [("Content-Length", f"{len(body)}, {len(body) + 1}")],
            [("Content-Length", len(body)), ("Transfer-Encoding", "chunked")],
            [("Transfer-Encoding", "chunked"), ("Content-Length", len(body))],
        ):
            self.assert_bad_request(post_bytes(headers, body, length=False))

    def test_the_same_length_twice_is_read_as_once_or_refused(self):
        body = compact(offer())
        self.wire.send(post_bytes([("Content-Length", len(body))], body))
        self.assertIn(self.wire.answer().status, (200, 400))

    def test_lengths_that_are_no_numbers(self):
        for length in ("abc", "-1", "+5", "0x5", "5 5", "5;", "1e1", "", "99999999999999999999999"):
            data = post_bytes([("Content-Length", length)], b"{}   ", length=False)
            if length.isdigit():
                self.wire.send(data)
                self.assertIn(self.wire.answer().status, (400, 413))
            else:
                self.assert_bad_request(data)

    def test_transfer_encodings_that_do_not_end_in_chunked(self):
        for encoding in (
            "gzip", "chunked, gzip", "identity", "xchunked", "chunkedx", "chunked,", "",
        ):
            data = post_bytes([("Transfer-Encoding", encoding)], chunked(b"{}"), length=False)
            self.assert_bad_request(data)

    def test_bad_chunks(self):
        for encoded in (
            b"g\r\n", b"-1\r\n{}", b"+2\r\n{}\r\n0\r\n\r\n", b"0x2\r\n{}\r\n0\r\n\r\n", b"\r\n",
            b" 2\r\n{}\r\n0\r\n\r\n", b"two\r\n{}\r\n",
            b"2\r\n{}x\r\n0\r\n\r\n", b"2\r\n{}0\r\n\r\n", b"2\n{}\n0\n\n",
        ):
            self.assert_bad_request(chunked_post(encoded))

    def test_missing_and_doubled_hosts(self):
        self.assert_bad_request(b"GET /health HTTP/1.1\r\n\r\n")
        self.assert_bad_request(b"GET /health HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n")
        self.assert_bad_request(b"GET /health HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n")

    def test_folded_lines(self):
        self.assert_bad_request(b"GET /health HTTP/1.1\r\nHost: a\r\nX-Folded: a\r\n b\r\n\r\n")
        self.assert_bad_request(b"GET /health HTTP/1.1\r\nHost: a\r\nX-Folded:\r\n\tb\r\n\r\n")

    def test_garbage(self):
        for data in (
            b"\r\n\r\n\r\n\r\nhello\r\n\r\n", b"GET\r\n\r\n", b"GET /\r\n\r\n",
            b"GET /health HTTP/9.9\r\nHost: a\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost a\r\n\r\n", b"GET /health HTTP/1.1\r\nHost : a\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
            b"GET /he alth HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET /health\0 HTTP/1.1\r\nHost: a\r\n\r\n",
            b"G\xffT /health HTTP/1.1\r\nHost: a\r\n\r\n",
            b"\0" * 64 + b"\r\n\r\n", b"\xff" * 64 + b"\r\n\r\n", b"{}\r\n\r\n", TLS_HELLO,
        ):
            self.assert_bad_request(data)

    def test_empty_lines_after_a_body(self):
        post = request_bytes("POST", ADVERTISEMENTS, credentials(), offer())
        self.wire.send(post + b"\r\n\r\n" + post + 8 * b"\r\n" + HEALTH)
        self.assertEqual([self.wire.answer().status for _ in range(3)], [200, 200, 200])
        for byte in 8 * b"\r\n" + HEALTH:
            self.wire.send(bytes([byte]))
        self.assertEqual(self.wire.answer().status, 200)
        self.wire.send(9 * b"\r\n")
        self.assert_error(self.wire.answer(), 400, "HTTP_400")

    def test_the_preface_of_http_2_is_turned_away(self):
        self.wire.send_until_refused(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
        self.assertGreaterEqual(self.wire.answer().status, 400)
        self.assertTrue(self.wire.ended())

    def test_good_requests_before_a_bad_one_are_answered(self):
        self.wire.send(HEALTH + HEALTH + b"nonsense\r\n\r\n" + HEALTH)
        self.assertEqual([self.wire.answer().status for _ in range(3)], [200, 200, 400])
        self.assertTrue(self.wire.ended())


class Sizes(SocketTestCase):
    def head_of(self, size):
        head = request_bytes("GET", "/health", {"X-Filler": ""})
        return head.replace(b"X-Filler: ", b"X-Filler: " + b"x" * (size - len(head)))

    def assert_too_much(self, data, status):
        with self.server.connect() as wire:
            wire.send_until_refused(data)
            self.assert_error(wire.answer(), status, f"HTTP_{status}")
            self.assertTrue(wire.ended())

    def test_heads_at_their_limit(self):
        self.wire.send(self.head_of(HEAD_BYTES))
        self.assertEqual(self.wire.answer().status, 200)
        self.assert_too_much(self.head_of(HEAD_BYTES + 1), 431)
        self.assert_too_much(self.head_of(1_000_000), 431)
        many = request_bytes("GET", "/health", [(f"X-{number}", "x") for number in range(5000)])
        self.assert_too_much(many, 431)

    def test_a_head_without_end_is_refused(self):
        self.assert_too_much(
            b"GET /health HTTP/1.1\r\nHost: a\r\n" + b"X: " + b"x" * HEAD_BYTES, 431
        )

    def test_targets_at_their_limit(self):
        self.assertEqual(self.wire.get("/health?_=".ljust(TARGET_BYTES, "x")).status, 200)
        self.assert_too_much(request_bytes("GET", "/health?_=".ljust(TARGET_BYTES + 1, "x")), 414)

    def test_an_announced_body_is_refused_before_it_is_sent(self):
        self.wire.send(post_bytes([("Content-Length", BODY_BYTES + 1)], length=False))
        self.assert_error(self.wire.answer(), 413, "HTTP_413")
        expecting = [("Content-Length", BODY_BYTES + 1), ("Expect", "100-continue")]
        with self.server.connect() as wire:
            wire.send(post_bytes(expecting, length=False))
            self.assert_error(wire.answer(), 413, "HTTP_413")

    def test_a_client_that_sends_a_large_body_first_can_read_the_answer(self):
        body = b" " * 1_000_000
        self.wire.send(post_bytes([], body))
        self.assert_error(self.wire.answer(), 413, "HTTP_413")

    def test_chunked_bodies_at_their_limit(self):
        body = compact(offer()).ljust(BODY_BYTES)
        self.wire.send(chunked_post(chunked(body[:10_000], body[10_000:])))
        self.assertEqual(self.wire.answer().status, 200)
        self.assert_too_much(chunked_post(chunked(body, b" ")), 413)
        self.assert_too_much(chunked_post(chunked(b" " * 1_000_000)), 413)
        for size in (b"7fffffff", b"ffffffffffffffff", b"10000000000000000", b"f" * 100):
            self.assert_too_much(chunked_post(size + b"\r\n" + body), 413)

    def test_endless_chunk_extensions_and_trailers_are_refused(self):
        for encoded in (b"2;" + b"x" * 200_000, b"0\r\n" + b"X-Trailer: x\r\n" * 20_000):
            with self.server.connect() as wire:
                wire.send_until_refused(chunked_post(encoded))
                self.assertIn(wire.answer().status, (400, 413, 431))
                self.assertTrue(wire.ended())


class Manners(SocketTestCase):
    """Clients that stop half-way, leave, drip, or never listen."""

    def test_clients_that_leave_in_the_middle_cost_nothing(self):
        body = compact(offer())
        whole = post_bytes([], body)
        for data in (
            b"", b"G", HEALTH[:-2], whole[:-1], whole[: -len(body)], chunked_post(b"5\r\n{"),
            whole, HEALTH * 50,
        ):
            for leave in ("close", "reset", "finish_sending"):
                wire = self.server.connect()
                wire.send(data)
                getattr(wire, leave)()
                self.addCleanup(wire.close)

    def test_half_open_and_dripping_clients_are_timed_out(self):
        head = post_bytes([], compact(offer()))[:40]
        half_sent = post_bytes([("Content-Length", 1000)], length=False)
        half_open = {self.connect(): data for data in (head, half_sent, chunked_post(b"5\r\n{"))}
        dripping = {self.connect(): data for data in (HEALTH, half_sent, chunked_post(b""))}
        for wire, data in {**half_open, **dripping}.items():
            wire.send(data[:-2] if data is HEALTH else data)
        self.drip(dripping)
        for wire in (*half_open, *dripping):
            self.assert_error(wire.answer(), 408, "HTTP_408")
            self.assertTrue(wire.ended())

    def drip(self, dripping):
        """Sends each a byte every 50 ms, more of a header or a body, until all have an answer."""
        more = {HEALTH: b"X: " + b"x" * 10_000, chunked_post(b""): chunked(*[b" "] * 2000)}
        selector = selectors.DefaultSelector()
        for wire in dripping:
            selector.register(wire.socket, selectors.EVENT_READ)
        deadline = time.monotonic() + DEADLINE_SECONDS
        answered, position = set(), 0
        while len(answered) < len(dripping):
            self.assertLess(time.monotonic(), deadline, "a dripping client was never answered")
            for key, _ in selector.select(0.05):
                answered.add(key.fileobj)
                selector.unregister(key.fileobj)
            for wire, data in dripping.items():
                if wire.socket not in answered:
                    wire.send_until_refused(more.get(data, b" " * 1000)[position : position + 1])
            position += 1

    def test_a_client_that_asks_and_never_reads_holds_up_nobody(self):
        for number in range(50):
            answer = self.wire.post(f"listed-{number}", offer(pricing={"note": "x" * 4000}))
            self.assertEqual(answer.status, 200)
        deaf = self.connect()
        deaf.socket.setblocking(False)
        requests = request_bytes("GET", ADVERTISEMENTS) * 100
        try:
            for _ in range(1000):
                deaf.socket.send(requests)
        except BlockingIOError:
            pass
        else:
            self.fail("the server took in requests without end")
        self.assertEqual(len(self.wire.find()), 50)
        deaf.socket.setblocking(True)
        deaf.reset()


if __name__ == "__main__":
    unittest.main()
