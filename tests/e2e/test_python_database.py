"""A discovery.db of the Python service opens as it is, and that service can go on with it."""

import contextlib
import datetime
import hashlib
import json
import pathlib
import sqlite3
import tempfile
import threading
import time
import unittest

import sqlalchemy
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client import ADVERTISEMENTS, compact, offer, request_bytes
from server import BINARY, TestCase, eventually

KEY = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
RESOURCES = {"cpu": 4, "memory": 8, "storage": 100}
PRICING = {"usd_per_core_month": 6.0, "glm_per_core_month": 0.0}
COLUMNS = "provider_id, ip_address, country, platform, resources, pricing, created_at, updated_at"
SCHEMA = """
    CREATE TABLE advertisements (
        provider_id VARCHAR NOT NULL, ip_address VARCHAR NOT NULL, country VARCHAR NOT NULL,
        platform VARCHAR, resources JSON NOT NULL, pricing JSON, created_at DATETIME,
        updated_at DATETIME, PRIMARY KEY (provider_id))"""


def ago(**span):
    return datetime.datetime.utcnow() - datetime.timedelta(**span)


def sql_time(moment):
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def answer_time(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def row(provider_id, updated, created=None, **changes):
    """A row as the Python service writes it."""
    values = {
        "provider_id": provider_id,
        "ip_address": "83.233.10.2",
        "country": "SE",
        "platform": "x86_64",
        "resources": json.dumps(RESOURCES),
        "pricing": json.dumps(PRICING),
        "created_at": sql_time(created or updated),
        "updated_at": sql_time(updated),
    }
    return {**values, **changes}


class Key:
    """A provider that signs."""

    def __init__(self):
        self.private = Ed25519PrivateKey.generate()
        public = self.private.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        self.provider_id = "ed25519:" + public.hex()
        self.last_moment = 0

    def post(self, server, body=None):
        body = compact(body or offer())
        moment = max(time.time_ns() // 1_000_000, self.last_moment + 1)
        self.last_moment = moment
        text = (
            f"Golem Discovery v1\nPOST {ADVERTISEMENTS}\nhost: localhost\n"
            f"provider: {self.provider_id}\ntime: {moment}\n"
            f"body-sha256: {hashlib.sha256(body).hexdigest()}"
        )
        signature = f"t={moment},v1={self.private.sign(text.encode()).hex()}"
        return server.post(self.provider_id, body, signature)


class DatabaseTestCase(TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="discovery-e2e-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.path = self.directory / "discovery.db"

    def create(self, *rows):
        with self.database() as database:
            database.execute(SCHEMA)
            for values in rows:
                self.insert(database, values)

    def insert(self, database, values):
        marks = ", ".join(f":{name}" for name in COLUMNS.split(", "))
        database.execute(f"INSERT INTO advertisements ({COLUMNS}) VALUES ({marks})", values)

    @contextlib.contextmanager
    def database(self):
        with contextlib.closing(sqlite3.connect(self.path, timeout=30)) as connection, connection:
            yield connection

    def rows(self):
        with self.database() as database:
            database.row_factory = sqlite3.Row
            found = database.execute("SELECT * FROM advertisements").fetchall()
        return {values["provider_id"]: dict(values) for values in found}

    def countries(self, server):
        return [(live["provider_id"], live["country"]) for live in server.find()]

    def serve(self, **settings):
        return self.start(self.directory, **settings)


class Opening(DatabaseTestCase):
    def test_live_rows_are_listed_as_they_were(self):
        created, updated = ago(days=40), ago(seconds=30)
        self.create(
            row("full", updated, created),
            row("bare", updated, created, platform=None, pricing=None),
            row("json-null", updated, created, pricing="null"),
        )
        server = self.serve()
        found = {advertisement["provider_id"]: advertisement for advertisement in server.find()}
        self.assertEqual(set(found), {"full", "bare", "json-null"})
        expected = {
            "provider_id": "full", "provider_name": "", "ip_address": "83.233.10.2",
            "country": "SE",
            "platform": "x86_64", "network": None, "payments_network": None, "resources": RESOURCES,
            "pricing": PRICING, "verified": False, "created_at": answer_time(created),
            "updated_at": answer_time(updated),
            "expires_at": answer_time(updated + datetime.timedelta(minutes=5)),
        }
        self.assertEqual(found["full"], expected)
        for name in ("bare", "json-null"):
            self.assertIsNone(found[name]["pricing"])
        self.assertIsNone(found["bare"]["platform"])
        server.stop()

    def test_a_refresh_keeps_created_at_and_an_expired_row_starts_anew(self):
        created = ago(days=40)
        self.create(row("live", ago(minutes=1), created), row("expired", ago(minutes=6), created))
        server = self.serve()
        self.assertEqual(server.ids(), ["live"])
        self.assertEqual(server.post("live").json()["created_at"], answer_time(created))
        anew = server.post("expired").json()
        self.assertEqual(anew["created_at"], anew["updated_at"])
        server.stop()

    def test_spellings_of_times_that_sqlite_tools_leave_behind(self):
        now = ago(seconds=10)
        plain = now.replace(microsecond=0)
        self.create(
            row("no-fraction", now, updated_at=plain.strftime("%Y-%m-%d %H:%M:%S")),
            row("with-t", now, updated_at=now.isoformat()),
        )
        server = self.serve()
        found = {live["provider_id"]: live["updated_at"] for live in server.find()}
        self.assertEqual(found, {"no-fraction": answer_time(plain), "with-t": answer_time(now)})
        server.stop()

    def test_rows_the_contract_refuses_stay_in_the_file_unlisted(self):
        live = ago(minutes=1)
        refused = (
            row("bad-country", live, country="Z1"),
            row("bad-address", live, ip_address="999.1.1.1"),
            row("bad-resources", live, resources='{"cpu": 0, "memory": 8, "storage": 100}'),
            row("no-json", live, resources="{'cpu': 4}"),
            row("bad-platform", live, platform="x" * 33),
            row("bad id", live),
            row("0x12", live),
            row("bad-time", live, updated_at="yesterday"),
        )
        self.create(row("good", live), *refused)
        before = self.rows()
        server = self.serve()
        self.assertEqual(server.ids(), ["good"])
        self.assert_error(server.get(f"{ADVERTISEMENTS}/bad-country"), 404, "ADV_004")
        self.assertIn(str(len(refused)), server.wait_for_line(r"(?i).*refuse.*").group(0))
        server.stop()
        after = self.rows()
        for provider_id, values in before.items():
            kept = {name: after[provider_id][name] for name in values}
            self.assertEqual(kept, values)

    def test_a_refused_row_gives_way_to_a_good_post(self):
        self.create(row("provider-1", ago(minutes=1), country="Z1"))
        server = self.serve()
        self.assertEqual(server.post("provider-1").status, 200)
        server.kill()
        server.start()
        self.assertEqual(server.ids(), ["provider-1"])
        server.stop()

    def test_of_two_spellings_of_one_key_the_newest_counts(self):
        self.create(
            row(KEY.lower(), ago(minutes=2), country="DE"),
            row(KEY, ago(minutes=3), country="SE"),
            row("0x" + KEY[2:].upper(), ago(minutes=1), country="NO"),
        )
        server = self.serve()
        self.assertEqual(self.countries(server), [(KEY, "NO")])
        self.assertEqual(server.withdraw(KEY).status, 200)
        server.kill()
        server.start()
        self.assertEqual(server.ids(), [])
        self.assertEqual(server.post(KEY.lower(), offer(country="FI")).status, 200)
        server.kill()
        server.start()
        self.assertEqual(self.countries(server), [(KEY, "FI")])
        server.stop()

    def test_an_empty_table_and_an_empty_file_are_boards(self):
        for make in (self.create, lambda: self.path.write_bytes(b"")):
            self.path.unlink(missing_ok=True)
            make()
            server = self.serve()
            self.assertEqual(server.post("provider-1").status, 200)
            server.stop()

    def test_other_tables_of_the_file_are_left_alone(self):
        self.create(row("provider-1", ago(minutes=1)))
        with self.database() as database:
            database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
            database.execute("INSERT INTO alembic_version VALUES ('4711')")
            database.execute("CREATE INDEX ix_updated_at ON advertisements (updated_at)")
        server = self.serve()
        self.assertEqual(server.ids(), ["provider-1"])
        server.stop()
        with self.database() as database:
            version = database.execute("SELECT version_num FROM alembic_version").fetchall()
        self.assertEqual(version, [("4711",)])


class Freshness(DatabaseTestCase):
    """A row in the file is as new as its provider's last answered post, to any other program."""

    def test_rows_are_as_new_as_the_last_answers_at_any_time_and_after_a_kill(self):
        for count in (1, 2, 3, 8):
            with self.subTest(providers=count):
                self.path.unlink(missing_ok=True)
                server = self.serve()
                key = Key()  # signs; the others do not
                answers = {}
                for turn in range(4):  # the first lists, the others renew
                    for number in range(count):
                        provider_id = key.provider_id if number == 0 else f"provider-{number}"
                        answer = key.post(server) if number == 0 else server.post(provider_id)
                        self.assertEqual(answer.status, 200, answer)
                        answers[provider_id] = answer.json()["updated_at"]
                        self.assertEqual(self.times_in_file(), answers, turn)
                server.kill()
                self.assertEqual(self.times_in_file(), answers)

    def times_in_file(self):
        with self.database() as database:
            rows = database.execute("SELECT provider_id, updated_at FROM advertisements").fetchall()
        return {provider_id: time.replace(" ", "T") + "Z" for provider_id, time in rows}


class Leases(DatabaseTestCase):
    """After a start, what remains of a lease is min(TTL, updated_at + TTL - now)."""

    def test_what_remained_in_the_file_remains_after_the_start(self):
        self.create(
            row("nearly-over", ago(minutes=5) + datetime.timedelta(seconds=3)),
            row("fresh", ago(seconds=1))
        )
        server = self.serve()
        eventually(lambda: server.ids() == ["fresh"], "the nearly expired one has gone")
        server.stop()

    def test_a_time_in_the_future_gives_no_more_than_a_lease(self):
        self.create(row("from-the-future", ago(hours=-1)))
        server = self.serve(ADVERTISEMENT_EXPIRY_MINUTES=0.05)
        eventually(lambda: server.ids() == [], "gone after one lease")
        server.stop()

    # Once every thread had a heap of its own, and what was loaded left holes that no post filled.
    @unittest.skipIf("san" in pathlib.Path(BINARY).parts[-3], "a sanitizer keeps what is freed")
    def test_renewals_take_the_place_of_what_was_loaded(self):
        count, pricing = 20_000, {"note": "x" * 900}
        self.create(*(row(f"p{n}", ago(), pricing=json.dumps(pricing)) for n in range(count)))
        server = self.serve()
        before = server.resident_kib()
        body = compact({**offer(), "pricing": pricing})
        with server.connect() as wire:

            def renew():
                for number in range(count):
                    headers = [("X-Provider-ID", f"p{number}"), ("X-Provider-Signature", "s")]
                    wire.send(request_bytes("POST", ADVERTISEMENTS, headers, body))

            thread = threading.Thread(target=renew)
            thread.start()
            statuses = {wire.answer("POST").status for _ in range(count)}
            thread.join()
        self.assertEqual(statuses, {200})
        # Of the file, SQLite keeps what it has written.
        kept = self.path.stat().st_size / 1024
        self.assertLess(server.resident_kib() - before, 1.25 * kept)
        server.stop()

    def test_expired_rows_leave_the_file(self):
        self.create(
            row("expired", ago(minutes=6)), row("refused", ago(minutes=6), country="Z1"),
            row("live", ago(minutes=1))
        )
        server = self.serve(CLEANUP_INTERVAL_SECONDS=1)
        self.assertEqual(server.ids(), ["live"])
        eventually(lambda: set(self.rows()) == {"live"}, "expired rows are gone from the file")
        server.stop()

    def test_an_advertisement_that_expires_while_serving_leaves_board_and_file(self):
        server = self.serve(ADVERTISEMENT_EXPIRY_MINUTES=0.02, CLEANUP_INTERVAL_SECONDS=1)
        self.assertEqual(server.post("short").status, 200)
        eventually(lambda: server.ids() == [], "gone from the list")
        self.assert_error(server.get(f"{ADVERTISEMENTS}/short"), 404, "ADV_004")
        self.assert_error(server.withdraw("short"), 404, "ADV_004")
        eventually(lambda: self.rows() == {}, "gone from the file")
        server.stop()


class GoingBack(DatabaseTestCase):
    """The Python service's own statements, on the file as this server has left it."""

    def serve_and_stop(self):
        server = self.serve()
        body = offer(platform="arm64", provider_name="new", network="mainnet", pricing=PRICING)
        self.assertEqual(server.post("ours", body).status, 200)
        renewed = server.post("ours", body).json()
        server.stop()
        return renewed

    def test_the_old_statements_still_work(self):
        created = ago(days=3)
        self.create(row("theirs", ago(minutes=1), created))
        renewed = self.serve_and_stop()
        ours = self.rows()["ours"]
        self.assertEqual(ours["updated_at"], renewed["updated_at"].replace("T", " ").rstrip("Z"))
        self.assertEqual(json.loads(ours["resources"]), RESOURCES)
        self.assertEqual(json.loads(ours["pricing"]), PRICING)
        for name in ("created_at", "updated_at"):
            self.assertRegex(ours[name], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$")
        with self.database() as database:
            self.insert(database, row("added", ago(seconds=5)))
            database.execute(
                "UPDATE advertisements SET country = ?, updated_at = ? WHERE provider_id = ?",
                ("DE", sql_time(ago(seconds=1)), "ours"),
            )
            database.execute("DELETE FROM advertisements WHERE provider_id = 'theirs'")
        server = self.serve()
        found = dict(self.countries(server))
        self.assertEqual(found, {"ours": "DE", "added": "SE"})
        server.stop()

    def test_what_the_old_service_writes_over_is_no_longer_verified(self):
        server = self.serve()
        kept, changed, again = Key(), Key(), Key()
        for key in (kept, changed, again):
            self.assertTrue(key.post(server).json()["verified"])
        server.stop()
        with self.database() as database:
            for key in (changed, again):
                database.execute(
                    "UPDATE advertisements SET ip_address = '83.233.10.66' WHERE provider_id = ?",
                    (key.provider_id,),
                )
        server = self.serve()
        self.assertTrue(again.post(server).json()["verified"])
        found = {live["provider_id"]: live["verified"] for live in server.find()}
        expected = {kept.provider_id: True, changed.provider_id: False, again.provider_id: True}
        self.assertEqual(found, expected)
        for provider_id, verified in expected.items():
            answer = server.get(f"{ADVERTISEMENTS}/{provider_id}/proof")
            self.assertEqual(answer.status, 200 if verified else 404)
        self.assert_error(server.post(changed.provider_id), 401, "AUTH_005")
        server.stop()

    def test_sqlalchemy_reads_and_writes_the_documented_schema(self):
        metadata = sqlalchemy.MetaData()
        table = sqlalchemy.Table(
            "advertisements", metadata,
            sqlalchemy.Column("provider_id", sqlalchemy.String, primary_key=True),
            sqlalchemy.Column("ip_address", sqlalchemy.String, nullable=False),
            sqlalchemy.Column("country", sqlalchemy.String, nullable=False),
            sqlalchemy.Column("platform", sqlalchemy.String),
            sqlalchemy.Column("resources", sqlalchemy.JSON, nullable=False),
            sqlalchemy.Column("pricing", sqlalchemy.JSON),
            sqlalchemy.Column("created_at", sqlalchemy.DateTime),
            sqlalchemy.Column("updated_at", sqlalchemy.DateTime),
        )
        engine = sqlalchemy.create_engine(f"sqlite:///{self.path}")
        self.addCleanup(engine.dispose)
        metadata.create_all(engine)
        moment = ago(seconds=20)
        values = dict(
            row("theirs", moment), resources=RESOURCES, pricing=PRICING, created_at=moment,
            updated_at=moment
        )
        with engine.begin() as connection:
            connection.execute(table.insert().values(values))
            connection.execute(
                table.insert().values({**values, "provider_id": "null-pricing", "pricing": None})
            )
        engine.dispose()

        server = self.serve()
        self.assertEqual(sorted(server.ids()), ["null-pricing", "theirs"])
        self.assertEqual(
            server.get(f"{ADVERTISEMENTS}/theirs").json()["updated_at"], answer_time(moment)
        )
        server.stop()
        self.serve_and_stop()

        with engine.begin() as connection:
            metadata.create_all(connection)
            found = connection.execute(
                sqlalchemy.select(table).where(table.c.provider_id == "ours")
            ).one()
            self.assertEqual(
                (found.resources, found.pricing, found.platform), (RESOURCES, PRICING, "arm64")
            )
            self.assertGreater(found.updated_at, moment)
            connection.execute(table.delete().where(table.c.updated_at < ago(seconds=10)))
        self.assertEqual(set(self.rows()), {"ours"})


if __name__ == "__main__":
    unittest.main()
