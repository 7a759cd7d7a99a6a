"""Steps of the wall clock under a running server, across its restarts, and at its start.

libfaketime shows the server a wall clock that is wrong. The clocks that leases, limits and timeouts
run on stay real, as they do on a machine whose clock is set.
"""

import datetime
import email.utils
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

from client import ADVERTISEMENTS, offer
from server import BINARY, SANITIZED, Server, TestCase, eventually, free_port
from signers import Ed25519Key, now_ms, signed_post
from test_watch import Stream, about

LIBRARY = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
STEP_LINE = re.compile(r"the clock was set (forward|back) by (\d+) s")
HOUR = 3_600
YEAR = 365 * 24 * HOUR
STEPS = (HOUR, YEAR, -HOUR, -YEAR)
LEASE_SECONDS = 20 if SANITIZED else 5  # of tests that wait for an expiry
LATE_SECONDS = 10 if SANITIZED else 3  # on a busy machine
TOLERANCE_SECONDS = 60  # between two readings of one clock


def preloaded():
    """libfaketime, behind the sanitizer that the binary is linked to: that must come first."""
    linked = subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True).stdout
    return ":".join([*re.findall(r"=> (\S*/lib[at]san\.so\S*)", linked), str(LIBRARY)])


def sanitizer_options(directory):
    """For ThreadSanitizer, which is not to look into libfaketime."""
    suppressions = pathlib.Path(directory) / "suppressions"
    suppressions.write_text(f"called_from_lib:{LIBRARY.name}\n")
    return f"{os.environ.get('TSAN_OPTIONS', '')}:suppressions={suppressions}"


def seconds_of(text):
    return datetime.datetime.fromisoformat(text).timestamp()


class SteppedServer(Server):
    """A server whose wall clock can be set."""

    def __init__(self, step=0, **settings):
        self.step_seconds = step
        self.clock_directory = tempfile.TemporaryDirectory(prefix="discovery-e2e-clock-")
        self.clock_file = pathlib.Path(self.clock_directory.name) / "clock"
        self.set_clock(0)
        launcher = (
            "env",
            f"LD_PRELOAD={preloaded()}",
            f"TSAN_OPTIONS={sanitizer_options(self.clock_directory.name)}",
            f"FAKETIME_TIMESTAMP_FILE={self.clock_file}",
            "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",  # nor CLOCK_BOOTTIME
            "NO_FAKE_STAT=1",
        )
        super().__init__(launcher=launcher, **{"PORT": free_port(), **settings})

    def start(self):
        super().start()
        # The library itself removes these only at a clean end.
        for name in ("faketime_shm_", "sem.faketime_sem_"):
            pathlib.Path(f"/dev/shm/{name}{self.process.pid}").unlink(missing_ok=True)

    def set_clock(self, ahead):
        """In one go, as the server reads the file at each look at the clock."""
        self.ahead = ahead
        new = self.clock_file.with_suffix(".new")
        new.write_text(f"{ahead:+.3f}\n")
        os.replace(new, self.clock_file)

    def now(self):
        """The time by the server's wall clock."""
        return time.time() + self.ahead

    def steps(self):
        """As the log tells them: in seconds, back is negative."""
        return [
            int(seconds) * (1 if direction == "forward" else -1)
            for direction, seconds in STEP_LINE.findall(self.log())
        ]

    def turn_clock(self, ahead):
        """A step that the server has noticed, and told with its size."""
        expected, told = ahead - self.ahead, len(self.steps())
        self.set_clock(ahead)
        steps = eventually(lambda: self.steps()[told:], "the log tells of the step")
        if len(steps) != 1 or abs(steps[0] - expected) > 1:
            raise AssertionError(f"{expected} s: {steps}")

    def step(self):
        self.turn_clock(self.step_seconds)

    def mend(self):
        self.turn_clock(0)

    def discard(self):
        super().discard()
        self.clock_directory.cleanup()


class Provider:
    """Signs as docs/api.md says, with a clock that is right."""

    def __init__(self, server, directory):
        self.server = server
        self.key = Ed25519Key(directory)
        self.last_time = 0

    def post(self):
        """The accepted request, as one that listens would keep it. One retry must do."""
        request, answer = self.send(max(now_ms(), self.last_time + 1))
        if answer.status == 401:
            error = answer.json()
            request, answer = self.send(max(error["server_time"], error.get("last_time", 0) + 1))
        if answer.status != 200 or not answer.json()["verified"]:
            raise AssertionError(answer)
        return request

    def send(self, time_ms):
        request = signed_post(self.key, time_ms)
        answer = self.server.ask(*request)
        if answer.status == 200:
            self.last_time = time_ms
        return request, answer


