"""Rate limits, proxies, and caps. The clients are different loopback addresses."""

import unittest

from client import ADVERTISEMENTS, Closed, offer
from server import ServerTestCase, eventually

QUOTA = 3  # a write comes back every 20 s, so that none waits here
OVERSIZED = b" " * (16 * 1024 + 1)


class RateLimit(ServerTestCase):
    """Every test has client addresses of its own, as no bucket may be another test's."""

    settings = {"RATE_LIMIT_PER_MINUTE": QUOTA}

    def read(self, source, path=ADVERTISEMENTS):
        return self.server.ask("GET", path, source=source)

    def write(self, source, body=None):
        with self.server.connect(source) as wire:
            return wire.post("provider-1", body)

    def exhaust(self, call, source):
        """Asks until refused; at least the quota goes through, more if a window ends meanwhile."""
        answers = []
        for _ in range(3 * QUOTA):
            answers.append(call(source))
            if answers[-1].status == 429:
                self.assertGreaterEqual(len(answers), QUOTA + 1)
                return answers
        self.fail("no 429")

    def test_the_answers_say_how_much_is_left(self):
        for call, policy, source in (
            (self.read, "read", "127.0.1.1"), (self.write, "write", "127.0.1.2"),
        ):
            answers = self.exhaust(call, source)
            for answer in answers:
                self.assertEqual(answer.header("RateLimit-Policy"), f'"{policy}";q={QUOTA};w=60')
                self.assertRegex(
                    answer.header("RateLimit"), rf'^"{policy}";r=[0-{QUOTA - 1}];t=\d+$'
                )
            self.assertRegex(answers[0].header("RateLimit"), rf"r={QUOTA - 1};")
            refused = answers[-1]
            self.assert_error(refused, 429, "RATE_001")
            self.assertRegex(refused.header("RateLimit"), r"r=0;")
            self.assertTrue(1 <= int(refused.header("Retry-After")) <= 60, refused)
            self.assertIsNone(answers[0].header("Retry-After"))

    def test_reads_and_writes_are_counted_apart(self):
        self.exhaust(self.read, "127.0.2.1")
        self.assertEqual(self.write("127.0.2.1").status, 200)
        self.exhaust(self.write, "127.0.2.2")
        self.assertEqual(self.read("127.0.2.2").status, 200)

    def test_one_client_does_not_use_up_anothers(self):
        self.exhaust(self.read, "127.0.3.1")
        self.assertEqual(self.read("127.0.3.2").status, 200)

    def test_health_and_ready_are_not_counted(self):
        for _ in range(3 * QUOTA):
            for path in ("/health", "/ready"):
                answer = self.read("127.0.4.1", path)
                self.assertEqual(answer.status, 200)
                self.assertIsNone(answer.header("RateLimit"))
        self.exhaust(self.read, "127.0.4.1")
        self.assertEqual(self.read("127.0.4.1", "/health").status, 200)

    def test_the_limit_comes_before_every_other_check(self):
        self.exhaust(self.write, "127.0.5.1")
        with self.server.connect("127.0.5.1") as wire:
            answer = wire.post(None, OVERSIZED, None, [("Content-Type", "text/plain")])
            self.assert_error(answer, 429, "RATE_001")
        with self.server.connect("127.0.5.1") as wire:
            self.assert_error(wire.post(None, b"{", None), 429, "RATE_001")

    def test_refused_requests_are_counted_too(self):
        self.exhaust(lambda source: self.read(source, f"{ADVERTISEMENTS}?cpu=x"), "127.0.6.1")
        self.exhaust(lambda source: self.write(source, b"{"), "127.0.6.2")
        self.exhaust(lambda source: self.write(source, OVERSIZED), "127.0.6.3")

    def test_forwarded_addresses_of_strangers_change_nothing(self):
        def read_as_another(source, counter=iter(range(100))):
            headers = [("X-Forwarded-For", f"203.0.113.{next(counter)}")]
            return self.server.ask("GET", ADVERTISEMENTS, headers, source=source)

        self.exhaust(read_as_another, "127.0.7.1")


class NoRateLimit(ServerTestCase):
    def test_zero_switches_it_off(self):
        with self.server.connect() as wire:
            for _ in range(150):
                answer = wire.get(ADVERTISEMENTS)
                self.assertEqual(answer.status, 200)
                self.assertIsNone(answer.header("RateLimit"))
                self.assertIsNone(answer.header("RateLimit-Policy"))
                self.assertEqual(wire.post().status, 200)


class DefaultRateLimit(ServerTestCase):
    settings = {"RATE_LIMIT_PER_MINUTE": None}

    def test_it_is_a_hundred_a_minute(self):
        answer = self.server.get(ADVERTISEMENTS)
        self.assertEqual(answer.header("RateLimit-Policy"), '"read";q=100;w=60')
        self.assertRegex(answer.header("RateLimit"), r'^"read";r=99;t=\d+$')


