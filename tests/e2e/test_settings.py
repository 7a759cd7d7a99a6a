"""Settings from flags, environment and file, and what a start says about them."""

import json
import pathlib
import re
import tempfile
import unittest

from client import ADVERTISEMENTS, offer
from server import TestCase, run_to_end


class Precedence(TestCase):
    def page_size(self, server):
        """The setting as a client sees it: the largest limit that is accepted."""
        answer = server.get(f"{ADVERTISEMENTS}?limit=0")
        return int(re.search(r"to (\d+)", answer.json()["detail"][0]["msg"]).group(1))

    def test_flags_outrank_the_environment_which_outranks_the_file(self):
        with tempfile.TemporaryDirectory(prefix="discovery-e2e-") as directory:
            path = pathlib.Path(directory) / "settings.toml"
            path.write_text('max_page_size = 5\nnetwork = "from-file"\n')
            for settings, flags, expected in (
                ({}, [], 10_000),
                ({"CONFIG": path}, [], 5),
                ({}, ["--config", str(path)], 5),
                ({"CONFIG": path, "MAX_PAGE_SIZE": 6}, [], 6),
                ({"CONFIG": path, "MAX_PAGE_SIZE": 6}, ["--max-page-size", "7"], 7),
                ({"CONFIG": path}, ["--max-page-size=7"], 7),
            ):
                server = self.start(flags=flags, **settings)
                self.assertEqual(self.page_size(server), expected)
                network = server.post("provider-1").json()["network"]
                named = "CONFIG" in settings or "--config" in flags
                self.assertEqual(network, "from-file" if named else None)
                server.stop()


class Openness(TestCase):
    def test_an_open_board_that_others_reach_is_warned_about(self):
        def warnings(**settings):
            """Of a start that ends at once, because its database cannot be."""
            result = run_to_end(DATABASE_DIR="/dev/null/x", **settings)
            self.assertEqual(result.status, 1, result)
            return [line for line in result.errors if "AUTH is 'open'" in line]

        self.assertEqual(len(warnings(HOST="0.0.0.0")), 1)
        self.assertIn("AUTH=signed", warnings(HOST="0.0.0.0")[0])
        self.assertEqual(warnings(HOST="0.0.0.0", AUTH="signed"), [])
        self.assertEqual(warnings(HOST="127.0.0.1"), [])


class Database(TestCase):
    def test_the_database_lies_where_the_settings_say(self):
        for settings, place in (
            ({"DATABASE_DIR": None}, ".golem/discovery/discovery.db"),
            ({"DATABASE_DIR": "~/board"}, "board/discovery.db"),
            ({"DATABASE_NAME": "other.db"}, "other.db"),
        ):
            server = self.start(**settings)
            self.assertEqual(server.post("provider-1").status, 200)
            self.assertTrue((server.directory / place).is_file(), place)
            server.stop()

    def test_database_urls(self):
        for scheme in ("sqlite", "sqlite+aiosqlite", "sqlite+pysqlite"):
            server = self.start()
            server.stop()
            path = server.directory / "by-url.db"
            server.settings["DATABASE_URL"] = f"{scheme}:///{path}"
            server.start()
            self.assertEqual(server.post("provider-1").status, 200)
            self.assertTrue(path.is_file())
            server.stop()


