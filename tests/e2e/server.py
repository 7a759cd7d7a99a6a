"""Starts the real binary on a port of the system's choosing, and ends it again whatever happens."""

import collections
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from client import DEADLINE_SECONDS, Calls, Wire

LISTENING = re.compile(r"listening on 127\.0\.0\.1:(\d+)")
ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("DISCOVERY_BINARY", str(ROOT / "build/release/src/golem-discovery"))
SANITIZED = "san" in pathlib.Path(BINARY).parts[-3]
STOP_SECONDS = 20 if SANITIZED else 5  # at most
PREFIX = "GOLEM_DISCOVERY_"

RunResult = collections.namedtuple("RunResult", "status output errors")


def eventually(check, what, seconds=DEADLINE_SECONDS):
    """Asks until `check` gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while not (result := check()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.005)
    return result


def free_port():
    """A port outside the range that outgoing connections use, so that a restart finds it free."""
    for port in random.SystemRandom().sample(range(12_000, 32_000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port")


def make_environment(home, settings):
    """Nothing of the developer's own but what sanitizers and the loader need."""
    kept = ("PATH", "LANG", "LD_LIBRARY_PATH")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name in kept or name.endswith("SAN_OPTIONS") or name == "ASAN_SYMBOLIZER_PATH"
    }
    environment["HOME"] = str(home)
    for name, value in settings.items():
        if value is not None:
            environment[PREFIX + name] = str(value)
    return environment


def run_to_end(flags=(), launcher=(), **settings):
    """Runs the binary until it stops by itself: refused starts, --help, --version."""
    with tempfile.TemporaryDirectory(prefix="discovery-e2e-") as home:
        # Few connections, so that a machine with few files to open gives no cause for a warning.
        defaults = {"HOST": "127.0.0.1", "PORT": 0, "DATABASE_DIR": home, "MAX_CONNECTIONS": 100}
        finished = subprocess.run(
            [*launcher, BINARY, *flags],
            env=make_environment(home, {**defaults, **settings}),
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
    lines = [line for line in finished.stderr.decode().splitlines() if line.strip()]
    return RunResult(finished.returncode, finished.stdout.decode(), lines)


class Server(Calls):
    """A running server. Settings are those of the contract's section 5; None leaves one out.

    `launcher` is a command that executes its last arguments: the program and its flags.
    """

    def __init__(self, directory=None, flags=(), launcher=(), **settings):
        self.owned_directory = None
        if directory is None:
            self.owned_directory = tempfile.TemporaryDirectory(prefix="discovery-e2e-")
            directory = self.owned_directory.name
        self.directory = pathlib.Path(directory)
        self.flags = list(flags)
        self.launcher = list(launcher)
        self.settings = {
            "HOST": "127.0.0.1",
            "PORT": 0,
            "DATABASE_DIR": directory,
            "RATE_LIMIT_PER_MINUTE": 0,
            **settings,
        }
        self.process = None
        self.port = None
        self.lines = []
        self.start()

    @property
    def database(self):
        return self.directory / "discovery.db"

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.lines = []
        self.changed = threading.Condition()
        self.log_ended = False
        self.process = subprocess.Popen(
            [*self.launcher, BINARY, *self.flags],
            env=make_environment(self.directory, self.settings),
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.log_reader = threading.Thread(target=self.collect_log, daemon=True)
        self.log_reader.start()
        try:
            self.wait_until_ready()
        except BaseException:
            self.end()
            raise

    def wait_until_ready(self):
        self.port = int(self.wait_for_line(LISTENING).group(1))
        eventually(lambda: self.get("/ready").status == 200, "/ready")

    def collect_log(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.log_ended = True
            self.changed.notify_all()

    def wait_for_line(self, pattern):
        """The match of the first log line that has `pattern` in it."""

        def found():
            return next((m for line in self.lines if (m := re.search(pattern, line))), None)

        with self.changed:
            self.changed.wait_for(lambda: found() or self.log_ended, DEADLINE_SECONDS)
            if match := found():
                return match
        raise AssertionError(f"no log line like {pattern}:\n" + self.log())

    def log(self):
        with self.changed:
            return "\n".join(self.lines)

    def connect(self, source="127.0.0.1"):
        return Wire(self.port, source)

    def ask(self, method, target, headers=(), body=None, source="127.0.0.1"):
        with self.connect(source) as wire:
            return wire.ask(method, target, headers, body)

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def running(self):
        return self.process.poll() is None

    def terminate(self):
        """Asks for a stop, without waiting for it."""
        self.process.send_signal(signal.SIGTERM)

    def wait_for_end(self):
        self.process.wait(DEADLINE_SECONDS)
        self.log_reader.join(DEADLINE_SECONDS)
        self.process.stderr.close()
        return self.process.returncode

    def stop(self):
        """Stops as an init system does; anything but a clean end is an error."""
        self.terminate()
        status = self.wait_for_end()
        if status != 0:
            raise AssertionError(f"the server ended with status {status}:\n" + self.log())

    def kill(self):
        self.process.kill()
        self.wait_for_end()

    def restart(self):
        """Starts again after stop() or kill(), on the same file and the same port."""
        self.settings["PORT"] = self.port
        self.start()

    def end(self):
        """For cleanup: nothing is left over, and nothing is asserted."""
        if self.process.poll() is None:
            self.process.kill()
        if not self.process.stderr.closed:
            self.wait_for_end()

    def discard(self):
        self.end()
        if self.owned_directory:
            self.owned_directory.cleanup()


class TestCase(unittest.TestCase):
    maxDiff = None

    def start(self, *arguments, **settings):
        """A server of one test's own; the test stops it where the end matters."""
        server = Server(*arguments, **settings)
        self.addCleanup(server.discard)
        return server

    def assert_error(self, answer, status, code):
        """An answer with the contract's one error body (section 2)."""
        self.assertEqual(answer.status, status, answer)
        body = answer.json()
        self.assertEqual(set(body), {"code", "message", "detail", "request_id"}, answer)
        self.assertEqual(body["code"], code, answer)
        self.assertTrue(body["message"])
        self.assertTrue(body["request_id"])
        self.assertEqual(answer.header("X-Request-ID"), body["request_id"])
        self.assertTrue(answer.header("Content-Type").startswith("application/json"), answer)
        if status != 422:
            self.assertEqual(body["detail"], {"code": code, "message": body["message"]})
            return
        self.assertTrue(body["detail"], answer)
        for fault in body["detail"]:
            self.assertEqual(set(fault), {"loc", "msg", "type"})
            self.assertIn(fault["loc"][0], ("body", "header", "query", "path"))
            self.assertTrue(fault["msg"])
            self.assertEqual(fault["type"], "value_error")

    def assert_refused(self, answer, *locations):
        """A 422 that complains about exactly these places."""
        self.assert_error(answer, 422, "REQ_001")
        self.assertEqual(answer.faults(), set(locations), answer)


class ServerTestCase(TestCase):
    """Tests that share one server, which must still be there at the end and stop cleanly."""

    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.server = Server(**cls.settings)
        cls.addClassCleanup(cls.server.discard)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
