// The logic of the page that needs no browser.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { NO_FILTERS, boardOrder, boardParameters, formatView, parseView } from "../src/address";
import type { Offer } from "../src/board";
import { relaxations } from "../src/explain";
import { OfferBook } from "../src/live";
import { orderedRows } from "../src/order";
import { pricePerMonth } from "../src/price";
import { checkProof } from "../src/proof";
import { standingOf } from "../src/standing";

const offer: Offer = {
  provider_id: "a",
  provider_name: "",
  ip_address: "83.233.10.2",
  country: "SE",
  platform: null,
  network: null,
  payments_network: null,
  resources: { cpu: 4, memory: 8, storage: 100 },
  pricing: { usd_per_core_month: 6, usd_per_gb_ram_month: 2.5, usd_per_gb_storage_month: 0.12 },
  verified: false,
  created_at: "2026-02-19T09:54:30.123456Z",
  updated_at: "2026-02-19T09:54:30.123456Z",
  expires_at: "2026-02-19T09:59:30.123456Z",
};
const size = { cpu: 2, memory: 4, storage: 50 };

describe("the address", () => {
  it("comes back as it was written", () => {
    for (const search of [
      "./",
      "?cpu=4&memory=8&storage=100&country=DE%2CSE&platform=x86_64&network=main&max_usd_per_month=9.5&verified=true&q=cpu%3E%3D4&sort=-cpu",
      "?provider=ed25519%3Aab",
    ]) {
      expect(formatView(parseView(search.replace("./", "")))).toBe(search);
    }
  });

  it("leaves out what makes no sense", () => {
    const { filters, sort } = parseView("?cpu=-3&memory=x&storage=1.5&country=Sweden,se&max_usd_per_month=no&sort=colour");
    expect(filters).toEqual({ ...NO_FILTERS, countries: ["SE"] });
    expect(sort).toBe("price");
  });

  it("asks the board for nothing that is not asked", () => {
    expect(boardParameters(NO_FILTERS).toString()).toBe("");
    expect(boardOrder({ sort: "seen", descending: true })).toBe("-updated_at");
    expect(boardOrder({ sort: "verified", descending: false })).toBe("price");
  });
});

describe("prices", () => {
  it("are for the asked size, or not told", () => {
    expect(pricePerMonth(offer, "usd", size)).toBeCloseTo(2 * 6 + 4 * 2.5 + 50 * 0.12);
    expect(pricePerMonth(offer, "glm", size)).toBeNull();
    expect(pricePerMonth({ pricing: { ...offer.pricing, usd_per_core_month: "6" } }, "usd", size)).toBeNull();
    expect(pricePerMonth({ pricing: null }, "usd", size)).toBeNull();
  });

  it("of which all are 0 are no price", () => {
    const free = { usd_per_core_month: 0, usd_per_gb_ram_month: 0, usd_per_gb_storage_month: 0 };
    expect(pricePerMonth({ pricing: free }, "usd", size)).toBeNull();
    expect(pricePerMonth({ pricing: { ...free, usd_per_core_month: 1 } }, "usd", size)).toBe(2);
  });

  describe("among others", () => {
    /// A board with offers at these prices.
    const answer = (prices: number[], asked: string[] = []) =>
      vi.stubGlobal("fetch", async (path: string) => {
        asked.push(path);
        const most = Number(new URL(path, "http://h").searchParams.get("max_usd_per_month"));
        const count = prices.filter((price) => price <= most).length;
        return new Response("[]", { headers: { "X-Total-Count": String(count) } });
      });
    const stand = (price: number) => standingOf(price, "usd", size, null, new AbortController().signal);
    afterEach(() => vi.unstubAllGlobals());

    it("are counted by the board", async () => {
      answer([1, 2, 3, 3, 4]);
      expect(await stand(3)).toEqual({ others: 4, dearer: 1 });
      expect(await stand(1)).toEqual({ others: 4, dearer: 4 });
      expect(await stand(4)).toEqual({ others: 4, dearer: 0 });
    });

    it("leave the only offer cheaper than no other", async () => {
      answer([7]);
      expect(await stand(7)).toEqual({ others: 0, dearer: 0 });
    });

    it("are asked of this size and country, whatever rounding does", async () => {
      const asked: string[] = [];
      answer([0.1 + 0.2], asked);
      expect(await standingOf(0.3, "usd", size, "SE", new AbortController().signal)).toEqual({ others: 0, dearer: 0 });
      for (const path of asked) expect(path).toContain("cpu=2&memory=4&storage=50&country=SE");
    });

    it("are not guessed where the board tells no count", async () => {
      vi.stubGlobal("fetch", async () => new Response("[]"));
      await expect(stand(1)).rejects.toThrow();
    });
  });
});

