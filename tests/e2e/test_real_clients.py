"""Real clients: curl as the README prints it, aiohttp as providers and requestors call it."""

import json
import re
import shlex
import subprocess
import unittest

import aiohttp

from client import DEADLINE_SECONDS
from server import ROOT, Server, TestCase

ADDRESS = re.compile(r"http://[A-Za-z0-9.-]+:9001")
RESOURCES = {"cpu": 4, "memory": 8, "storage": 100}
README_EXAMPLES = [
    'curl -X POST http://localhost:9001/api/v1/advertisements -H "X-Provider-ID: provider123"'
    ' -H "X-Provider-Signature: signature123" -H "Content-Type: application/json"'
    ' -d \'{"ip_address": "83.233.10.2", "resources": {"cpu": 4, "memory": 8, "storage": 100},'
    ' "country": "SE"}\'',
    'curl "http://localhost:9001/api/v1/advertisements?cpu=2&memory=4"',
    'curl "http://localhost:9001/api/v1/advertisements?country=SE"',
]


def readme_examples():
    """Every curl command of the README that talks to the service, split as a shell does."""
    text = (ROOT / "README.md").read_text().replace("\\\n", " ")
    lines = (line.strip().removeprefix("$ ") for line in text.splitlines())
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("curl ")]
    return [command for command in commands if any(ADDRESS.search(part) for part in command)]


class Curl(TestCase):
    def setUp(self):
        self.server = self.start()
        self.addCleanup(self.server.stop)

    def curl(self, command):
        """Runs a command against the test's server: the answer's status and JSON."""
        here = [ADDRESS.sub(self.server.url, part) for part in command]
        mark = "\n%{http_code}"
        finished = subprocess.run(
            [*here, "-s", "-S", "-w", mark], capture_output=True, timeout=DEADLINE_SECONDS,
            check=True
        )
        body, _, status = finished.stdout.decode().rpartition("\n")
        return int(status), json.loads(body)

    def test_the_readme_has_the_promised_examples(self):
        found = readme_examples()
        for example in README_EXAMPLES:
            self.assertIn(shlex.split(example), found)

    def test_every_example_of_the_readme_works_as_printed(self):
        results = [self.curl(command) for command in readme_examples()]
        self.assertTrue(results)
        for status, _ in results:
            self.assertEqual(status, 200)

    def test_the_examples_mean_what_they_say(self):
        post, by_size, by_country = (self.curl(shlex.split(example)) for example in README_EXAMPLES)
        self.assertEqual(post[0], 200)
        self.assertEqual(post[1]["provider_id"], "provider123")
        for _, found in (by_size, by_country):
            self.assertEqual(
                [advertisement["provider_id"] for advertisement in found], ["provider123"]
            )
            self.assertEqual(found[0]["resources"], RESOURCES)

    def test_curls_other_ways_to_send(self):
        head = ["curl", "http://localhost:9001/api/v1/advertisements", "-H", "X-Provider-ID: curl",
                "-H", "X-Provider-Signature: s", "-H", "Content-Type: application/json"]
        body = json.dumps({"ip_address": "83.233.10.2", "country": "SE", "resources": RESOURCES})
        for options in (
            [], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"], ["--http1.0"],
            ["--http2"], ["--compressed"],
        ):
            self.assertEqual(self.curl([*head, *options, "-d", body])[0], 200, options)
        status, refusal = self.curl(
            ["curl", "http://localhost:9001/api/v1/advertisements", "-d", body]
        )
        self.assertEqual((status, refusal["code"]), (415, "HTTP_415"))


