#!/usr/bin/python3
"""Frames a second of the page with 10,000 live offers, 200 of which change every second."""

import pathlib
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "e2e"))

from browser import Browser
from market import offers
from server import Server

OFFERS, CHANGES, SECONDS = 10_000, 200, 10
COUNT_FRAMES = f"""new Promise((done) => {{
  const port = document.querySelector(".port");
  const begin = performance.now();
  let frames = 0, longest = 0, last = begin;
  const frame = (now) => {{
    frames += 1;
    longest = Math.max(longest, now - last);
    last = now;
    port.scrollTop += 20;
    if (now - begin < {SECONDS * 1000}) requestAnimationFrame(frame);
    else done([frames / (now - begin) * 1000, longest]);
  }};
  requestAnimationFrame(frame);
}})"""


def change(server, all_offers, ended):
    with server.connect() as wire:
        begin, sent = time.monotonic(), 0
        while not ended.is_set():
            due = int((time.monotonic() - begin) * CHANGES)
            for sent in range(sent, due):
                provider_id, body = all_offers[sent * 7919 % OFFERS]
                body["resources"]["storage"] += 1
                wire.post(provider_id, body)
            sent = max(sent, due)
            ended.wait(0.01)


def main():
    all_offers = list(offers(OFFERS))
    server, browser, ended = Server(ADVERTISEMENT_EXPIRY_MINUTES=60), Browser(), threading.Event()
    changing = threading.Thread(target=change, args=(server, all_offers, ended))
    try:
        with server.connect() as wire:
            for provider_id, body in all_offers:
                assert wire.post(provider_id, body).status == 200
        for name, begins in (("at rest", False), (f"{CHANGES} changes a second", True)):
            browser.open(server.url, viewport={"width": 1360, "height": 1000})
            browser.wait("document.querySelectorAll('tr[data-provider]').length > 10")
            if begins:
                changing.start()
            rate, longest = browser.evaluate(COUNT_FRAMES)
            print(f"{OFFERS:,} offers, {name}, scrolling: {rate:.1f} frames/s, the longest {longest:.0f} ms")
    finally:
        ended.set()
        if changing.ident:
            changing.join()
        browser.close()
        server.discard()


if __name__ == "__main__":
    main()