class ClockTestCase(TestCase):
    step = 0

    def start(self, step=None, **settings):
        server = SteppedServer(self.step if step is None else step, **settings)
        self.addCleanup(server.discard)
        return server

    def provider(self, server):
        directory = tempfile.TemporaryDirectory(prefix="discovery-e2e-keys-")
        self.addCleanup(directory.cleanup)
        return Provider(server, directory.name)

    def post(self, server, provider_id="provider-1"):
        answer = server.post(provider_id)
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    def assert_used_up(self, server, *requests):
        for request in requests:
            answer = server.ask(*request)
            self.assertEqual((answer.status, answer.code), (401, "AUTH_002"), answer)

    def is_near(self, time_seconds, other):
        return abs(time_seconds - other) < TOLERANCE_SECONDS

    def assert_near(self, time_seconds, other):
        self.assertTrue(self.is_near(time_seconds, other), time_seconds - other)


class Leases(ClockTestCase):
    """With a server for each step, so that their leases run side by side."""

    def start_all(self):
        return [
            self.start(step, ADVERTISEMENT_EXPIRY_MINUTES=LEASE_SECONDS / 60) for step in STEPS
        ]

    def lease(self, server, provider_id):
        """A post, and the time of the machine that it came at."""
        begun = time.monotonic()
        self.post(server, provider_id)
        return begun

    def assert_runs_out(self, server, provider_id, begun):
        self.await_end(server, provider_id)
        self.assertGreaterEqual(time.monotonic() - begun, LEASE_SECONDS)
        self.assert_ended(begun)

    def await_end(self, server, provider_id):
        path = f"{ADVERTISEMENTS}/{provider_id}"
        eventually(lambda: server.get(path).status == 404, "the lease runs out")

    def assert_ended(self, begun):
        self.assertLess(time.monotonic() - begun, LEASE_SECONDS + LATE_SECONDS)

    def test_leases_run_on_real_time_across_steps(self):
        servers = self.start_all()
        begun = [self.lease(server, "before") for server in servers]
        for server in servers:
            server.step()
            self.assertEqual(server.ids(), ["before"])
        for server, begin in zip(servers, begun):
            self.assert_runs_out(server, "before", begin)
        begun = [self.lease(server, "meanwhile") for server in servers]
        for server in servers:
            server.mend()
            self.assertEqual(server.ids(), ["meanwhile"])
        for server, begin in zip(servers, begun):
            self.assert_runs_out(server, "meanwhile", begin)
            server.stop()

    def test_no_lease_is_longer_than_a_lease_after_a_restart(self):
        """Its rows are of a time that is still to come: posted ahead, or before the step back."""
        servers = self.start_all()
        for server in servers:
            ahead = server.step_seconds > 0
            if ahead:
                server.step()
            self.post(server)
            server.stop()
            server.set_clock(0 if ahead else server.step_seconds)
            begun = time.monotonic()
            server.restart()
            self.assertEqual(server.ids(), ["provider-1"])
            server.begun = begun
        for server in servers:
            self.await_end(server, "provider-1")
            self.assert_ended(server.begun)
            server.stop()


