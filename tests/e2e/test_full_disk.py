"""A store without room: posts are held or refused, `/ready` says so all the while, and it recovers."""

import concurrent.futures
import resource
import time
import unittest

from client import offer
from disks import DiskTestCase
from server import eventually

HOLD_SECONDS = 10
BROKEN = "the store takes no writes"
WELL = "the store takes writes again"


class NoRoom(DiskTestCase):
    def serve(self, directory=None):
        self.server = self.start(directory)
        self.assertEqual(self.server.post("known").status, 200)
        self.workers = concurrent.futures.ThreadPoolExecutor(4)
        self.addCleanup(self.workers.shutdown)

    def post(self, identifier):
        """A post on a connection that waits, answered later."""
        return self.workers.submit(self.server.post, identifier, offer())

    def is_degraded(self):
        return self.server.get("/ready").json()["status"] == "degraded"

    def count(self, line):
        return self.server.log().count(line)

    def assert_recovers(self, held, make_room):
        """Broken until there is room again, and said once each."""
        eventually(self.is_degraded, "/ready tells of the fault")
        self.assertEqual(
            self.server.get("/ready").json(), {"status": "degraded", "writes": "the disk is full"}
        )
        refused = self.server.get("/ready?writes=yes")
        self.assert_error(refused, 503, "SRV_002")
        self.assertNotIn(b"discovery.db", refused.body)
        self.assertEqual(self.server.ids(), ["known"])
        make_room()
        self.assertEqual(held.result().status, 200)
        eventually(lambda: not self.is_degraded(), "/ready tells of the recovery")
        eventually(lambda: self.count(WELL) == 1, "the log tells of the recovery")
        self.assertEqual(self.count(BROKEN), 1, self.server.log())
        self.assertEqual(self.server.get("/ready?writes=1").status, 200)

    def test_a_full_disk_stays_told_of_until_there_is_room_for_a_post(self):
        directory = self.mount("600k")
        self.serve(directory)
        ballast = directory / "ballast"
        self.fill(ballast)
        begin = time.monotonic()
        refused = self.post("refused")
        eventually(self.is_degraded, "/ready tells of the fault")
        while not refused.done():
            self.assertTrue(self.is_degraded())
        self.assert_error(refused.result(), 503, "SRV_002")
        self.assertGreaterEqual(time.monotonic() - begin, HOLD_SECONDS - 0.5)
        # Nothing is held any more, and the disk is as full as before.
        end = time.monotonic() + 1
        while time.monotonic() < end:
            self.assertTrue(self.is_degraded())
        self.assertEqual((self.count(BROKEN), self.count(WELL)), (1, 0), self.server.log())
        self.assert_recovers(self.post("held"), ballast.unlink)
        self.server.stop()
        self.server.start()
        self.assertEqual(sorted(self.server.ids()), ["held", "known"])
        self.server.stop()

    def test_a_limit_of_file_sizes_is_a_fault_of_the_store_and_not_the_end(self):
        self.serve()
        log = self.server.database.with_name("discovery.db-wal")
        _, hard = resource.prlimit(self.server.process.pid, resource.RLIMIT_FSIZE)

        def limit(size):
            resource.prlimit(self.server.process.pid, resource.RLIMIT_FSIZE, (size, hard))

        limit(log.stat().st_size)
        self.assert_recovers(self.post("held"), lambda: limit(hard))
        self.server.stop()


if __name__ == "__main__":
    unittest.main()