class Aiohttp(unittest.IsolatedAsyncioTestCase):
    # An existing provider sends zero GLM prices until it has seen its first exchange rate.
    PRICING = {
        "usd_per_core_month": 6.0, "usd_per_gb_ram_month": 2.5, "usd_per_gb_storage_month": 0.12,
        "glm_per_core_month": 0.0, "glm_per_gb_ram_month": 0.0, "glm_per_gb_storage_month": 0.0,
    }

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.discard)

    async def asyncSetUp(self):
        self.session = aiohttp.ClientSession()
        self.addAsyncCleanup(self.session.close)

    async def advertise(self, provider_id, **changes):
        headers = {
            "X-Provider-ID": provider_id,
            "X-Provider-Signature": "signature",
            "Content-Type": "application/json",
        }
        body = {
            "ip_address": "83.233.10.2", "country": "SE", "resources": RESOURCES,
            "pricing": self.PRICING
        }
        async with self.session.post(
            f"{self.server.url}/api/v1/advertisements",
            headers=headers,
            json={**body, **changes},
            timeout=aiohttp.ClientTimeout(total=DEADLINE_SECONDS),
        ) as response:
            return response.ok, await response.json()

    async def find(self, params=None):
        url = f"{self.server.url}/api/v1/advertisements"
        async with self.session.get(url, params=params) as response:
            self.assertTrue(response.ok)
            self.assertEqual(response.content_type, "application/json")
            return await response.json()

    async def test_a_provider_asks_for_health_and_advertises(self):
        url = f"{self.server.url}/health"
        async with self.session.get(url, timeout=DEADLINE_SECONDS) as response:
            self.assertTrue(response.ok)
        for _ in range(3):
            accepted, stored = await self.advertise("0x" + "ab" * 20)
            self.assertTrue(accepted, stored)
            self.assertEqual(stored["pricing"], self.PRICING)
        self.assertEqual(len(await self.find()), 1)

    async def test_a_provider_without_an_address_or_with_an_older_body_is_told_why(self):
        accepted, answer = await self.advertise("provider-1", ip_address=None)
        self.assertFalse(accepted)
        self.assertEqual(answer["detail"][0]["loc"], ["body", "ip_address"])
        accepted, stored = await self.advertise("provider-1", pricing=None)
        self.assertTrue(accepted, stored)

    async def test_a_requestor_finds_by_params_and_reads_the_table_it_prints(self):
        await self.advertise("in-sweden")
        await self.advertise("in-germany", country="DE", provider_name="Berlin")
        await self.advertise("tiny", resources={"cpu": 1, "memory": 1, "storage": 1})
        found = await self.find({"cpu": 2, "memory": 4, "storage": 50, "country": "SE"})
        self.assertEqual([provider["provider_id"] for provider in found], ["in-sweden"])
        for provider in await self.find():
            row = [
                provider["provider_id"], provider["provider_name"], provider["ip_address"],
                provider["country"]
            ]
            row += [str(provider["resources"][name]) for name in ("cpu", "memory", "storage")]
            row += [provider["created_at"], provider["updated_at"]]
            self.assertTrue(all(isinstance(cell, str) for cell in row), row)
        self.assertEqual(len(await self.find({})), 3)
        self.assertEqual(await self.find({"country": "NO"}), [])

    async def test_a_requestor_that_asks_for_nothing_sensible_reads_the_reason(self):
        url = f"{self.server.url}/api/v1/advertisements"
        async with self.session.get(url, params={"cpu": 0}) as response:
            self.assertEqual(response.status, 400)
            self.assertEqual((await response.json())["detail"]["code"], "ADV_002")
        async with self.session.get(f"{url}/nobody") as response:
            self.assertEqual(response.status, 404)
            self.assertEqual((await response.json())["detail"]["code"], "ADV_004")

    async def test_a_provider_withdraws(self):
        await self.advertise("provider-1")
        headers = {"X-Provider-ID": "provider-1", "X-Provider-Signature": "signature"}
        url = f"{self.server.url}/api/v1/advertisements/provider-1"
        async with self.session.delete(url, headers=headers) as response:
            self.assertEqual(await response.json(), {"status": "success"})
        self.assertEqual(await self.find(), [])


if __name__ == "__main__":
    unittest.main()
