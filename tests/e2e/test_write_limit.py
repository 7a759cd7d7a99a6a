"""Posts and withdrawals over the limit wait for their turn. The clients are loopback addresses."""

import asyncio
import re
import select
import unittest

import aiohttp

from client import ADVERTISEMENTS, DEADLINE_SECONDS, credentials, offer, request_bytes
from server import TestCase, eventually

PLACES = 16  # of an address


def post_bytes(provider_id):
    return request_bytes("POST", ADVERTISEMENTS, credentials(provider_id), offer())


def seconds_until_full(answer):
    return int(re.fullmatch(r'"write";r=\d+;t=(\d+)', answer.header("RateLimit")).group(1))


class WriteLimit(TestCase):
    def exhaust(self, server, quota, source="127.0.0.1"):
        """As many posts as there are tokens, all at once, on a connection of their own."""
        with server.connect(source) as wire:
            wire.send(b"".join(post_bytes("burst") for _ in range(quota)))
            for _ in range(quota):
                self.assertEqual(wire.answer().status, 200)

    def send_posts(self, server, count):
        """One post on each of so many connections."""
        wires = []
        for number in range(count):
            wires.append(server.connect())
            self.addCleanup(wires[-1].close)
            wires[-1].send(post_bytes(f"p{number}"))
        return wires

    def unanswered(self, wires):
        answered = select.select([wire.socket for wire in wires], [], [], 0)[0]
        return [wire for wire in wires if wire.socket not in answered]

    def test_a_burst_of_many_providers_behind_one_address_is_taken_whole(self):
        server = self.start(RATE_LIMIT_PER_MINUTE=600)

        async def burst():
            connections = aiohttp.TCPConnector(limit=10)
            timeout = aiohttp.ClientTimeout(total=DEADLINE_SECONDS)
            async with aiohttp.ClientSession(connector=connections, timeout=timeout) as session:

                async def post(number):
                    headers = dict(credentials(f"p{number}"))
                    url = server.url + ADVERTISEMENTS
                    async with session.post(url, json=offer(), headers=headers) as answer:
                        return answer.status

                return await asyncio.gather(*(post(number) for number in range(640)))

        self.assertEqual(set(asyncio.run(burst())), {200})
        self.assertEqual(len(server.ids()), 640)
        server.stop()

    def test_pipelined_posts_wait_one_after_another(self):
        server = self.start(RATE_LIMIT_PER_MINUTE=600)
        with server.connect() as wire:
            wire.send(b"".join(post_bytes("p") for _ in range(620)))
            for _ in range(620):
                self.assertEqual(wire.answer().status, 200)
        server.stop()

    def test_one_more_than_may_wait_is_refused_and_a_stop_takes_those_that_wait_at_once(self):
        server = self.start(RATE_LIMIT_PER_MINUTE=100)
        self.exhaust(server, 100)
        wires = self.send_posts(server, 2 * PLACES)
        waiting = eventually(
            lambda: len(rest := self.unanswered(wires)) <= PLACES and rest, "all but 16 answered"
        )
        refused = [wire.answer() for wire in wires if wire not in waiting]
        refused = [answer for answer in refused if answer.status != 200]  # some got a token
        self.assertTrue(refused)
        for answer in refused:
            self.assert_error(answer, 429, "RATE_001")
            self.assertTrue(1 <= int(answer.header("Retry-After")) <= 11, answer)
            self.assertEqual(answer.header("RateLimit-Policy"), '"write";q=100;w=60')
            self.assertGreater(seconds_until_full(answer), 60)
        self.assertEqual(server.get(ADVERTISEMENTS).status, 200)
        self.assertEqual(server.get("/ready?writes=1").status, 200)
        waiting = self.unanswered(waiting)
        server.terminate()
        answers = [wire.answer() for wire in waiting]
        self.assertEqual({answer.status for answer in answers}, {200})
        for answer in answers:
            self.assertGreater(seconds_until_full(answer), 60, "before its token was there")
        self.assertEqual(server.wait_for_end(), 0)

    def test_others_do_not_wait(self):
        server = self.start(RATE_LIMIT_PER_MINUTE=60)
        self.exhaust(server, 60)
        self.send_posts(server, 5)
        with server.connect("127.0.0.2") as wire:
            self.assertRegex(wire.post("other").header("RateLimit"), '"write";r=59;t=1')
        server.stop()

    def test_a_post_is_handled_though_its_client_has_gone_while_it_waited(self):
        server = self.start(RATE_LIMIT_PER_MINUTE=60)
        self.exhaust(server, 60)
        for leave, name in (("reset", "crashed"), ("close", "closed")):
            wire = server.connect()
            wire.send(request_bytes("GET", "/health") + post_bytes(name))
            self.assertEqual(wire.answer().status, 200)  # so that what follows has been read
            getattr(wire, leave)()
        self.assertEqual(server.post("next").status, 200)  # waits behind them
        self.assertEqual(set(server.ids()), {"burst", "crashed", "closed", "next"})
        server.stop()

    def test_who_has_said_all_it_will_say_is_answered_after_its_wait(self):
        server = self.start(RATE_LIMIT_PER_MINUTE=60)
        self.exhaust(server, 60)
        with server.connect() as wire:
            wire.send(post_bytes("p"))
            wire.finish_sending()
            self.assertEqual(wire.answer().status, 200)
            self.assertTrue(wire.ended())
        server.stop()

    def test_a_withdrawal_waits_too_and_finds_what_was_posted_before_it(self):
        server = self.start(RATE_LIMIT_PER_MINUTE=600)
        self.exhaust(server, 600)
        self.assertEqual(server.post("p").status, 200)
        self.assertEqual(server.withdraw("p").status, 200)
        server.stop()


if __name__ == "__main__":
    unittest.main()