describe("the order of the table", () => {
  const rows = [
    { ...offer, provider_id: "none", pricing: null, changedAt: 0 },
    { ...offer, provider_id: "b", changedAt: 0 },
    { ...offer, provider_id: "a", changedAt: 0 },
    { ...offer, provider_id: "dear", pricing: { ...offer.pricing, usd_per_core_month: 60 }, changedAt: 0 },
  ];
  const ids = (descending: boolean) =>
    orderedRows(rows, size, "price", descending).map((row) => row.offer.provider_id);
  it("has the unknown last either way, and ties by creation, then by id", () => {
    expect(ids(false)).toEqual(["a", "b", "dear", "none"]);
    expect(ids(true)).toEqual(["dear", "a", "b", "none"]);
    rows[2] = { ...offer, provider_id: "a", created_at: "2026-02-19T09:54:31.000000Z", changedAt: 0 };
    expect(ids(false)).toEqual(["b", "a", "dear", "none"]);
    expect(ids(true)).toEqual(["dear", "b", "a", "none"]);
  });
});

describe("the stream", () => {
  it("makes the same board, whatever was missed", () => {
    const book = new OfferBook();
    book.apply("added", offer, 1);
    book.apply("synced", {}, 2);
    expect(book.offers.get("a")?.changedAt).toBe(0);
    book.apply("updated", { ...offer, country: "DE" }, 3);
    expect(book.offers.get("a")).toMatchObject({ country: "DE", changedAt: 3 });
    book.apply("refreshed", { provider_id: "a", expires_at: "later" }, 4);
    expect(book.offers.get("a")).toMatchObject({ country: "DE", expires_at: "later", changedAt: 3 });
    book.apply("refreshed", { provider_id: "unknown" }, 4);
    book.apply("removed", { provider_id: "unknown", reason: "expired" }, 5);
    expect([...book.offers.keys()]).toEqual(["a"]);
    book.apply("removed", { provider_id: "a", reason: "expired" }, 5);
    book.apply("added", offer, 6);
    book.apply("reset", {}, 7);
    expect(book.offers.size).toBe(0);
    expect(book.isSynced).toBe(false);
  });
});

describe("what to ask for instead", () => {
  it("is the most promising first, and leaves out what helps nobody", () => {
    const filters = { ...NO_FILTERS, cpu: 64, countries: ["SE"], maxUsd: 5, verified: true };
    const found = relaxations(
      [
        { criterion: "cpu=64", matches: 2, nearest: 32 },
        { criterion: "country=SE", matches: 14 },
        { criterion: "max_usd_per_month=5", matches: 1, nearest: 7.231 },
        { criterion: "verified=true", matches: 0 },
      ],
      filters,
    );
    expect(found.map((one) => one.action)).toEqual([
      "Look in all countries",
      "Ask for 32 cores",
      "Pay up to 7.24 USD a month",
    ]);
    expect(found[1]?.filters).toEqual({ ...filters, cpu: 32 });
  });
});

