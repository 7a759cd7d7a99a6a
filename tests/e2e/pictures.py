"""Makes the pictures of docs/images: the page in its main states, on a made-up market."""

import sys

from browser import Browser
from client import compact
from market import offers
from server import ROOT, Server
from signers import Wallet, signed_post

WIDE = {"viewport": {"width": 1360, "height": 1000}}
PICTURES = (
    ("market", "/?cpu=4&memory=8&storage=100", WIDE, ".connection.live"),
    ("market-dark", "/?cpu=4&country=DE,SE", {**WIDE, "colorScheme": "dark"}, ".connection.live"),
    ("market-phone", "/", {"viewport": {"width": 390, "height": 844}}, ".connection.live"),
    ("nothing-fits", "/?cpu=64&country=PT,JP&max_usd_per_month=100", WIDE, ".relaxations li"),
    ("provider", "/?cpu=4&memory=8&provider={signer}", WIDE, ".checks .good"),
    ("interface", "/docs", WIDE, ".opblock"),
)


def main():
    server = Server()
    browser = Browser()
    try:
        with server.connect() as wire:
            for provider_id, body in offers(300):
                assert wire.post(provider_id, body).status == 200
        signer = Wallet("0x" + "33" * 32)
        body = compact({**next(offers(1, seed=1))[1], "provider_name": "north-star"})
        assert server.ask(*signed_post(signer, body=body)).status == 200
        for name, path, options, ready in PICTURES:
            browser.open(server.url, path.format(signer=signer.id), **options)
            browser.wait(f"document.querySelector('{ready}')")
            if ".connection" in ready:
                browser.wait("document.querySelector('.map path') && document.querySelector('canvas')")
            file = ROOT / "docs/images" / f"{name}.png"
            file.parent.mkdir(exist_ok=True)
            browser.do("screenshot", path=str(file), fullPage=False)
            print(file, file=sys.stderr)
    finally:
        browser.close()
        server.discard()


if __name__ == "__main__":
    main()
