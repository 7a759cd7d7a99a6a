// What a browser finds of what was signed.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import type { Offer } from "../src/board";
import { checkProof } from "../src/proof";
import { offer } from "./offer";

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
    pricing: {
      usd_per_core_month: 6,
      glm_per_core_month: null,
      extra: { b: [1, 2], a: 0.5 },
    } as Offer["pricing"],
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
    checkProof(id, one, of, hosts, now);

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
    const another = id.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    expect(checkProof(another, shown, proof, [], time).isGood).toBe(false);
    expect(check(shown, bad[0]).signed).toBeNull();
  });

  it("is bad where it is older than an offer may be, or of the future", () => {
    const month = 30 * 86_400_000;
    expect(check(shown, proofOf(posted, "h", time - month)).isGood).toBe(false);
    expect(check(shown, proofOf(posted, "h", time + 3_600_000)).isGood).toBe(false);
    const forEver = { ...shown, expires_at: new Date(time + month).toISOString() };
    expect(check(forEver, proof, [], time + month - 1).isGood).toBe(false);
  });

  it("is doubted where leases are longer than usual, and not called false", () => {
    const long = { ...shown, expires_at: new Date(time + 10 * 3_600_000).toISOString() };
    const verdict = check(long, proof, [], time + 2 * 3_600_000);
    expect(verdict.checks[2]?.passed).toBeNull();
    expect(verdict.isGood).toBe(true);
    expect(check(long, proof, [], time + 11 * 3_600_000).checks[2]?.passed).toBe(false);
  });

  it("takes an old form of IPv6 for what the board takes it for", () => {
    const old = proofOf({ ...posted, ip_address: "::83.233.10.2" });
    expect(check({ ...shown, ip_address: "::53e9:a02" }, old).differences).toEqual(
      check(shown, proof).differences,
    );
  });

  it("is of this board where the board tells its names, and cannot tell where it does not", () => {
    const of = (hosts: string[], host: string) =>
      check(shown, proofOf(posted, host), hosts).checks[3]?.passed;
    expect(of([], "anything")).toBeNull();
    expect(of(["a.example", "b.example:9001"], "b.example:9001")).toBe(true);
    expect(of(["a.example"], "a.example:443")).toBe(true);
    expect(of(["a.example"], "c.example")).toBe(false);
    expect(check(shown, proofOf(posted, "c.example"), ["a.example"]).isGood).toBe(false);
  });
});