class Proxies(ServerTestCase):
    settings = {
        "TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8,2001:db8:aaaa::/48", "RATE_LIMIT_PER_MINUTE": 3
    }

    def seen_as(self, *lines, source="127.0.0.1"):
        """The caller's address as the server sees it."""
        headers = [("X-Forwarded-For", line) for line in lines]
        return self.server.ask("GET", "/api/v1/whoami", headers, source=source)

    def test_the_client_is_the_right_most_address_that_is_not_trusted(self):
        for lines, client in (
            (["203.0.113.1"], "203.0.113.1"),
            (["198.51.100.1, 203.0.113.2"], "203.0.113.2"),
            (["198.51.100.1", "203.0.113.3"], "203.0.113.3"),
            (["203.0.113.4,10.0.0.5"], "203.0.113.4"),
            (["203.0.113.5", "10.0.0.5, 2001:db8:aaaa::7"], "203.0.113.5"),
            (["  203.0.113.6 ,\t10.1.2.3 "], "203.0.113.6"),
            (["2001:DB8:0::1"], "2001:db8::1"),
            (["::ffff:203.0.113.7"], "203.0.113.7"),
            (["garbage, 203.0.113.8"], "203.0.113.8"),
            (["203.0.113.9, garbage, 10.0.0.9"], "10.0.0.9"),
            (["203.0.113.12:51008"], "203.0.113.12"),
            (["8.8.8.8", '"203.0.113.13:1", 10.0.0.10:80'], "203.0.113.13"),
            (["[2001:db8::2]:443, , 10.0.0.10,"], "2001:db8::2"),
            (["[2001:db8::3]"], "2001:db8::3"),
            (["fe80::4%eth0"], "fe80::4"),
            (["203.0.113.10, 999.1.1.1, 10.0.0.11"], "10.0.0.11"),
        ):
            self.assertEqual(self.seen_as(*lines).json(), {"ip_address": client}, lines)

    def test_a_malformed_entry_next_to_the_proxy_leaves_the_proxy(self):
        for line in ("203.0.113.11, unknown", "203.0.113.11, [2001:db8::1"):
            self.assertEqual(self.seen_as(line).json(), {"ip_address": "127.0.0.1"})

    def test_an_entry_that_names_no_address_is_warned_about_once(self):
        server = self.start(TRUSTED_PROXIES="127.0.0.1")
        for line in ("8.8.8.8, \x9b31m\xff" + "x" * 1_000, "8.8.8.8, unknown"):
            answer = server.ask("GET", "/api/v1/whoami", [("X-Forwarded-For", line)])
            self.assertEqual(answer.json(), {"ip_address": "127.0.0.1"})
        server.wait_for_line("names no address")
        server.stop()
        (warning,) = [line for line in server.log().splitlines() if "X-Forwarded-For" in line]
        self.assertIn("has the entry '\ufffd31m\ufffdxxx", warning)
        self.assertTrue(warning.isprintable(), warning)
        self.assertNotIn("x" * 64, warning)

    def test_limits_count_the_client_and_not_its_proxy(self):
        for _ in range(3):
            self.assertEqual(self.seen_as("203.0.113.20").status, 200)
        self.assertEqual(self.seen_as("203.0.113.20").status, 429)
        self.assertEqual(self.seen_as("203.0.113.21").status, 200)

    def test_an_ipv6_client_is_its_network_of_64_bits(self):
        for number in range(3):
            self.assertEqual(self.seen_as(f"2001:db8:1:2::{number + 1}").status, 200)
        self.assertEqual(self.seen_as("2001:db8:1:2:ffff::").status, 429)
        self.assertEqual(self.seen_as("2001:db8:1:3::1").status, 200)

    def test_the_header_of_a_stranger_is_not_used_and_warned_about_once(self):
        for source in ("127.0.0.2", "127.0.0.2", "127.0.0.3"):
            answer = self.seen_as("203.0.113.30", source=source)
            self.assertEqual(answer.json(), {"ip_address": source})
        self.server.wait_for_line("is not used")
        warnings = [line for line in self.server.log().splitlines() if "is not used" in line]
        self.assertEqual(len(warnings), 1, warnings)


