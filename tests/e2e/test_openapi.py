"""/openapi.json: free of a linter's complaints, complete, and true of what the server answers."""

import json
import re
import subprocess
import tempfile
import unittest

import jsonschema

from client import ADVERTISEMENTS, compact, offer
from server import ROOT, ServerTestCase, TestCase
from signers import NPM, Ed25519Key, signed_post

DOCUMENT = ROOT / "src/api/openapi.json"
# Every route of the server, and one target for each.
ROUTES = {
    "/": "/",
    "/docs": "/docs",
    "/redoc": "/redoc",
    "/assets/{file}": None,  # its names change
    "/health": "/health",
    "/ready": "/ready",
    "/openapi.json": "/openapi.json",
    "/api/v1/openapi.json": "/api/v1/openapi.json",
    "/api/v1/whoami": "/api/v1/whoami",
    ADVERTISEMENTS: ADVERTISEMENTS,
    ADVERTISEMENTS + "/{provider_id}": ADVERTISEMENTS + "/here",
    ADVERTISEMENTS + "/{provider_id}/proof": ADVERTISEMENTS + "/here/proof",
    "/api/v1/providers/{provider_id}": "/api/v1/providers/here",
    "/api/v1/explain": "/api/v1/explain",
    "/api/v1/stats": "/api/v1/stats",
    "/api/v1/watch": "/api/v1/watch",
}
# Headers of HTTP itself, which need no description.
PLAIN = {"date", "content-type", "content-length", "transfer-encoding", "connection"}

# Given out before ties were broken by creation.
OUTDATED_CURSOR = ("071f610cd435a662efcdab8967452301c083744a2a4b0600000000000080354001"
                   "534570726f7669646572313233")


class Description:
    """The document, as a judge of answers."""

    def __init__(self, document):
        self.document = document
        self.resolver = jsonschema.RefResolver("", document)

    def follow(self, node):
        while "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def check_schema(self, schema, value):
        jsonschema.Draft202012Validator(schema, resolver=self.resolver).validate(value)

    def check(self, path, method, answer):
        """Fails where this answer is not one of those that are described."""
        responses = self.document["paths"][path][method]["responses"]
        described = responses.get(str(answer.status), responses.get("default"))
        assert described, (path, method, answer)
        described = self.follow(described)
        headers = {name.lower(): self.follow(one)
                   for name, one in described.get("headers", {}).items()}
        for name, value in answer.headers:
            if name.lower() in PLAIN:
                continue
            assert name.lower() in headers, (path, method, name, answer)
            self.check_schema(headers[name.lower()]["schema"], self.typed(
                headers[name.lower()]["schema"], value))
        content = described.get("content")
        if not answer.body:
            return
        kind = answer.header("Content-Type")
        assert content and (kind in content or "*/*" in content), (path, method, kind, answer)
        if kind == "application/json":
            self.check_schema(content[kind]["schema"], answer.json())

    @staticmethod
    def typed(schema, value):
        return int(value) if schema.get("type") == "integer" else value


class Document(TestCase):
    def test_a_linter_has_nothing_to_say(self):
        linted = subprocess.run(
            [NPM / "node_modules/.bin/redocly", "lint", "--max-problems", "20", DOCUMENT],
            capture_output=True, text=True, timeout=120, check=False, cwd=NPM,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "REDOCLY_TELEMETRY": "off", "CI": "1",
                 "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"})
        self.assertEqual(linted.returncode, 0, linted.stdout + linted.stderr)
        self.assertNotIn("warning", linted.stdout + linted.stderr)

    def test_every_example_fits_its_schema(self):
        description = Description(json.loads(DOCUMENT.read_text()))
        checked = 0

        def walk(node):
            nonlocal checked
            if isinstance(node, dict):
                if "schema" in node and "example" in node:
                    description.check_schema(node["schema"], node["example"])
                    checked += 1
                for child in node.values():
                    walk(child)
            elif isinstance(node, list):
                for child in node:
                    walk(child)

        walk(description.document)
        self.assertGreater(checked, 40)


