"""What survives a stop and a kill, and what a second start may not do."""

import threading
import time
import unittest

from client import ADVERTISEMENTS, credentials, offer, request_bytes
from server import ServerTestCase, TestCase, eventually, free_port, run_to_end


class Durability(TestCase):
    def start(self, *arguments, **settings):
        return super().start(*arguments, PORT=free_port(), **settings)

    def fill(self, server):
        for number in [*range(20), *range(15)]:  # some renew
            answer = server.post(f"provider-{number}", offer(provider_name=f"Nummer {number} å"))
            self.assertEqual(answer.status, 200)
        self.assertEqual(server.withdraw("provider-7").status, 200)
        return server.find()

    def test_everything_survives_a_stop_and_a_kill(self):
        server = self.start()
        before = self.fill(server)
        self.assertEqual(len(before), 19)
        for end in (server.stop, server.kill, server.stop):
            end()
            server.restart()
            self.assertEqual(server.find(), before)
            self.assert_error(server.get(f"{ADVERTISEMENTS}/provider-7"), 404, "ADV_004")

    def test_a_refresh_after_a_restart_keeps_created_at(self):
        server = self.start()
        first = server.post("provider-1").json()
        server.kill()
        server.restart()
        second = server.post("provider-1").json()
        self.assertEqual(second["created_at"], first["created_at"])
        self.assertGreater(second["updated_at"], first["updated_at"])

    def test_a_board_in_memory_writes_no_file(self):
        server = self.start(DATABASE_URL="sqlite:///:memory:")
        self.assertEqual(server.post("provider-1").status, 200)
        self.assertEqual(server.ids(), ["provider-1"])
        server.stop()
        self.assertEqual(list(server.directory.iterdir()), [])


class GracefulStop(TestCase):
    def test_a_request_half_sent_at_the_stop_is_finished(self):
        server = self.start()
        whole = request_bytes("POST", ADVERTISEMENTS, credentials("in-flight"), offer())
        with server.connect() as wire, server.connect() as idle:
            self.assertEqual(idle.get("/health").status, 200)
            wire.send(request_bytes("GET", "/health") + whole[:-10])
            self.assertEqual(wire.answer().status, 200)
            server.terminate()
            self.assertTrue(idle.ended())
            wire.send(whole[-10:])
            self.assertEqual(wire.answer().status, 200)
            self.assertTrue(wire.ended())
        self.assertEqual(server.wait_for_end(), 0, server.log())
        server.start()
        self.assertEqual(server.ids(), ["in-flight"])
        server.stop()

    def test_idle_connections_do_not_delay_a_stop(self):
        server = self.start()
        wires = [server.connect() for _ in range(20)]
        for wire in wires:
            self.addCleanup(wire.close)
            self.assertEqual(wire.get("/health").status, 200)
        begin = time.monotonic()
        server.stop()
        self.assertLess(time.monotonic() - begin, 8)

    def test_posts_under_way_are_answered_and_kept(self):
        """Whatever was answered 200 up to the end is there after the next start."""
        server = self.start()
        answered = []

        def post_on(number):
            try:
                with server.connect() as wire:
                    for turn in range(10_000):
                        if wire.post(f"p-{number}", offer(provider_name=str(turn))).status == 200:
                            answered.append((f"p-{number}", str(turn)))
            except Exception:
                pass  # The server's end of the connection is what ends this loop.

        threads = [threading.Thread(target=post_on, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        eventually(lambda: len(answered) > 100, "a hundred posts")
        server.stop()
        for thread in threads:
            thread.join()
        server.start()
        stored = {found["provider_id"]: int(found["provider_name"]) for found in server.find()}
        for provider_id, turn in answered:
            self.assertGreaterEqual(stored[provider_id], int(turn))
        server.stop()


class SecondServer(ServerTestCase):
    def refused(self, **settings):
        result = run_to_end(**settings)
        self.assertNotEqual(result.status, 0)
        self.assertEqual(len(result.errors), 1, result.errors)
        self.assertEqual(self.server.get("/ready").status, 200)
        self.assertEqual(self.server.post("still-here").status, 200)
        return result.errors[0]

    def test_a_second_server_on_the_same_port_stops_with_one_line(self):
        self.assertIn(str(self.server.port), self.refused(PORT=self.server.port))

    def test_a_second_server_on_the_same_file_stops_with_one_line(self):
        self.assertIn("discovery.db", self.refused(DATABASE_DIR=self.server.directory))
        link = self.server.directory / "link.db"
        link.symlink_to(self.server.database)
        self.refused(DATABASE_DIR=None, DATABASE_URL=f"sqlite:///{link}")

    def test_a_file_that_is_no_such_database_stops_with_one_line(self):
        path = self.server.directory / "text.db"
        content = b"This is not a database. " * 1000
        path.write_bytes(content)
        self.assertIn("text.db", self.refused(DATABASE_DIR=None, DATABASE_URL=f"sqlite:///{path}"))
        self.assertEqual(path.read_bytes(), content)
        self.refused(DATABASE_DIR=None, DATABASE_URL=f"sqlite:///{self.server.directory}")


if __name__ == "__main__":
    unittest.main()
