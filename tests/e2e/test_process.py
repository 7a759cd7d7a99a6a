"""The process among others: what it is started with, its log, and how it ends."""

import itertools
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from client import ADVERTISEMENTS, credentials, offer, request_bytes
from server import (
    BINARY, SANITIZED, STOP_SECONDS, Server, TestCase, eventually, free_port, make_environment,
    run_to_end,
)


def shell(script):
    """A launcher: bash, whose `script` executes "$@"."""
    return ["bash", "-c", script, "bash"]


class UnseenServer(Server):
    """A server whose log may go nowhere, so that its port is given."""

    def wait_until_ready(self):
        self.port = self.settings["PORT"]

        def ready():
            try:
                return self.get("/ready").status == 200
            except ConnectionRefusedError:
                return False

        eventually(ready, "/ready")


class StandardFiles(TestCase):
    """A daemon may be started with descriptors 0 to 2 closed."""

    def start_without(self, closed):
        launcher = shell('exec "$@" ' + " ".join(f"{number}>&-" for number in closed))
        server = UnseenServer(launcher=launcher, PORT=free_port())
        self.addCleanup(server.discard)
        return server

    def assert_standard_files(self, server, closed):
        """What is given stays; what is closed is /dev/null, open in the right direction alone."""
        process = pathlib.Path("/proc", str(server.process.pid))
        for number in range(3):
            info = (process / "fdinfo" / str(number)).read_text()
            access = int(re.search(r"flags:\s*(\d+)", info).group(1), 8) & os.O_ACCMODE
            file = os.readlink(process / "fd" / str(number))
            if number in closed:
                expected = ("/dev/null", os.O_RDONLY if number == 0 else os.O_WRONLY)
                self.assertEqual((file, access), expected, (number, closed))
            elif number == 2:
                self.assertRegex(file, r"^pipe:", closed)
            else:
                self.assertEqual((file, access), ("/dev/null", os.O_RDWR), (number, closed))

    def test_advertisements_survive_whichever_are_closed(self):
        for count in range(4):
            for closed in itertools.combinations(range(3), count):
                server = self.start_without(closed)
                self.assert_standard_files(server, closed)
                self.assertEqual(server.post("provider-1").status, 200)
                server.stop()
                server.restart()
                self.assertEqual(server.ids(), ["provider-1"], closed)
                server.stop()


class SettingsFromAPipe(TestCase):
    def test_are_in_force(self):
        setting = "<(echo 'auth = \"signed\"')"
        for script in (
            f'exec "$@" --config {setting}', f'exec "$@" --config /dev/stdin < {setting}',
        ):
            server = self.start(launcher=shell(script))
            self.assert_error(server.post("provider-1"), 401, "AUTH_005")
            server.stop()


class UnreadServer(UnseenServer):
    """A server whose log is a pipe that is not read before `may_read` is set."""

    def __init__(self, *arguments, **settings):
        self.may_read = threading.Event()
        super().__init__(*arguments, PORT=free_port(), **settings)

    def collect_log(self):
        self.may_read.wait()
        super().collect_log()

    def discard(self):
        self.may_read.set()
        super().discard()


class UnreadLog(TestCase):
    REQUESTS = 1_000  # of which each is two lines, one of 4 KiB and one of its status

    def setUp(self):
        self.server = UnreadServer(LOG_LEVEL="debug")
        self.addCleanup(self.server.discard)
        with self.server.connect() as wire:
            for number in range(self.REQUESTS):
                answer = wire.get(f"/{number}-".ljust(5_000, "x"))
                self.assertEqual(answer.status, 404)

    def test_the_server_serves_on_and_stops_in_time(self):
        self.assertEqual(self.server.post("provider-1").status, 200)
        self.assertEqual(self.server.ids(), ["provider-1"])
        self.server.terminate()
        self.assertEqual(self.server.process.wait(STOP_SECONDS), 0)

    def test_a_reader_that_comes_back_learns_how_much_was_dropped(self):
        self.server.may_read.set()
        dropped = self.server.wait_for_line(r" warning (\d+) log lines were dropped because")
        self.server.get("/asked-for-once")
        self.server.wait_for_line("asked-for-once")
        lines = [line for line in self.server.log().splitlines() if re.search("/[0-9]+-x", line)]
        self.assertGreater(len(lines), 100)
        self.assertLessEqual(max(len(line) for line in lines) + 1, 4096)
        seen = [int(re.search("/([0-9]+)-x", line).group(1)) for line in lines]
        self.assertEqual(seen, list(range(len(seen))), "the first are kept, in their order")
        lost = self.REQUESTS - len(lines)
        self.assertIn(int(dropped.group(1)), (2 * lost, 2 * lost + 1))
        self.server.stop()


