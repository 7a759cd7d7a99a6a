"""Pages, tags and compression, as clients meet them."""

import asyncio
import gzip
import re
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

import aiohttp

from client import ADVERTISEMENTS, DEADLINE_SECONDS, offer
from server import ServerTestCase, TestCase, free_port

NEXT = re.compile(r'<([^<>]+)>; rel="next"')


def next_target(answer, target):
    link = answer.header("Link")
    return urllib.parse.urljoin(target, NEXT.fullmatch(link).group(1)) if link else None


def walk(client, query):
    """The ids of all pages, one list for each."""
    target, pages = f"{ADVERTISEMENTS}?{query}", []
    while target:
        answer = client.get(target)
        if answer.status != 200:
            raise AssertionError(f"{target}: {answer}")
        pages.append([found["provider_id"] for found in answer.json()])
        target = next_target(answer, target)
    return pages


def fill(server, count, first=0):
    with server.connect() as wire:
        for number in range(first, first + count):
            resources = {"cpu": 1 + number % 13, "memory": 8, "storage": 100}
            country = ("SE", "DE", "NO")[number % 3]
            answer = wire.post(f"p-{number:03}", offer(country=country, resources=resources))
            assert answer.status == 200, answer


class Walks(TestCase):
    def test_a_walk_under_concurrent_posts_finds_all_that_stay_exactly_once(self):
        server = self.start()
        fill(server, 120)
        stay = {f"p-{number:03}" for number in range(120)}
        ended = threading.Event()

        def come_and_go():
            with server.connect() as wire:
                turn = 0
                while not ended.is_set():
                    turn += 1
                    wire.post(f"guest-{turn % 50}", offer(country=("SE", "DE")[turn % 2]))
                    wire.withdraw(f"guest-{(turn + 25) % 50}")
                    wire.post(f"p-{turn % 120:03}", offer(
                        country=("SE", "DE", "NO")[turn % 120 % 3],
                        resources={"cpu": 1 + turn % 120 % 13, "memory": 8, "storage": 100}))

        other = threading.Thread(target=come_and_go)
        other.start()
        try:
            for order in ("", "&sort=cpu", "&sort=-cpu", "&sort=created_at", "&sort=provider_id",
                          "&sort=glm_price"):
                for limit in (1, 7, 50):
                    with server.connect() as wire:
                        pages = walk(wire, f"limit={limit}{order}")
                    found = [name for page in pages for name in page if name in stay]
                    self.assertEqual(len(found), len(set(found)), (order, limit))
                    self.assertEqual(set(found), stay, (order, limit))
        finally:
            ended.set()
            other.join()
        server.stop()

    def test_a_cursor_survives_a_restart(self):
        server = self.start(PORT=free_port())
        fill(server, 20)
        for query in ("limit=6", "limit=6&country=SE,DE", "limit=6&sort=-cpu"):
            whole = server.ids(query.replace("limit=6", "_=1"))
            first = server.get(f"{ADVERTISEMENTS}?{query}")
            server.kill()
            server.restart()
            found = [one["provider_id"] for one in first.json()]
            target = next_target(first, f"{ADVERTISEMENTS}?{query}")
            while target:
                page = server.get(target)
                found += [one["provider_id"] for one in page.json()]
                target = next_target(page, target)
            self.assertEqual(found, whole)
        server.stop()