class ConnectionCase(ServerTestCase):
    def open(self, source="127.0.0.1"):
        wire = self.server.connect(source)
        self.addCleanup(wire.close)
        return wire

    def is_served(self, source="127.0.0.1"):
        """Whether one more connection gets its answer, and not a refusal or an early end."""
        with self.server.connect(source) as wire:
            try:
                wire.send_until_refused(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
                answer = wire.answer()
            except (Closed, ConnectionResetError):
                return False
            if answer.status == 200:
                return True
            self.assertIn(answer.status, (429, 503))
            self.assertTrue(answer.header("Retry-After"))
            self.assert_error(
                answer, answer.status, "RATE_001" if answer.status == 429 else "SRV_002"
            )
            return False

    def fill(self, count, source="127.0.0.1"):
        """Opens connections up to a limit; those closed before may take a moment to go."""
        wires = []
        while len(wires) < count:
            wire = self.open(source)
            wire.send_until_refused(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            try:
                if wire.answer().status == 200:
                    wires.append(wire)
            except (Closed, ConnectionResetError):
                pass
        return wires


class Connections(ConnectionCase):
    settings = {"MAX_CONNECTIONS": 8, "THREADS": 2}

    def test_a_connection_between_two_requests_makes_room(self):
        self.fill(8, "127.0.0.2")
        for _ in range(20):
            eventually(lambda: self.is_served("127.0.0.3"), "one of its thread makes room")

    def test_connections_beyond_the_limit_are_refused_while_all_are_busy(self):
        wires = [self.busy("127.0.0.2") for _ in range(8)]
        self.assertFalse(self.is_served("127.0.0.3"))
        for wire in wires:
            wire.send(b"{")
        self.assertFalse(self.is_served("127.0.0.3"))
        wires[0].close()
        eventually(lambda: self.is_served("127.0.0.3"), "a place is free again")

    def test_the_machine_itself_has_room_still(self):
        for _ in range(8):
            self.busy("127.0.0.2")
        self.assertTrue(self.is_served("127.0.0.1"))

    def busy(self, source):
        """A connection that has read a head and waits for a body."""

        def attempt():
            wire = self.open(source)
            wire.send_until_refused(
                b"POST /api/v1/advertisements HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n"
                b"Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n"
            )
            try:
                return wire if wire.answer().status == 100 else None
            except (Closed, ConnectionResetError):
                return None

        return eventually(attempt, "a place is free")


class ConnectionsPerAddress(ConnectionCase):
    settings = {"MAX_CONNECTIONS_PER_ADDRESS": 3, "TRUSTED_PROXIES": "127.0.0.9", "THREADS": 2}

    def test_an_address_has_its_share_and_no_more(self):
        wires = self.fill(3, "127.0.0.3")
        self.assertFalse(self.is_served("127.0.0.3"))
        self.assertTrue(self.is_served("127.0.0.2"))
        wires[0].reset()
        eventually(lambda: self.is_served("127.0.0.3"), "a place is free again")

    def test_the_machine_itself_has_some_more(self):
        self.fill(3, "127.0.0.1")
        self.assertTrue(self.is_served("127.0.0.1"))

    def test_trusted_proxies_have_no_share(self):
        self.fill(10, "127.0.0.9")
        self.assertTrue(self.is_served("127.0.0.9"))


class BoardSize(ServerTestCase):
    settings = {"MAX_PROVIDERS": 3, "MAX_PAGE_SIZE": 2}

    def test_a_full_board_refuses_new_ids_and_goes_on_for_known_ones(self):
        for number in range(3):
            self.assertEqual(self.server.post(f"provider-{number}").status, 200)
        refused = self.server.post("one-too-many")
        self.assert_error(refused, 503, "SRV_002")
        self.assertGreaterEqual(int(refused.header("Retry-After")), 1)
        self.assertEqual(
            self.server.post("provider-1", offer(country="DE")).json()["country"], "DE"
        )
        self.assertEqual(self.server.withdraw("provider-0").status, 200)
        self.assertEqual(self.server.post("one-too-many").status, 200)
        self.assert_error(self.server.post("provider-0"), 503, "SRV_002")
        self.check_pages()

    def check_pages(self):
        self.assertEqual(len(self.server.find()), 3)
        self.assertEqual(len(self.server.find("limit=2")), 2)
        self.assertEqual(len(self.server.find("limit=1")), 1)
        self.assert_refused(self.server.get(f"{ADVERTISEMENTS}?limit=3"), "query.limit")


class AddressPolicy(ServerTestCase):
    settings = {"ADDRESS_POLICY": "public"}

    def test_addresses_that_nobody_outside_can_reach_are_refused(self):
        for address in (
            "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "169.254.1.1",
            "100.64.0.1", "0.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1",
            "240.0.0.1", "255.255.255.255", "::1", "fe80::1", "fc00::1", "fd12::1", "2001:db8::1",
            "::ffff:10.0.0.1",
        ):
            self.assert_refused(self.server.post("p", offer(ip_address=address)), "body.ip_address")
        for address in (
            "83.233.10.2", "172.32.0.1", "172.15.255.255", "11.0.0.1", "2a00:1450:4001::1",
        ):
            self.assertEqual(self.server.post("p", offer(ip_address=address)).status, 200, address)


if __name__ == "__main__":
    unittest.main()