class Stop(TestCase):
    def connect(self, server, data):
        wire = server.connect()
        self.addCleanup(wire.close)
        wire.send(data)
        return wire

    def start_with_slow_reader(self):
        """A server that is kept from a stop by a client that does not read its answers."""
        server = self.start()
        wire = self.connect(server, request_bytes("GET", "/openapi.json") * 200)
        self.assertEqual(wire.answer().status, 200)
        return server

    def assert_stops_in_time(self, server):
        begin = time.monotonic()
        server.terminate()
        self.assertEqual(server.wait_for_end(), 0, server.log())
        self.assertLess(time.monotonic() - begin, STOP_SECONDS)

    def test_half_a_request_is_closed_without_an_answer(self):
        server = self.start()
        post = request_bytes("POST", ADVERTISEMENTS, credentials("half"), offer())
        wires = [self.connect(server, post[:size]) for size in (10, len(post) - 10)]
        self.assertEqual(server.get("/health").status, 200)
        self.assert_stops_in_time(server)
        for wire in wires:
            self.assertTrue(wire.ended())

    def test_a_client_that_does_not_read_is_cut_off(self):
        self.assert_stops_in_time(self.start_with_slow_reader())

    def test_a_signal_that_comes_twice_at_once_is_one(self):
        server = self.start_with_slow_reader()
        server.terminate()
        self.assert_stops_in_time(server)

    def test_a_signal_that_comes_again_later_ends_the_process_at_once(self):
        server = self.start_with_slow_reader()
        begin = time.monotonic()
        eventually(lambda: server.terminate() or not server.running(), "the end")
        self.assertGreaterEqual(time.monotonic() - begin, 1)
        self.assertEqual(server.wait_for_end(), -signal.SIGTERM)
        server.wait_for_line(" warning Terminated received again: ending at once")


class Shortages(TestCase):
    """What the system does not grant ends a start with one line that says what to do."""

    WITHOUT_PRIVILEGE = ["setpriv", "--bounding-set=-sys_resource"] if os.geteuid() == 0 else []

    def assert_not_started(self, directory, script, advice, **settings):
        result = run_to_end(
            launcher=[*self.WITHOUT_PRIVILEGE, *shell(script)], DATABASE_DIR=directory, **settings
        )
        self.assertEqual((result.status, len(result.errors)), (1, 1), result)
        self.assertRegex(result.errors[0], r"^[-0-9]{10}T[:.0-9]{12}Z error not started: ")
        self.assertIn(advice, result.errors[0])

    @unittest.skipIf(SANITIZED, "a sanitizer needs descriptors to look at memory")
    def test_of_descriptors(self):
        with tempfile.TemporaryDirectory(prefix="discovery-e2e-") as directory:
            for limit in (4, 10, 20):
                script = f'ulimit -n {limit}; exec "$@"'
                self.assert_not_started(directory, script, "ulimit -n")

    @unittest.skipIf(SANITIZED, "a sanitizer needs descriptors to look at memory")
    def test_few_descriptors_are_not_for_one_address_alone(self):
        launcher = [*self.WITHOUT_PRIVILEGE, *shell('ulimit -n 120; exec "$@"')]
        server = self.start(launcher=launcher, THREADS=2)
        server.wait_for_line("only 120 files may be open")
        self.assertRegex(
            server.log(), r"58 connections can be served, .* MAX_CONNECTIONS=20000, and 29 of one"
        )
        for _ in range(120):
            wire = server.connect("127.0.0.2")
            self.addCleanup(wire.close)
            wire.send_until_refused(b"GET /health HTTP/1.1\r\n")
        for _ in range(10):
            with server.connect("127.0.0.3") as other:
                self.assertEqual(other.get("/health").status, 200)
        server.stop()

    @unittest.skipIf(SANITIZED, "a sanitizer reserves more memory than can be limited")
    def test_of_memory_for_threads(self):
        with tempfile.TemporaryDirectory(prefix="discovery-e2e-") as directory:
            script = 'ulimit -v 1000000; exec "$@"'
            self.assert_not_started(directory, script, "cannot start all THREADS", THREADS=256)
            self.assertEqual(os.listdir(directory), ["discovery.db"])  # closed in order

    @unittest.skipUnless(os.geteuid() == 0, "only root can take a user that has no processes")
    @unittest.skipIf(SANITIZED, "a sanitizer may have threads of its own")
    def test_of_threads(self):
        """With each limit the program ends with one line, or serves and stops as ever."""
        with tempfile.TemporaryDirectory(prefix="discovery-e2e-") as directory:
            user = random.SystemRandom().randrange(100_000, 1_000_000)
            os.chown(directory, user, user)
            program = shutil.copy(BINARY, directory)
            limits = range(1, 20)
            ends = [self.end_of(program, directory, user, limit) for limit in limits]
        self.assertEqual(ends, sorted(ends, reverse=True))
        self.assertEqual(set(ends), {0, 1})

    def end_of(self, program, directory, user, limit):
        process = subprocess.Popen(
            ["setpriv", f"--reuid={user}", "--clear-groups",
             "prlimit", f"--nproc={limit}", program],
            env=make_environment(directory, {"HOST": "127.0.0.1", "PORT": 0, "THREADS": 2,
                                             "MAX_CONNECTIONS": 100, "DATABASE_DIR": directory}),
            cwd=directory,
            stderr=subprocess.PIPE,
        )
        lines = []
        for line in process.stderr:
            lines.append(line.decode())
            if "listening" in lines[-1]:
                process.terminate()
        process.stderr.close()
        if (status := process.wait()) == 1:
            self.assertEqual(len(lines), 1, lines)
            self.assertRegex(lines[0], "Z error not started: .*Resource temporarily unavailable")
        return status


if __name__ == "__main__":
    unittest.main()
