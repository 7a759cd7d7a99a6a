"""kill -9 at random moments: every acknowledged change is there afterwards, and none is half there.

The seed is printed; SEED=<number> in the environment runs the same plan again.
"""

import os
import random
import sqlite3
import threading
import time
import unittest

from client import Closed, offer
from server import TestCase, free_port

ROUNDS = 22
CONNECTIONS = 24
PROVIDERS_EACH = 3
ACKNOWLEDGED_AT_MOST = 300
GONE = None


def body_of(turn):
    """Every field tells the turn, so that a mixture of two turns shows."""
    size = turn + 1
    return offer(
        ip_address=f"10.{turn >> 16 & 255}.{turn >> 8 & 255}.{turn & 255}",
        country=("SE", "DE", "FR", "NO")[turn % 4],
        platform=f"p{turn}",
        provider_name=f"turn {turn} " + "x" * (turn % 40),
        network=f"n{turn}",
        resources={"cpu": size, "memory": size, "storage": size, "turn": turn},
        pricing={"usd_per_core_month": turn, "note": "y" * (turn % 500)},
    )


def without_lease(advertisement):
    """What must be the same after a restart; the lease's end is counted anew."""
    left_out = ("expires_at", "refresh_after")
    return {key: value for key, value in advertisement.items() if key not in left_out}


class Worker(threading.Thread):
    """One connection that posts and withdraws its own providers until the server is gone."""

    def __init__(self, server, name, choices, providers, counter):
        super().__init__()
        self.server = server
        self.random = choices
        # What the board must hold of each provider: the acknowledged advertisement or GONE.
        self.acknowledged = providers
        self.counter = counter
        self.unanswered = None  # (provider_id, turn or GONE) of the request that got no answer
        self.failure = None
        self.name = name
        self.turn = 0

    def next_round(self):
        fresh = Worker(self.server, self.name, self.random, self.acknowledged, self.counter)
        fresh.turn = self.turn
        return fresh

    def run(self):
        try:
            with self.server.connect() as wire:
                while True:
                    self.change_one(wire)
        except (Closed, OSError):
            pass  # The kill.
        except Exception as failure:
            self.failure = failure

    def change_one(self, wire):
        provider_id = self.random.choice(sorted(self.acknowledged))
        former = self.acknowledged[provider_id]
        choice = self.random.random() if former is not GONE else 1
        withdraws = choice < 0.2
        self.turn += 1
        # A renewal says the same again.
        turn = former["resources"]["turn"] if 0.2 <= choice < 0.6 else self.turn
        self.unanswered = (provider_id, GONE if withdraws else turn)
        answer = wire.withdraw(provider_id) if withdraws else wire.post(provider_id, body_of(turn))
        if answer.status != 200:
            raise AssertionError(f"{self.unanswered}: {answer}")
        self.acknowledged[provider_id] = GONE if withdraws else without_lease(answer.json())
        self.unanswered = None
        self.counter.add()


class Counter:
    """Acknowledged changes of all workers."""

    def __init__(self):
        self.condition = threading.Condition()
        self.count = 0

    def add(self):
        with self.condition:
            self.count += 1
            self.condition.notify_all()

    def wait_for_more(self, number, seconds):
        with self.condition:
            goal = self.count + number
            return self.condition.wait_for(lambda: self.count >= goal, seconds)


class Kill9(TestCase):
    def test_every_acknowledged_change_survives_and_no_change_is_torn(self):
        seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
        print(f"SEED={seed}", flush=True)
        plan = random.Random(seed)
        server = self.start(PORT=free_port(), ADVERTISEMENT_EXPIRY_MINUTES=60)
        counter = Counter()
        workers = []
        for number in range(CONNECTIONS):
            providers = {f"w{number}-{index}": GONE for index in range(PROVIDERS_EACH)}
            choices = random.Random(plan.random())
            workers.append(Worker(server, f"w{number}", choices, providers, counter))
        for _ in range(ROUNDS):
            workers = [worker.next_round() for worker in workers]
            self.run_until_killed(server, workers, counter, plan)
            server.restart()
            self.check(server, workers)
        print(f"{counter.count} changes acknowledged over {ROUNDS} kills", flush=True)
        server.stop()
        with sqlite3.connect(server.database) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])

    def run_until_killed(self, server, workers, counter, plan):
        for worker in workers:
            worker.start()
        self.assertTrue(counter.wait_for_more(plan.randint(1, ACKNOWLEDGED_AT_MOST), 60))
        # A batch takes well under a millisecond: spread the kill over its phases.
        moment = time.monotonic_ns() + plan.randrange(2_000_000)
        while time.monotonic_ns() < moment:
            pass
        server.kill()
        for worker in workers:
            worker.join()
            self.assertIsNone(worker.failure)

    def check(self, server, workers):
        found = {live["provider_id"]: without_lease(live) for live in server.find()}
        for worker in workers:
            for provider_id, expected in worker.acknowledged.items():
                actual = found.pop(provider_id, GONE)
                if actual != expected:
                    self.assert_is_the_unanswered(worker, provider_id, expected, actual)
                    worker.acknowledged[provider_id] = actual
        self.assertEqual(found, {}, "advertisements that were not posted")

    def assert_is_the_unanswered(self, worker, provider_id, expected, actual):
        """A change that was not acknowledged may be there, but then wholly."""
        self.assertIsNotNone(worker.unanswered, (provider_id, expected, actual))
        asked_id, turn = worker.unanswered
        self.assertEqual(asked_id, provider_id, (expected, actual))
        if turn is GONE:
            self.assertIs(actual, GONE)
            return
        self.assertIsNot(actual, GONE, (turn, expected))
        posted = body_of(turn)
        self.assertEqual({key: actual[key] for key in posted}, posted)
        if expected is not GONE:
            self.assertEqual(actual["created_at"], expected["created_at"])
            self.assertGreater(actual["updated_at"], expected["updated_at"])


if __name__ == "__main__":
    unittest.main()
