"""What the process is started with: closed descriptors, settings from a pipe."""

import itertools
import os
import pathlib
import re
import unittest

from server import Server, TestCase, eventually, free_port


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


if __name__ == "__main__":
    unittest.main()