class InvalidSettings(TestCase):
    NUMBERS = ("x", "-1", "1.5", "1e3", "0x10", "99999999999999999999", "1 2")
    CASES = {
        "PORT": ("65536", *NUMBERS),
        "HOST": ("999.1.1.1", "not an address"),
        "DEBUG": ("maybe", "2", "truee"),
        "RATE_LIMIT_PER_MINUTE": NUMBERS,
        "ADVERTISEMENT_EXPIRY_MINUTES": ("0", "-1", "x", "nan", "inf", "1e300"),
        "CLEANUP_INTERVAL_SECONDS": ("0", *NUMBERS),
        "NETWORK": ("two words", "n" * 65, "é"),
        "PAYMENTS_NETWORK": ("a/b", "n" * 65),
        "TRUSTED_PROXIES": ("10.0.0.0/33", "10.0.0.1/8", "a.org", "10.0.0.1,,10.0.0.2", "::/129"),
        "MAX_PAGE_SIZE": ("0", *NUMBERS),
        "MAX_PROVIDERS": ("0", *NUMBERS),
        "MAX_CONNECTIONS": ("0", *NUMBERS),
        "MAX_CONNECTIONS_PER_ADDRESS": ("0", *NUMBERS),
        "THREADS": ("x", "-1", "99999"),
        "LOG_FORMAT": ("xml",),
        "LOG_LEVEL": ("loud",),
        "ADDRESS_POLICY": ("some",),
        "DATABASE_NAME": ("a/b", ".."),
        "DATABASE_URL": ("postgresql://localhost/x", "nonsense", "sqlite:"),
        "CONFIG": ("/nowhere/settings.toml",),
    }
    MAY_HOLD = {"PORT": "65535", "DEBUG": "true", "LOG_FORMAT": "json", "LOG_LEVEL": "debug",
                "ADDRESS_POLICY": "public", "DATABASE_URL": "sqlite:///"}

    def assert_refused(self, result, name, value):
        self.assertGreater(result.status, 0, (name, value, result))
        self.assertEqual(len(result.errors), 1, (name, value, result))
        self.assertEqual(result.output, "")
        line = result.errors[0]
        self.assertRegex(line, f"(?i){name.replace('_', '[-_]')}")
        self.assertIn(value, line)
        self.assertIn(self.MAY_HOLD.get(name, ""), line)

    def test_each_invalid_value_stops_the_start_with_one_line(self):
        for name, values in self.CASES.items():
            for value in values:
                self.assert_refused(run_to_end(**{name: value}), name, value)

    def test_the_line_names_the_flag_or_the_file_it_came_from(self):
        result = run_to_end(["--max-page-size", "many"])
        self.assert_refused(result, "MAX_PAGE_SIZE", "many")
        self.assertIn("--max-page-size", result.errors[0])

    def test_faulty_command_lines_stop_the_start_with_one_line(self):
        for flags in (
            ["--no-such-flag"], ["--max-page-size"], ["stray"], ["--prot", "9001"], ["-x"],
        ):
            result = run_to_end(flags)
            self.assertGreater(result.status, 0, flags)
            self.assertEqual(len(result.errors), 1, result)

    def test_faulty_files_stop_the_start_with_one_line(self):
        for text, named in (
            ("max_page_size = 0\n", "max_page_size"), ("max_page_size = \n", "line 1"),
            ("no_such_setting = 1\n", "no_such_setting"),
            ("[table]\nx = 1\n", "table"), ("port = 'x'\n", "port"), ("\0", ""),
            ("port = 1\nport = 2\n", ""),
        ):
            with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
                file.write(text)
                file.flush()
                result = run_to_end(CONFIG=file.name, PORT=None)
            self.assertGreater(result.status, 0, text)
            self.assertEqual(len(result.errors), 1, (text, result))
            self.assertIn(named, result.errors[0])

    def test_a_directory_that_cannot_be_made_stops_the_start(self):
        result = run_to_end(DATABASE_DIR="/proc/nowhere")
        self.assertGreater(result.status, 0)
        self.assertEqual(len(result.errors), 1, result)
        self.assertIn("/proc/nowhere", result.errors[0])


class BlankSettings(TestCase):
    def test_blank_variables_are_as_good_as_none(self):
        """As compose files pass those that are not set."""
        for blank in ("", "  "):
            names = set(InvalidSettings.CASES) | {"AUTH", "DATABASE_DIR", "PUBLIC_HOSTS"}
            server = self.start(flags=["--host=127.0.0.1", "--port=0"], **dict.fromkeys(names, blank))
            self.assertEqual(server.post("provider-1").status, 200)
            self.assertTrue((server.directory / ".golem/discovery/discovery.db").is_file())
            self.assertIn("settings: HOST='127.0.0.1' PORT='0'", server.log())
            server.stop()


class Warnings(TestCase):
    def test_an_unknown_variable_is_warned_about(self):
        server = self.start(MAX_PAGESIZE=5)
        line = server.wait_for_line(r".*GOLEM_DISCOVERY_MAX_PAGESIZE.*").group(0)
        self.assertIn("MAX_PAGE_SIZE", line)
        server.stop()

    def test_kubernetes_service_links_are_warned_about_and_ignored(self):
        links = {"SERVICE_HOST": "10.0.0.1", "PORT_9001_TCP": "tcp://10.0.0.1:9001"}
        server = self.start(flags=["--port", "0"], PORT="tcp://10.0.0.1:9001", **links)
        line = server.wait_for_line(r".*tcp://10\.0\.0\.1:9001.*").group(0)
        self.assertIn("Kubernetes", line)
        server.stop()

    def test_booleans_are_read_as_pydantic_reads_them(self):
        for value, debug in (
            ("YES", True), ("on", True), ("t", True), ("1", True), ("Off", False), ("n", False),
            ("false", False),
        ):
            server = self.start(DEBUG=value)
            server.get(f"{ADVERTISEMENTS}/asked-for-once")
            server.stop()
            self.assertEqual("asked-for-once" in server.log(), debug, value)


