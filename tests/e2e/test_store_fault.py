"""A store that takes no writes: reads go on, posts wait for it, and nothing is half done."""

import concurrent.futures
import sqlite3
import time
import unittest

from client import ADVERTISEMENTS, credentials, offer, request_bytes
from server import STOP_SECONDS, TestCase, eventually

HOLD_SECONDS = 10


class StoreFault(TestCase):
    def setUp(self):
        self.server = self.start()
        self.assertEqual(self.server.post("known").status, 200)
        self.workers = concurrent.futures.ThreadPoolExecutor(8)
        self.addCleanup(self.workers.shutdown)
        self.lock = sqlite3.connect(self.server.database, timeout=30, isolation_level=None)
        self.addCleanup(self.lock.close)

    def lock_store(self):
        """As another program does that writes the file."""
        self.lock.execute("BEGIN EXCLUSIVE")

    def unlock_store(self):
        self.lock.execute("ROLLBACK")

    def state(self):
        return self.server.get("/ready").json()["status"]

    def wait_until_degraded(self):
        eventually(lambda: self.state() == "degraded", "/ready tells of the fault")

    def assert_stays_degraded(self, seconds=1):
        """No post comes any more, and the store is still away."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertEqual(self.state(), "degraded")

    def test_reads_go_on_and_held_posts_succeed_once_the_store_is_back(self):
        self.lock_store()
        posts = [self.workers.submit(self.server.post, f"held-{number}") for number in range(4)]
        withdrawal = self.workers.submit(self.server.withdraw, "known")
        self.wait_until_degraded()
        ready = self.server.get("/ready")
        self.assertEqual(ready.status, 200)
        self.assertTrue(ready.json()["writes"])
        refused = self.server.get("/ready?writes=1")
        self.assert_error(refused, 503, "SRV_002")
        self.assertEqual(self.server.get("/health").status, 200)
        self.assertEqual(self.server.ids(), ["known"])
        self.assertEqual(self.server.get(f"{ADVERTISEMENTS}/known").status, 200)
        self.assert_error(self.server.post("bad", b"{"), 422, "REQ_001")
        self.assertFalse(any(change.done() for change in (*posts, withdrawal)))
        self.unlock_store()
        for change in (*posts, withdrawal):
            self.assertEqual(change.result().status, 200)
        self.assertEqual(sorted(self.server.ids()), [f"held-{number}" for number in range(4)])
        eventually(lambda: self.state() == "ready", "/ready tells of the recovery")
        self.assertEqual(self.server.get("/ready?writes=1").status, 200)
        self.server.stop()

    def test_a_file_that_was_moved_away_is_noticed_within_a_second(self):
        """Posts to it were once acknowledged, and gone at the next start."""
        moved = self.server.database.with_suffix(".moved")
        begin = time.monotonic()
        self.server.database.rename(moved)
        self.wait_until_degraded()
        self.assertLess(time.monotonic() - begin, 5)
        self.server.wait_for_line("is gone")
        held = self.workers.submit(self.server.post, "held")
        self.assertEqual(self.server.ids(), ["known"])
        moved.rename(self.server.database)
        self.assertEqual(held.result().status, 200)
        eventually(lambda: self.state() == "ready", "/ready tells of the recovery")
        self.server.kill()
        self.server.start()
        self.assertEqual(sorted(self.server.ids()), ["held", "known"])

    def test_a_file_in_the_place_of_the_database_is_noticed(self):
        moved = self.server.database.with_suffix(".moved")
        self.server.database.rename(moved)
        self.server.database.write_bytes(moved.read_bytes())
        self.wait_until_degraded()
        self.server.wait_for_line("another file is in the place of")
        moved.replace(self.server.database)
        eventually(lambda: self.state() == "ready", "/ready tells of the recovery")

    def test_a_post_is_refused_after_ten_seconds_and_has_changed_nothing(self):
        self.lock_store()
        begin = time.monotonic()
        refresh = self.workers.submit(self.server.post, "known", offer(country="DE"))
        refused = self.server.post("new")
        self.assertGreaterEqual(time.monotonic() - begin, HOLD_SECONDS - 0.5)
        self.assertLess(time.monotonic() - begin, HOLD_SECONDS + 20)
        for answer in (refused, refresh.result()):
            self.assert_error(answer, 503, "SRV_002")
            self.assertGreaterEqual(int(answer.header("Retry-After")), 1)
        self.assert_stays_degraded()
        self.unlock_store()
        eventually(lambda: self.state() == "ready", "/ready tells of the recovery")
        self.assertEqual(self.server.post("later").status, 200)
        self.server.stop()
        self.server.start()
        found = {live["provider_id"]: live["country"] for live in self.server.find()}
        self.assertEqual(found, {"known": "SE", "later": "SE"})
        self.server.stop()

    def test_a_client_that_gives_up_waiting_harms_nothing(self):
        self.lock_store()
        for leave in ("close", "reset"):
            wire = self.server.connect()
            self.addCleanup(wire.close)
            wire.send(request_bytes("POST", ADVERTISEMENTS, credentials(f"gone-{leave}"), offer()))
            self.wait_until_degraded()
            getattr(wire, leave)()
        self.unlock_store()
        self.assertEqual(self.server.post("later").status, 200)
        self.server.stop()

    def test_a_stop_finishes_what_waits_for_the_store(self):
        self.lock_store()
        post = self.workers.submit(self.server.post, "in-flight")
        self.wait_until_degraded()
        self.server.terminate()
        self.unlock_store()
        self.assertEqual(post.result().status, 200)
        self.assertEqual(self.server.wait_for_end(), 0, self.server.log())
        self.server.start()
        self.assertEqual(sorted(self.server.ids()), ["in-flight", "known"])
        self.server.stop()

    def test_a_stop_while_the_store_stays_away_ends_in_time(self):
        self.lock_store()
        post = self.workers.submit(self.server.post, "in-flight")
        self.wait_until_degraded()
        begin = time.monotonic()
        self.server.terminate()
        self.assertEqual(post.result().status, 503)
        self.assertEqual(self.server.wait_for_end(), 0, self.server.log())
        self.assertLess(time.monotonic() - begin, STOP_SECONDS)


if __name__ == "__main__":
    unittest.main()