describe("a proof", () => {
  const secret = new Uint8Array(32).fill(7);
  const id = `ed25519:${bytesToHex(ed25519.getPublicKey(secret))}`;
  const time = 1771494870123;
  const times = {
    created_at: new Date(time - 86_400_000).toISOString(),
    updated_at: new Date(time).toISOString(),
    expires_at: new Date(time + 300_000).toISOString(),
  };
  const shown: Offer = {
    ...offer,
    ...times,
    provider_id: id,
    verified: true,
    ip_address: "83.233.10.2",
    country: "GB",
    platform: "x86_64",
    network: "mainnet",
    payments_network: null,
    resources: { cpu: 4, memory: 8, storage: 100, gpu: 1 },
    pricing: { usd_per_core_month: 6, glm_per_core_month: null, extra: { b: [1, 2], a: 0.5 } } as Offer["pricing"],
  };
  const posted = {
    ip_address: "::ffff:83.233.10.2",
    country: "uk",
    platform: "AMD64",
    provider_name: offer.provider_name,
    resources: { gpu: 1.0, storage: 100, memory: 8, cpu: 4 },
    pricing: { extra: { a: 5e-1, b: [1, 2] }, usd_per_core_month: 6.0 },
  };
  const proofOf = (body: unknown, host = "localhost:9001", at = time) => {
    const bytes = JSON.stringify(body);
    const text = [
      "Golem Discovery v1",
      "POST /api/v1/advertisements",
      `host: ${host}`,
      `provider: ${id}`,
      `time: ${at}`,
      `body-sha256: ${bytesToHex(sha256(utf8ToBytes(bytes)))}`,
    ].join("\n");
    const signature = bytesToHex(ed25519.sign(utf8ToBytes(text), secret));
    return { provider_id: id, text, signature, body: btoa(bytes) };
  };
  const proof = proofOf(posted);
  const check = (one = shown, of = proof, hosts: string[] = [], now = time + 60_000) =>
    checkProof(one, of, hosts, now);

  it("is good where everything fits, in whatever spelling", () => {
    const verdict = check();
    expect(verdict.checks.filter(({ passed }) => passed === false)).toEqual([]);
    expect(verdict.isGood).toBe(true);
    expect(verdict.differences).toEqual([
      { field: "network", signed: "–", shown: "mainnet", isBoardsOwn: true },
    ]);
    expect(verdict.signed?.country).toBe("GB");
    expect(verdict.host).toBe("localhost:9001");
    expect(verdict.time?.getTime()).toBe(time);
  });

  it("knows one address in all its forms", () => {
    const forms = { ...posted, ip_address: "2001:DB8:0:0:0:0:0:1" };
    expect(check({ ...shown, ip_address: "2001:db8::1" }, proofOf(forms)).isGood).toBe(true);
  });

  it("is bad where the board shows anything else than what was signed", () => {
    const lies: Partial<Offer>[] = [
      { country: "DE" },
      { ip_address: "84.233.10.2" },
      { provider_name: "Another" },
      { platform: "arm64" },
      { payments_network: "polygon", network: "mainnet" },
      { resources: { ...shown.resources, cpu: 40 } },
      { resources: { ...shown.resources, gpu: 8 } },
      { resources: { ...shown.resources, tpu: 8 } },
      { pricing: { ...shown.pricing, usd_per_core_month: 0.6 } },
      { pricing: null },
    ];
    const signedNetworks = proofOf({ ...posted, network: "mainnet", payments_network: "holesky" });
    for (const lie of lies) {
      const verdict = check({ ...shown, payments_network: "holesky", ...lie }, signedNetworks);
      expect(verdict.isGood, JSON.stringify(lie)).toBe(false);
      expect(verdict.differences.length).toBeGreaterThan(0);
    }
  });

  it("is bad where the signature, its text or the bytes do not hold", () => {
    const bad = [
      { ...proof, signature: proof.signature.replace(/^../, "00") },
      { ...proof, signature: "nonsense" },
      { ...proof, text: proof.text.replace("time: 1", "time: 2") },
      { ...proof, body: btoa(JSON.stringify(posted).replace("83", "84")) },
      { ...proof, body: "?" },
      proofOf("no object"),
      proofOf({ ...posted, resources: null }),
    ];
    for (const one of bad) expect(check(shown, one).isGood).toBe(false);
    expect(check({ ...shown, provider_id: id.replace(/.$/, "0") }).isGood).toBe(false);
    expect(check(shown, bad[0]).signed).toBeNull();
  });

  it("is bad where it is older than an offer may be, or of the future", () => {
    const month = 30 * 86_400_000;
    expect(check(shown, proofOf(posted, "h", time - month)).isGood).toBe(false);
    expect(check(shown, proofOf(posted, "h", time + 3_600_000)).isGood).toBe(false);
    const forEver = { ...shown, expires_at: new Date(time + month).toISOString() };
    expect(check(forEver, proof, [], time + month - 1).isGood).toBe(false);
  });

  it("is of this board where the board tells its names, and cannot tell where it does not", () => {
    const of = (hosts: string[], host: string) => check(shown, proofOf(posted, host), hosts).checks[3]?.passed;
    expect(of([], "anything")).toBeNull();
    expect(of(["a.example", "b.example:9001"], "b.example:9001")).toBe(true);
    expect(of(["a.example"], "a.example:443")).toBe(true);
    expect(of(["a.example"], "c.example")).toBe(false);
    expect(check(shown, proofOf(posted, "c.example"), ["a.example"]).isGood).toBe(false);
  });
});
