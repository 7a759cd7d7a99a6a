"""Chromium, headless, driven by playwright-core."""

import json
import shutil
import subprocess

from server import ROOT
from signers import NPM

SCRIPT = ROOT / "tests/e2e/npm/browser.mjs"


class Browser:
    """One page at a time, on one server."""

    def __init__(self):
        script = NPM / f"browser-{id(self)}.mjs"
        # Node looks for packages beside the script.
        shutil.copyfile(SCRIPT, script)
        self.script = script
        self.process = subprocess.Popen(
            ["node", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()
        self.script.unlink()

    def do(self, what, **arguments):
        print(json.dumps({"do": what, **arguments}), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the browser has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(f"{what} {arguments}: {answer['error']}")
        return answer["value"]

    def open(self, url, path="/", **options):
        """A fresh browser profile at this page; options are those of playwright's newContext."""
        self.url = url
        self.do("open", origin=url, options=options)
        self.do("goto", url=url + path)

    def evaluate(self, expression):
        return self.do("evaluate", expression=expression)

    def wait(self, expression):
        """Until the expression is true; returns its value."""
        return self.do("wait", expression=expression)

    def texts(self, selector):
        return self.evaluate(
            f"[...document.querySelectorAll({json.dumps(selector)})].map((one) => one.innerText)")

    def wait_for_text(self, selector, text):
        self.wait(f"document.querySelector({json.dumps(selector)})?.innerText"
                  f".includes({json.dumps(text)})")

    def wait_for_rows(self, ids):
        """Until the table shows these providers, in this order."""
        self.wait("JSON.stringify([...document.querySelectorAll('tr[data-provider]')]"
                  f".map((row) => row.dataset.provider)) === {json.dumps(json.dumps(ids, separators=(',', ':')))}")

    def search(self):
        return self.evaluate("location.search")