class Step:
    """What holds for each step."""

    def test_a_renewal_keeps_created_at_and_times_go_by_the_clock(self):
        server = self.start()
        first = self.post(server)
        for turn in (server.step, server.mend):
            turn()
            renewed = self.post(server)
            self.assertEqual(renewed["created_at"], first["created_at"])
            updated = seconds_of(renewed["updated_at"])
            self.assert_near(updated, server.now())
            self.assertAlmostEqual(seconds_of(renewed["expires_at"]), updated + 300, 3)
            del renewed["refresh_after"]
            self.assertEqual(server.find(), [renewed])
            self.assert_known(server, "live", renewed)
            fresh = self.post(server, "fresh")
            self.assertEqual(fresh["created_at"], fresh["updated_at"])
            self.assertEqual(server.withdraw("fresh").status, 200)
            self.assert_known(server, "withdrawn", fresh)
        server.stop()

    def assert_known(self, server, state, advertisement):
        answer = server.get(f"/api/v1/providers/{advertisement['provider_id']}")
        self.assertEqual(answer.status, 200, answer)
        known = answer.json()
        self.assertEqual(known["state"], state)
        self.assertEqual(known["last_seen"], advertisement["updated_at"])
        for share in known["listed"].values():
            self.assertTrue(share is None or 0 <= share <= 1, known)
        eventually(lambda: self.is_near(self.date(server), server.now()), "the header follows")

    def date(self, server):
        header = server.get("/health").header("Date")
        return email.utils.parsedate_to_datetime(header).timestamp()

    def test_a_provider_is_heard_at_once_and_stays_pinned(self):
        server = self.start()
        provider = self.provider(server)
        provider.post()
        for turn in (server.step, server.mend, server.step, server.mend):
            turn()
            self.assert_error(server.post(provider.key.id), 401, "AUTH_005")
            provider.post()
        server.stop()

    def test_a_provider_is_heard_at_once_after_restarts(self):
        server = self.start()
        provider = self.provider(server)
        provider.post()
        for ahead in (self.step, 0, self.step, 0):
            for end in (server.stop, server.kill):
                end()
                server.set_clock(ahead)
                server.restart()
                self.assert_error(server.post(provider.key.id), 401, "AUTH_005")
                provider.post()
                self.assertEqual(server.ids(), [provider.key.id])
        server.stop()

    def test_a_watch_goes_on_and_can_be_resumed(self):
        server = self.start()
        self.post(server, "a")
        with Stream(server, "refreshes=true") as stream, Stream(server) as plain:
            self.assertEqual(about(stream.wait(2)), [("added", "a"), ("synced", None)])
            last_id = plain.wait(2)[-1][1]
            server.step()
            self.post(server, "b")
            self.post(server, "a")
            self.assertEqual(about(stream.wait(4))[2:], [("added", "b"), ("refreshed", "a")])
            server.mend()
            self.post(server, "c")
            server.withdraw("b")
            self.assertEqual(about(stream.wait(6))[4:], [("added", "c"), ("removed", "b")])
            self.assertEqual(stream.events[5][2]["reason"], "withdrawn")
        missed = [("updated", "c"), ("removed", "b"), ("synced", None)]
        for turn in (None, server.step, server.mend):
            if turn:
                turn()
            with Stream(server, last_id=last_id) as stream:
                self.assertEqual(about(stream.wait(3)), missed)
        server.stop()

    def test_limits_are_neither_reset_nor_frozen(self):
        quota = 30  # a write comes back every 2 s
        server = self.start(RATE_LIMIT_PER_MINUTE=quota)
        writer = "127.0.1.1"
        for _ in range(quota):
            self.write(server, writer)
            answer = server.get(ADVERTISEMENTS)
        wait = self.retry_after(server)
        for turn in (server.step, server.mend):
            turn()
            self.assertLessEqual(self.retry_after(server), wait)
            wait = eventually(
                lambda: (later := self.retry_after(server)) < wait and later, "time goes on"
            )
            # It waits for its turn, and takes what came.
            answer = self.write(server, writer)
            self.assertRegex(answer.header("RateLimit"), r'^"write";r=[0-2];t=\d+$')
        server.stop()

    def write(self, server, source):
        with server.connect(source) as wire:
            answer = wire.post()
        self.assertEqual(answer.status, 200, answer)
        return answer

    def retry_after(self, server):
        answer = server.get(ADVERTISEMENTS)
        self.assert_error(answer, 429, "RATE_001")
        seconds = int(answer.header("Retry-After"))
        self.assertTrue(1 <= seconds <= 60, answer)
        return seconds


class Ahead(Step):
    def test_nothing_is_taken_twice(self):
        """Of two providers, one of which signs for the first time while the clock is ahead."""
        server = self.start()
        known, fresh = self.provider(server), self.provider(server)
        used = [known.post()]
        server.step()
        self.assert_used_up(server, *used)
        used += [known.post(), fresh.post()]
        self.assert_used_up(server, *used)
        server.mend()
        self.assert_used_up(server, *used[1:])
        used += [known.post(), fresh.post()]
        for end in (None, server.stop, server.kill):
            if end:
                end()
                server.restart()
            self.assert_used_up(server, *used)
        # Real time comes to what was signed ahead.
        server.turn_clock(self.step)
        self.assert_used_up(server, *used)
        server.kill()
        server.restart()
        self.assert_used_up(server, *used)
        used += [known.post(), fresh.post()]
        self.assert_used_up(server, *used)
        server.stop()

    def test_a_restart_goes_by_the_wall_clock(self):
        server = self.start()
        self.post(server, "before")
        server.step()
        self.assertEqual(server.ids(), ["before"])
        server.stop()
        server.restart()
        self.assertEqual(server.ids(), [], "by this clock its lease is over")
        posted = self.post(server, "ahead")
        server.mend()
        self.assertEqual(server.ids(), ["ahead"])
        server.stop()
        server.restart()
        self.assertEqual(server.ids(), ["ahead"])
        renewed = self.post(server, "ahead")
        self.assertEqual(renewed["created_at"], posted["created_at"])
        self.assert_near(seconds_of(renewed["updated_at"]), server.now())
        self.assert_near(seconds_of(renewed["expires_at"]), server.now() + 300)
        server.stop()

    def test_what_is_not_promised(self):
        """As docs/reliability.md says; where this fails, that page can promise more."""
        server = self.start()
        provider = self.provider(server)
        before = provider.post()
        server.step()
        provider.post()
        server.mend()
        self.assertEqual(server.ask(*before).status, 200)
        self.assert_used_up(server, before)
        provider.post()
        server.stop()