class Answers(ServerTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        assert cls.server.post("here").status == 200
        cls.description = Description(cls.server.get("/openapi.json").json())

    def check(self, path, method, answer, status):
        self.assertEqual(answer.status, status, answer)
        self.description.check(path, method, answer)

    def test_every_route_is_described_and_no_other(self):
        self.assertEqual(set(self.description.document["paths"]), set(ROUTES))
        methods = {"get": "GET", "post": "POST", "delete": "DELETE"}
        for path, target in ROUTES.items():
            if target is None:
                continue
            described = set(self.description.document["paths"][path]) & set(methods)
            allowed = self.server.ask("OPTIONS", target).header("Allow").split(", ")
            self.assertEqual({methods[one] for one in described},
                             set(allowed) - {"HEAD", "OPTIONS"}, path)

    def test_what_succeeds(self):
        for path, target in ROUTES.items():
            if target in (None, "/redoc", "/api/v1/watch") or path.endswith("/proof"):
                continue
            self.check(path, "get", self.server.get(target), 200)
        self.check("/redoc", "get", self.server.get("/redoc"), 308)
        self.check("/api/v1/watch", "get", self.server.ask("HEAD", "/api/v1/watch"), 200)
        asset = re.search(r"/assets/[^\"]+", self.server.get("/").body.decode()).group()
        self.check("/assets/{file}", "get", self.server.get(asset), 200)
        self.check("/assets/{file}", "get", self.server.get(asset, {"Accept-Encoding": "gzip"}), 200)
        self.check(ADVERTISEMENTS, "post", self.server.post("new", offer(pricing={"x": 1})), 200)
        self.check(ADVERTISEMENTS, "get",
                   self.server.get(f"{ADVERTISEMENTS}?limit=1&count=true"), 200)
        self.check(ADVERTISEMENTS + "/{provider_id}", "delete", self.server.withdraw("new"), 200)
        self.check("/api/v1/providers/{provider_id}", "get",
                   self.server.get("/api/v1/providers/new"), 200)
        self.check("/api/v1/explain", "get", self.server.get("/api/v1/explain?cpu=99999"), 200)

    def test_a_list_longer_than_a_page_may_be(self):
        server = self.start(MAX_PAGE_SIZE=1)
        for name in ("one", "two"):
            self.assertEqual(server.post(name).status, 200)
        answer = server.get(f"{ADVERTISEMENTS}?count=true")
        self.check(ADVERTISEMENTS, "get", answer, 200)
        self.assertEqual(len(answer.json()), 2)

    def test_what_is_signed(self):
        with tempfile.TemporaryDirectory() as directory:
            key = Ed25519Key(directory)
            self.check(ADVERTISEMENTS, "post",
                       self.server.ask(*signed_post(key, body=compact(offer()))), 200)
            path = ADVERTISEMENTS + "/{provider_id}"
            self.check(path + "/proof", "get",
                       self.server.get(f"{ADVERTISEMENTS}/{key.id}/proof"), 200)
            self.check(ADVERTISEMENTS, "post", self.server.post(key.id), 401)
            self.check(path, "delete", self.server.withdraw(key.id), 401)

    def test_what_the_client_has(self):
        for path, target in ((ADVERTISEMENTS, ADVERTISEMENTS), ("/", "/"), ("/docs", "/docs"),
                             (ADVERTISEMENTS + "/{provider_id}", ADVERTISEMENTS + "/here")):
            tag = self.server.get(target).header("ETag")
            self.check(path, "get", self.server.get(target, {"If-None-Match": tag}), 304)

    def test_each_error(self):
        server, one = self.server, ADVERTISEMENTS + "/{provider_id}"
        for target in (ADVERTISEMENTS, "/api/v1/explain", "/api/v1/watch"):
            self.check(target, "get", server.get(f"{target}?cpu=0"), 400)
            self.check(target, "get", server.get(f"{target}?colour=red"), 422)
            self.check(target, "get", server.get(f"{target}?q=" + "x" * 9_000), 414)
        outdated = "?cursor=" + OUTDATED_CURSOR
        self.check(ADVERTISEMENTS, "get", server.get(ADVERTISEMENTS + outdated), 410)
        self.check(one, "get", server.get(f"{ADVERTISEMENTS}/nobody"), 404)
        self.check(one, "get", server.get(f"{ADVERTISEMENTS}/here?x=1"), 422)
        self.check(one + "/proof", "get", server.get(f"{ADVERTISEMENTS}/here/proof"), 404)
        self.check("/api/v1/providers/{provider_id}", "get",
                   server.get("/api/v1/providers/nobody"), 404)
        self.check("/assets/{file}", "get", server.get("/assets/nothing.js"), 404)
        self.check(one, "delete", server.withdraw("nobody"), 404)
        self.check(one, "delete", server.withdraw("here", credentials_of="other"), 401)
        self.check(ADVERTISEMENTS, "post", server.post("bad", {"country": 1}), 422)
        self.check(ADVERTISEMENTS, "post", server.ask("POST", ADVERTISEMENTS, {}, b"{}"), 401)
        self.check(ADVERTISEMENTS, "post", server.post(
            "here", headers=[("Content-Type", "text/plain")]), 415)
        self.check(ADVERTISEMENTS, "post", server.post(
            "here", headers=[("Content-Encoding", "gzip")]), 415)
        self.check(ADVERTISEMENTS, "post", server.post("here", b" " * 20_000), 413)
        self.check(ADVERTISEMENTS, "get", server.get(ADVERTISEMENTS, {"X": "x" * 20_000}), 431)
        self.check("/health", "get", server.ask("POST", "/health"), 405)


class Refusals(TestCase):
    def test_too_many_requests(self):
        server = self.start(RATE_LIMIT_PER_MINUTE=3)
        description = Description(server.get("/openapi.json").json())
        for path, target in ROUTES.items():
            answer = server.get(target) if target else None
            if answer and answer.status == 429:
                description.check(path, "get", answer)
        self.assertEqual(server.get(ADVERTISEMENTS).status, 429)


if __name__ == "__main__":
    unittest.main()
