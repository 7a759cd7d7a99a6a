"""docs/finding.md: its board is posted, its commands are run, and they find what it says."""

import json
import re
import shlex
import subprocess
import tempfile
import unittest

from client import DEADLINE_SECONDS, offer
from server import ROOT, ServerTestCase

ADDRESS = "http://localhost:9001"
PAGE = (ROOT / "docs/finding.md").read_text()


def table():
    """The rows of the page's one table, as dicts without the empty cells."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [{k: v for k, v in zip(rows[0], row) if v} for row in rows[1:]]


def examples():
    """(command, comment lines below it) for each command of the page."""
    found = []
    for line in PAGE.splitlines():
        if line.startswith("    curl "):
            found.append((line.strip(), []))
        elif line.startswith("    # "):
            found[-1][1].append(line.removeprefix("    # "))
    return found


class Finding(ServerTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for row in table():
            resources = {name: int(row[name]) for name in ("cpu", "memory", "storage", "gpu")
                         if name in row}
            columns = {"USD: core": "core", "GB RAM": "gb_ram", "GB storage": "gb_storage"}
            pricing = {f"usd_per_{name}_month": float(row[column])
                       for column, name in columns.items() if column in row}
            body = offer(country=row["country"], platform=row["platform"], resources=resources,
                         pricing=pricing or None)
            answer = cls.server.post(row["provider"], body)
            assert answer.status == 200, answer

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="discovery-e2e-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def curl(self, command):
        """(status, output) of a command as the page prints it."""
        here = shlex.split(command.replace(ADDRESS, self.server.url))
        finished = subprocess.run([*here, "-s", "-S", "-w", "\n%{http_code}"], check=True,
                                  capture_output=True, timeout=DEADLINE_SECONDS,
                                  cwd=self.directory)
        output, _, status = finished.stdout.decode().rpartition("\n")
        return int(status), output

    def assert_headers(self, head, promised):
        lines = head.splitlines()
        for line in promised:
            pattern = re.escape(line).replace(re.escape("..."), "[0-9a-f]+")
            self.assertTrue(any(re.fullmatch(pattern, one) for one in lines), (line, head))

    def test_every_command_finds_what_the_page_says(self):
        self.assertGreater(len(examples()), 12)
        for command, promised in examples():
            with self.subTest(command):
                status, output = self.curl(command)
                self.assertEqual(status, 200)
                if not promised:
                    continue
                *headers, last = promised
                head, _, body = output.rpartition("\r\n\r\n")
                self.assert_headers(head, headers)
                answer = json.loads(body)
                if last.startswith("{"):
                    self.assertEqual(answer, json.loads(last))
                else:
                    self.assertEqual([one["provider_id"] for one in answer], last.split(", "))

    def test_the_list_that_is_known_is_not_sent_again(self):
        command = next(command for command, _ in examples() if "--etag-compare" in command)
        self.assertEqual(self.curl(command)[0], 200)
        self.assertEqual(self.curl(command)[0], 304)

    def test_the_sums_are_of_this_board(self):
        stats = json.loads(self.curl(examples()[-1][0])[1])
        self.assertEqual(stats["providers"], len(table()))
        self.assertEqual(stats["cpu"], sum(int(row["cpu"]) for row in table()))
        self.assertEqual(set(stats["countries"]), {row["country"] for row in table()})
        self.assertEqual(stats["platforms"]["arm64"]["providers"], 1)
        self.assertAlmostEqual(stats["prices"]["usd"]["core"]["p50"], 5, delta=0.05)


if __name__ == "__main__":
    unittest.main()