class HelpAndVersion(TestCase):
    def test_help_names_every_setting(self):
        result = run_to_end(["--help"])
        self.assertEqual((result.status, result.errors), (0, []))
        for name in InvalidSettings.CASES:
            self.assertIn("--" + name.lower().replace("_", "-"), result.output)
            self.assertIn("GOLEM_DISCOVERY_" + name, result.output)

    def test_version(self):
        result = run_to_end(["--version"])
        self.assertEqual((result.status, result.errors), (0, []))
        self.assertRegex(result.output, r"^golem-discovery \d+\.\d+\.\d+\n$")


class Logs(TestCase):
    SIGNATURE = "the-secret-signature-0123456789abcdef"

    def exercise(self, server):
        """Accepted, refused and faulty requests, all with the signature in them."""
        for signature in (
            self.SIGNATURE, self.SIGNATURE + " and more", self.SIGNATURE.ljust(1025, "x"),
        ):
            server.post("provider-1", None, signature)
            server.post("bad id", b"{", signature)
            server.post("", None, signature)
        headers = [("X-Provider-ID", "somebody"), ("X-Provider-Signature", self.SIGNATURE)]
        server.ask("DELETE", f"{ADVERTISEMENTS}/provider-1", headers)
        server.ask("POST", ADVERTISEMENTS, [*headers, ("Content-Length", "x")])
        server.ask("POST", ADVERTISEMENTS, [*headers, ("Content-Type", "text/plain")], offer())
        server.ask("PUT", ADVERTISEMENTS, headers)

    def test_no_signature_is_logged_at_any_level(self):
        for settings in (
            {"LOG_LEVEL": "debug"}, {"LOG_LEVEL": "debug", "LOG_FORMAT": "json"}, {"DEBUG": "1"},
            {},
        ):
            server = self.start(**settings)
            self.exercise(server)
            server.stop()
            self.assertNotIn(self.SIGNATURE[:20], server.log())

    def test_requests_are_logged_at_debug_level_alone(self):
        for settings, logged in (
            ({"LOG_LEVEL": "debug"}, True), ({}, False), ({"LOG_LEVEL": "info"}, False),
        ):
            server = self.start(**settings)
            answer = server.get(f"{ADVERTISEMENTS}/asked-for-once")
            server.stop()
            self.assertEqual("asked-for-once" in server.log(), logged)
            self.assertEqual(answer.header("X-Request-ID") in server.log(), logged)

    def test_a_client_cannot_write_lines_into_the_log(self):
        server = self.start(LOG_LEVEL="debug")
        server.get(f"{ADVERTISEMENTS}/x%0aforged%20line")
        server.get(f"{ADVERTISEMENTS}?x%0aforged%20line=1")
        server.stop()
        self.assertFalse([line for line in server.lines if line.startswith("forged")])

    def test_json_lines_parse_whatever_is_in_them(self):
        server = self.start(LOG_FORMAT="json", LOG_LEVEL="debug", NETWRK='a"b\\c\n\x01é')
        self.exercise(server)
        server.get(f'{ADVERTISEMENTS}/"quoted"\\')
        server.stop()
        self.assertGreater(len(server.lines), 5)
        for line in server.lines:
            self.assertIsInstance(json.loads(line), dict, line)

    def test_a_start_says_what_differs_from_the_defaults_and_what_was_loaded(self):
        server = self.start(MAX_PAGE_SIZE=77)
        self.assertEqual(server.post("provider-1").status, 200)
        server.stop()
        server.start()
        log = server.log()
        self.assertRegex(log, r"MAX_PAGE_SIZE=\W*77")
        self.assertIn("discovery.db", log)
        self.assertRegex(log, r"\b1 ")
        self.assertNotIn("MAX_PROVIDERS", log)
        server.stop()

    def test_a_refused_start_is_a_json_line_where_asked_for(self):
        result = run_to_end(LOG_FORMAT="json", DATABASE_DIR="/proc/nowhere")
        self.assertIn("/proc/nowhere", json.dumps(json.loads(result.errors[0])))


if __name__ == "__main__":
    unittest.main()
