"""`--recover`: a damaged database is set aside as it is, and what can be read of it is served again."""

import pathlib
import re
import sqlite3
import tempfile
import unittest

from client import offer
from disks import DiskTestCase
from server import Server, run_to_end

ASIDE = re.compile(r"discovery\.db\.damaged-\d{8}T\d{6}Z")
PAGE = 2048
PROVIDERS = [f"provider-{number}" for number in range(40)]


class Recover(DiskTestCase):
    def board(self, directory=None):
        """A directory with the database of a board that was stopped."""
        if directory is None:
            owner = tempfile.TemporaryDirectory(prefix="discovery-e2e-")
            self.addCleanup(owner.cleanup)
            directory = owner.name
        server = self.start(directory)
        with server.connect() as wire:
            for number, provider in enumerate(PROVIDERS):
                # In its row alone, where damage() finds it.
                body = offer(provider_name=f"machine {number} of many".ljust(60, "x"))
                self.assertEqual(wire.post(provider, body).status, 200)
        server.stop()
        self.database = server.database
        return pathlib.Path(directory)

    def damage(self, change):
        """`change` alters the file's bytes in place; they are returned."""
        content = bytearray(self.database.read_bytes())
        change(content)
        self.database.write_bytes(content)
        return bytes(content)

    def damage_a_leaf(self):
        def change(content):
            page = content.index(b"machine 21 ") // PAGE * PAGE
            content[page : page + 16] = b"\xee" * 16

        return self.damage(change)

    def recover(self, directory, *flags):
        return run_to_end(["--recover", *flags], DATABASE_DIR=directory)

    def assert_recovers(self, directory, damaged):
        """The text that was printed, and what a server lists then."""
        result = self.recover(directory)
        self.assertEqual((result.status, result.errors), (0, []))
        names = {path.name for path in directory.iterdir()}
        (aside,) = (name for name in names if ASIDE.fullmatch(name))
        self.assertEqual(names, {"discovery.db", aside})
        self.assertIn(f"The damaged file is now {directory.resolve() / aside}\n", result.output)
        self.assertEqual((directory / aside).read_bytes(), damaged)
        with sqlite3.connect(self.database) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        database.close()
        server = self.start(directory)
        listed = server.ids()
        self.assertEqual(server.post("newcomer").status, 200)
        server.stop()
        return result.output, listed

    def assert_refused(self, result, pattern):
        """One line of error, and the database is as it was, alone in its directory."""
        self.assertEqual((result.status, result.output), (1, ""), result)
        self.assertEqual(len(result.errors), 1, result)
        self.assertRegex(result.errors[0], pattern)

    def test_a_damaged_leaf_costs_its_own_rows(self):
        directory = self.board()
        output, listed = self.assert_recovers(directory, self.damage_a_leaf())
        self.assertNotIn("provider-21", listed)
        self.assertLess(set(listed), set(PROVIDERS))
        self.assertGreater(len(listed), len(PROVIDERS) - 15)
        self.assertIn(f"advertisements: {len(listed)} rows; others could not be read\n", output)
        self.assertIn("provider_pins: 0 rows, all\n", output)
        self.assertNotIn("Pins are lost", output)

    def test_a_destroyed_header_leaves_an_empty_board_that_takes_posts(self):
        directory = self.board()

        def change(content):
            content[:100] = bytes(100)

        output, listed = self.assert_recovers(directory, self.damage(change))
        self.assertEqual(listed, [])
        self.assertIn("advertisements: 0 rows; others could not be read\n", output)
        self.assertIn("Pins are lost", output)

    def test_a_truncated_file_is_read_as_far_as_it_goes(self):
        directory = self.board()

        def change(content):
            del content[content.index(b"machine 30 ") // PAGE * PAGE + 700 :]

        _, listed = self.assert_recovers(directory, self.damage(change))
        self.assertLess(set(listed), set(PROVIDERS))
        self.assertIn("provider-1", listed)

    def test_what_a_killed_server_left_in_the_log_is_saved(self):
        directory = self.board()
        server = self.start(directory)
        self.assertEqual(server.post("newest").status, 200)
        server.kill()
        damaged = self.damage_a_leaf()
        log = (directory / "discovery.db-wal").read_bytes()
        self.assertEqual(self.recover(directory).status, 0)
        (aside,) = (path for path in directory.iterdir() if ASIDE.fullmatch(path.name))
        self.assertEqual(aside.read_bytes(), damaged)
        self.assertEqual(aside.with_name(aside.name + "-wal").read_bytes(), log)
        server.start()
        self.assertIn("newest", server.ids())
        server.stop()

    def test_a_whole_file_is_left_as_it_is(self):
        directory = self.board()
        content = self.database.read_bytes()
        result = self.recover(directory)
        self.assertEqual((result.status, result.errors), (0, []))
        self.assertRegex(result.output, r"^/\S+/discovery\.db is whole: there is nothing to recover\n$")
        self.assertEqual(self.database.read_bytes(), content)
        self.assertEqual(list(directory.iterdir()), [self.database])

    def test_a_missing_file_is_an_error_and_nothing_is_made(self):
        with tempfile.TemporaryDirectory() as directory:
            missing = pathlib.Path(directory, "a", "b")
            self.assert_refused(self.recover(missing), "not recovered: no database .*/a/b/discovery.db")
            self.assertEqual(list(pathlib.Path(directory).iterdir()), [])
        in_memory = run_to_end(["--recover"], DATABASE_URL="sqlite:///:memory:", DATABASE_DIR=None)
        self.assert_refused(in_memory, "not recovered: a database in memory")

    def test_a_file_that_is_in_use_is_left_alone(self):
        directory = self.board()
        server = self.start(directory)
        self.assert_refused(self.recover(directory), "another server is using the database /")
        self.assertEqual(server.post("newcomer").status, 200)
        server.stop()
        damaged = self.damage_a_leaf()
        reader = sqlite3.connect(self.database, isolation_level=None)
        self.addCleanup(reader.close)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM board_runs").fetchall()
        self.assert_refused(self.recover(directory), "another program is using the database /")
        self.assertEqual(self.database.read_bytes(), damaged)

    def test_a_full_disk_leaves_the_damaged_file_in_its_place(self):
        directory = self.board(self.mount("600k"))
        damaged = self.damage_a_leaf()
        used = len(damaged)
        ballast = directory / "ballast"
        refusals = []
        for room in range(used // 2, 600 * 1024 - used, 16 * 1024):
            ballast.write_bytes(bytes(600 * 1024 - used - room))
            result = self.recover(directory)
            if result.status == 0:
                break
            self.assert_refused(result, "not recovered: .*(is full|No space left)")
            self.assertEqual({path.name for path in directory.iterdir()}, {"discovery.db", "ballast"})
            self.assertEqual(self.database.read_bytes(), damaged)
            refusals.append(result.errors[0])
        self.assertIn("discovery.db.recovering-copy", refusals[0])
        self.assertIn("discovery.db.recovering:", refusals[-1])
        (aside,) = (path for path in directory.iterdir() if ASIDE.fullmatch(path.name))
        self.assertEqual(aside.read_bytes(), damaged)

    def test_a_disk_that_takes_no_writes_leaves_all_as_it_is(self):
        directory = self.board(self.mount("2m"))
        damaged = self.damage_a_leaf()
        self.remount(directory, "ro")
        self.assert_refused(self.recover(directory), "not recovered: .*Read-only file system")
        self.assertEqual(list(directory.iterdir()), [self.database])
        self.assertEqual(self.database.read_bytes(), damaged)

    def test_flags_and_settings_name_the_database(self):
        directory = self.board()
        damaged = self.damage_a_leaf()
        moved = directory / "board.db"
        self.database.rename(moved)
        refused = run_to_end(["--recover", str(moved)])
        self.assertEqual(refused.status, 2)
        self.assertRegex(refused.errors[0], "--recover takes no value")
        settings = directory / "discovery.toml"
        settings.write_text('database_name = "board.db"\n')
        result = self.recover(directory, "--config", str(settings))
        self.assertEqual((result.status, result.errors), (0, []))
        (aside,) = directory.glob("board.db.damaged-*")
        self.assertEqual(aside.read_bytes(), damaged)


if __name__ == "__main__":
    unittest.main()