class Back(Step):
    def test_nothing_is_taken_twice(self):
        server = self.start()
        provider = self.provider(server)
        before = provider.post()
        server.step()
        self.assert_used_up(server, before)
        back = provider.post()
        self.assert_used_up(server, before, back)
        server.kill()
        server.restart()
        self.assert_used_up(server, before, back)
        later = provider.post()
        self.assert_used_up(server, before, back, later)
        server.mend()
        self.assert_used_up(server, before, back, later)
        server.kill()
        server.restart()
        self.assert_used_up(server, before, back, later)
        mended = provider.post()
        self.assert_used_up(server, before, back, later, mended)
        server.stop()

    def test_a_restart_goes_by_the_wall_clock(self):
        server = self.start()
        self.post(server, "before")
        server.step()
        server.stop()
        server.restart()
        self.assertEqual(server.ids(), ["before"])
        self.post(server, "back")
        server.mend()
        self.assertEqual(set(server.ids()), {"before", "back"})
        server.stop()
        server.restart()
        self.assertEqual(server.ids(), ["before"], "the other's lease is over by this clock")
        self.post(server, "back")
        self.assertEqual(set(server.ids()), {"before", "back"})
        server.stop()

    def test_what_is_not_promised(self):
        """As docs/reliability.md says; where this fails, that page can promise more."""
        server = self.start()
        provider = self.provider(server)
        server.step()
        earlier = provider.post()
        server.mend()
        provider.post()
        server.step()
        self.assertEqual(server.ask(*earlier).status, 200)
        self.assert_used_up(server, earlier)
        server.stop()


class AnHourAhead(Ahead, ClockTestCase):
    step = HOUR


class AYearAhead(Ahead, ClockTestCase):
    step = YEAR


class AnHourBack(Back, ClockTestCase):
    step = -HOUR


class AYearBack(Back, ClockTestCase):
    step = -YEAR


class FarOut(ClockTestCase):
    """A start with the clock of another century, on a database of today."""

    def start_at(self, text):
        server = self.start()
        provider = self.provider(server)
        provider.post()
        self.post(server, "today")
        server.stop()
        server.set_clock(seconds_of(text) - time.time())
        server.restart()
        return server, provider

    def assert_serves(self, server, provider):
        provider.post()
        posted = self.post(server, "there")
        self.assert_near(seconds_of(posted["updated_at"]), server.now())
        self.assertLessEqual({provider.key.id, "there"}, set(server.ids()))
        for path in ("stats", "providers/there", f"providers/{provider.key.id}"):
            self.assertEqual(server.get(f"/api/v1/{path}").status, 200, path)
        with Stream(server) as stream:
            eventually(lambda: ("synced", None) in about(stream.events), "synced")

    def assert_is_well_once_mended(self, server, provider):
        server.mend()
        self.assert_serves(server, provider)
        for end in (server.stop, server.kill):
            end()
            server.restart()
            self.assert_serves(server, provider)
        server.stop()

    def test_1970(self):
        """As a machine without a battery starts."""
        server, provider = self.start_at("1970-01-01T00:00:05+00:00")
        self.assertIn("today", server.ids())
        self.assert_serves(server, provider)
        self.assert_is_well_once_mended(server, provider)

    def test_2100_and_9999(self):
        for text in ("2100-01-01T00:00:00+00:00", "9999-12-31T12:00:00+00:00"):
            with self.subTest(text):
                server, provider = self.start_at(text)
                self.assertEqual(server.ids(), [], "by this clock all leases are over")
                self.assert_serves(server, provider)
                self.assert_is_well_once_mended(server, provider)


if __name__ == "__main__":
    unittest.main()