class Conditions(ServerTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        fill(cls.server, 30)

    def test_a_known_tag_is_a_304_without_a_body(self):
        for target in (ADVERTISEMENTS, f"{ADVERTISEMENTS}?limit=3&count=true",
                       f"{ADVERTISEMENTS}/p-001"):
            with self.server.connect() as wire:
                first = wire.get(target)
                tag = first.header("ETag")
                self.assertRegex(tag, r'^W/"[0-9a-f]{16}"$')
                for known in ([tag], [tag.removeprefix("W/")], [f'"x", {tag}'], ["*"],
                              ['"x"', tag], [tag, '"x"'], [tag[:-1] + '-gzip"'],
                              ['"x"', tag.removeprefix("W/")[:-1] + '--gzip"']):
                    answer = wire.get(target, [("If-None-Match", line) for line in known])
                    self.assertEqual(answer.status, 304)
                    self.assertEqual(answer.header("ETag"), tag)
                    self.assertEqual(answer.header("Cache-Control"), "no-cache")
                    self.assertEqual(answer.header("Vary"), "Accept-Encoding")
                    self.assertIsNone(answer.header("Content-Type"))
                self.assertEqual(wire.get(target, {"If-None-Match": '"x"'}).body, first.body)
                head = wire.ask("HEAD", target)
                self.assertEqual(head.header("ETag"), tag)
                self.assertEqual(head.header("Content-Length"), str(len(first.body)))

    def test_curl_keeps_a_tag(self):
        with tempfile.TemporaryDirectory(prefix="discovery-e2e-") as directory:
            command = ["curl", "-s", "--compressed", "--etag-compare", "tag", "--etag-save", "tag",
                       "-o", "body", "-w", "%{http_code}", self.server.url + ADVERTISEMENTS]
            statuses = [subprocess.run(command, cwd=directory, capture_output=True, check=True,
                                       timeout=DEADLINE_SECONDS).stdout for _ in range(2)]
        self.assertEqual(statuses, [b"200", b"304"])

    def test_gzip_is_the_same_list_under_the_same_tag(self):
        with self.server.connect() as wire:
            plain = wire.get(ADVERTISEMENTS)
            self.assertIsNone(plain.header("Content-Encoding"))
            for accepted in (["gzip"], ["gzip, deflate, br"], ["*"], ["br", "gzip"]):
                packed = wire.get(ADVERTISEMENTS, [("Accept-Encoding", line) for line in accepted])
                self.assertEqual(packed.header("Content-Encoding"), "gzip")
                self.assertEqual(packed.header("ETag"), plain.header("ETag"))
                self.assertLess(len(packed.body), len(plain.body) / 3)
                self.assertEqual(gzip.decompress(packed.body), plain.body)
            for declined in ("gzip;q=0", "identity", "br"):
                answer = wire.get(ADVERTISEMENTS, {"Accept-Encoding": declined})
                self.assertEqual(answer.body, plain.body)

    def test_aiohttp_unpacks_what_it_asks_for_by_default(self):
        async def fetch():
            async with aiohttp.ClientSession() as session:
                async with session.get(self.server.url + ADVERTISEMENTS) as response:
                    self.assertEqual(response.headers["Content-Encoding"], "gzip")
                    return await response.json()

        self.assertEqual(asyncio.run(fetch()), self.server.find())


class BadInput(ServerTestCase):
    def refused(self, query, place):
        for path in (ADVERTISEMENTS, "/api/v1/explain"):
            if path.endswith("explain") and place in ("cursor", "fields", "limit", "sort", "count"):
                continue
            answer = self.server.get(f"{path}?{query}")
            self.assert_refused(answer, f"query.{place}")
        return answer

    def test_each_parameter_says_what_is_wrong_with_it(self):
        wrong = {
            "max_usd_per_month": ("", "x", "-1", "inf", "nan", "0x10", "1,5", "1e999"),
            "max_glm_per_month": ("", "-0.5", "5USD"),
            "min_gpu": ("", "x", "-1", "1.5"),
            "verified": ("", "maybe", "2"),
            "count": ("", "maybe", "2"),
            "sort": ("", "name", "--price", "price,cpu", "country"),
            "fields": ("", "countri", "country,", "country,,cpu", "cpu"),
            "limit": ("", "0", "10001", "x"),
            "cursor": ("", "x", "00", "a" * 1000),
        }
        for name, values in wrong.items():
            for value in values:
                self.refused(f"{name}={value}", name)
            self.refused(f"{name}=%ff", name)
            self.refused(f"{name}=%", name)
            self.refused(f"{name}=1&{name}=1", name)

    def test_an_expression_says_where_it_is_wrong(self):
        for q, column in (
            ("cpu", 4), ("cpu>=", 6), ("cpu>=x", 6), ("(cpu>=4", 8), ("cpu>=4)", 7),
            ("colour=1", 1), ('country="SE', 9), ('country>"SE"', 8), ("cpu>=4 %26%26", 10),
            ('cpu="4"', 5), ("cpu>=4 cpu>=5", 8),
        ):
            answer = self.refused(f"q={q.replace(' ', '%20')}", "q")
            self.assertIn(f"column {column}", answer.json()["detail"][0]["msg"], q)
        for bomb in ("(" * 17 + "cpu>1" + ")" * 17, "!" * 1020 + "cpu", "a" * 1025,
                     "||".join(["cpu>1"] * 33)):
            self.refused(f"q={bomb}", "q")

    def test_long_queries_are_answered(self):
        padding = "_=" + "x" * (8192 - len(ADVERTISEMENTS) - 3)
        self.assertEqual(self.server.get(f"{ADVERTISEMENTS}?{padding}").status, 200)
        self.assertEqual(self.server.get(f"{ADVERTISEMENTS}?{padding}x").status, 414)

    def test_unknown_parameters_are_named_on_every_path(self):
        self.server.post("p-1")
        for path, unknown, nearest in (
            (ADVERTISEMENTS, "max_usd_month", "max_usd_per_month"), (ADVERTISEMENTS, "sorted", "sort"),
            (ADVERTISEMENTS, "field", "fields"), ("/api/v1/explain", "countri", "country"),
        ):
            answer = self.server.get(f"{path}?{unknown}=1")
            self.assert_refused(answer, f"query.{unknown}")
            self.assertIn(f"'{nearest}'", answer.json()["detail"][0]["msg"])
        for path in ("/api/v1/stats", f"{ADVERTISEMENTS}/p-1", "/api/v1/providers/p-1"):
            self.assert_refused(self.server.get(f"{path}?cpu=1"), "query.cpu")


if __name__ == "__main__":
    unittest.main()
