"""Starts on a file that can be read but not written: the board is shown, and recovers by itself."""

import concurrent.futures
import datetime
import sqlite3
import unittest

from client import offer
from disks import DiskTestCase
from server import Server, eventually, run_to_end

READING = "for reading alone"
BROKEN = "the store takes no writes"
WELL = "the store takes writes again"
WITH_GPU = offer(resources={"cpu": 4, "memory": 8, "storage": 100, "gpu": 1})


class DegradedStart(DiskTestCase):
    def setUp(self):
        self.workers = concurrent.futures.ThreadPoolExecutor(4)
        self.addCleanup(self.workers.shutdown)

    def filled_board(self, directory, end):
        """A board of two, whose server was stopped or killed; `end` says how."""
        server = self.start(directory)
        for identifier in ("a", "b"):
            self.assertEqual(server.post(identifier, WITH_GPU).status, 200)
        end(server)
        return server

    def assert_shows_and_recovers(self, server, mend):
        server.start()
        self.assertEqual(sorted(server.ids()), ["a", "b"])
        eventually(lambda: server.get("/ready").json()["status"] == "degraded", "it says so")
        self.assert_error(server.get("/ready?writes=1"), 503, "SRV_002")
        eventually(lambda: BROKEN in server.log(), "one line tells why")
        # A question for the archive once kept such a board from ever recovering.
        self.assertIn(server.get("/api/v1/providers/a").status, (200, 503))
        held = self.workers.submit(server.post, "held", offer())
        mend()
        self.assertEqual(held.result().status, 200)
        eventually(lambda: WELL in server.log(), "it recovers")
        eventually(lambda: server.get("/ready?writes=1").status == 200, "and says so")
        self.assertEqual(server.get("/api/v1/providers/a").status, 200)
        server.stop()
        server.start()
        self.assertEqual(sorted(server.ids()), ["a", "b", "held"])
        server.stop()

    def start_on_a_full_disk(self, end):
        directory = self.mount("700k")
        server = self.filled_board(directory, end)
        ballast = directory / "ballast"
        self.fill(ballast)
        self.assert_shows_and_recovers(server, ballast.unlink)

    def test_a_full_disk_after_a_stop(self):
        self.start_on_a_full_disk(Server.stop)

    def test_a_full_disk_after_a_crash(self):
        self.start_on_a_full_disk(Server.kill)

    def test_a_read_only_disk_after_a_stop(self):
        directory = self.mount("4m")
        server = self.filled_board(directory, Server.stop)
        self.remount(directory, "ro")
        self.assert_shows_and_recovers(server, lambda: self.remount(directory, "rw"))
        self.assertEqual(len(list(directory.glob("*"))), 1)

    def test_a_read_only_disk_after_a_crash(self):
        directory = self.mount("4m")
        server = self.filled_board(directory, Server.kill)
        self.remount(directory, "ro")
        self.assert_shows_and_recovers(server, lambda: self.remount(directory, "rw"))

    def set_version(self, server, version):
        with sqlite3.connect(server.database) as database:
            database.execute(f"PRAGMA user_version = {version}")
        database.close()

    def test_posts_that_find_no_store_in_time_are_refused(self):
        server = self.filled_board(None, Server.stop)
        self.set_version(server, 99)
        server.start()
        self.assertIn(READING, server.log())
        refused = server.post("late")
        self.assert_error(refused, 503, "SRV_002")
        self.assertTrue(refused.header("Retry-After"))
        self.assertEqual(sorted(server.ids()), ["a", "b"])
        self.assertEqual(server.get("/api/v1/providers/a").status, 200)
        server.stop()

    def test_what_is_no_database_is_left_as_it_is(self):
        server = self.filled_board(None, Server.stop)
        for content in (b"not a database, by any means\n" * 100, server.database.read_bytes()[:5000]):
            server.database.write_bytes(content)
            result = run_to_end(DATABASE_DIR=server.directory)
            self.assertEqual(result.status, 1)
            self.assertEqual(len(result.errors), 1, result.errors)
            self.assertIn("not started: ", result.errors[0])
            self.assertIn("--recover", result.errors[0])
            self.assertEqual(server.database.read_bytes(), content)


class StandingStill(DiskTestCase):
    """Leases stand still while no provider can renew."""

    def assert_grace(self, server, former):
        found = server.get("/api/v1/advertisements/a").json()
        self.assertIs(found.pop("grace"), True)
        self.assertGreater(found["expires_at"], former["expires_at"])
        self.assertEqual({**found, "expires_at": former["expires_at"]}, former)
        # What an extended lease is found by was once left out, or worse.
        self.assertEqual(server.ids("min_gpu=1"), ["a"])
        self.assertEqual(server.ids("min_gpu=2"), [])

    def serve(self, directory=None):
        server = self.start(directory, ADVERTISEMENT_EXPIRY_MINUTES=0.05, OUTAGE_CREDIT=1)
        posted = server.post("a", WITH_GPU).json()
        posted.pop("refresh_after")
        return server, posted

    @staticmethod
    def has_ended(former):
        end = datetime.datetime.fromisoformat(former["expires_at"])
        return datetime.datetime.now(datetime.timezone.utc) > end

    def test_on_a_full_disk(self):
        directory = self.mount("600k")
        server, posted = self.serve(directory)
        ballast = directory / "ballast"
        self.fill(ballast)
        with concurrent.futures.ThreadPoolExecutor(1) as worker:
            held = worker.submit(server.post, "held", offer())
            eventually(lambda: self.has_ended(posted), "the lease would have ended")
            self.assertEqual(server.ids(), ["a"])
            self.assert_grace(server, posted)
            ballast.unlink()
            self.assertEqual(held.result().status, 200)
        self.assertNotIn("grace", server.post("a").json())
        server.stop()

    def test_while_the_board_is_down(self):
        server, posted = self.serve()
        server.kill()
        eventually(lambda: self.has_ended(posted), "the lease would have ended")
        server.start()
        self.assertEqual(server.ids(), ["a"])
        self.assert_grace(server, posted)
        eventually(lambda: server.ids() == [], "and ends")
        server.stop()


if __name__ == "__main__":
    unittest.main()
