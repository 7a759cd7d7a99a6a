"""Providers that sign with other libraries: ethers (JavaScript) and openssl."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import time

from client import ADVERTISEMENTS, compact, offer
from server import ROOT

# Where ./dev test installs the packages of tests/e2e/npm.
NPM = pathlib.Path(os.environ.get("DISCOVERY_NPM", str(ROOT / "build/npm")))
SCRIPT = ROOT / "tests/e2e/npm/sign.mjs"
HOST = "localhost"  # what client.py sends


def now_ms():
    return time.time_ns() // 1_000_000


def signed_text(request_line, provider_id, time_ms, body, host=HOST):
    digest = hashlib.sha256(body).hexdigest()
    return (
        f"Golem Discovery v1\n{request_line}\nhost: {host}\nprovider: {provider_id}\n"
        f"time: {time_ms}\nbody-sha256: {digest}"
    )


class Wallet:
    """An Ethereum key, used through ethers."""

    def __init__(self, secret):
        self.secret = secret
        self.id = self.ask("")["address"]

    def ask(self, text):
        if not (NPM / "node_modules/ethers").is_dir():
            raise AssertionError(f"ethers is not in {NPM}: run ./dev test")
        # Node looks for packages beside the script.
        script = NPM / "sign.mjs"
        if not script.exists() or script.read_bytes() != SCRIPT.read_bytes():
            shutil.copyfile(SCRIPT, script)
        finished = subprocess.run(
            ["node", str(script)],
            input=json.dumps({"secret": self.secret, "text": text}) + "\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return json.loads(finished.stdout)

    def sign(self, text):
        return self.ask(text)["signature"]


class Ed25519Key:
    """A key that openssl makes and signs with, in a directory of its own."""

    def __init__(self, directory):
        self.path = pathlib.Path(directory) / "key.pem"
        self.openssl("genpkey", "-algorithm", "ed25519", "-out", self.path)
        public = self.openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")
        self.id = "ed25519:" + public[-32:].hex()

    def openssl(self, *arguments):
        return subprocess.run(
            ["openssl", *map(str, arguments)], capture_output=True, timeout=60, check=True
        ).stdout

    def sign(self, text):
        file = self.path.with_name("text")
        file.write_text(text)
        return self.openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.path, "-in", file).hex()


def signed_post(signer, time_ms=None, body=None, host=HOST):
    """The arguments of ask() for a post, to be sent once or repeatedly."""
    time_ms = now_ms() if time_ms is None else time_ms
    body = compact(offer()) if body is None else body
    text = signed_text(f"POST {ADVERTISEMENTS}", signer.id, time_ms, body, host)
    return ("POST", ADVERTISEMENTS, headers(signer, time_ms, text), body)


def signed_withdrawal(signer, time_ms=None):
    time_ms = now_ms() if time_ms is None else time_ms
    target = f"{ADVERTISEMENTS}/{signer.id}"
    text = signed_text(f"DELETE {target}", signer.id, time_ms, b"")
    return ("DELETE", target, headers(signer, time_ms, text), None)


def headers(signer, time_ms, text):
    return [
        ("X-Provider-ID", signer.id),
        ("X-Provider-Signature", f"t={time_ms},v1={signer.sign(text)}"),
    ]
