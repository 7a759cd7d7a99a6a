import { describe, expect, it } from "vitest";
import { isOffer, isProof, isProviderRecord, isReadable } from "../src/shapes";
import { offer } from "./offer";

describe("what a board sends", () => {
  it("is an offer only where all can be shown", () => {
    expect(isOffer(offer)).toBe(true);
    expect(isOffer({ ...offer, pricing: null, grace: true, further: 1 })).toBe(true);
    for (const change of [
      { provider_id: null },
      { provider_id: "" },
      { provider_id: 5 },
      { provider_name: null },
      { resources: null },
      { resources: { cpu: 1, memory: 1 } },
      { resources: { ...offer.resources, cpu: "4" } },
      { resources: { ...offer.resources, gpu: "4" } },
      { pricing: "free" },
      { updated_at: null },
      { expires_at: "soon" },
      { platform: 7 },
      { verified: "yes" },
    ]) {
      expect(isOffer({ ...offer, ...change }), JSON.stringify(change)).toBe(false);
    }
    for (const other of [null, [], "x", 5, undefined]) expect(isOffer(other)).toBe(false);
  });

  it("is an event only where it can be applied", () => {
    expect(isReadable("added", offer)).toBe(true);
    expect(isReadable("updated", { ...offer, resources: null })).toBe(false);
    expect(isReadable("refreshed", { ...offer, expires_at: null })).toBe(false);
    expect(isReadable("removed", { provider_id: "a" })).toBe(true);
    expect(isReadable("removed", null)).toBe(false);
  });

  it("is a proof or a record only where it has the form of one", () => {
    expect(isProof({ provider_id: "a", text: "", signature: "", body: "" })).toBe(true);
    expect(isProof({ text: 5, signature: "", body: "" })).toBe(false);
    const record = {
      provider_id: "a",
      state: "live",
      first_seen: offer.created_at,
      last_seen: null,
      expires_at: null,
      listed: { "1d": 1, "7d": null, "30d": 0.5 },
      last_refusal: null,
      unsigned_refusals: 0,
    };
    expect(isProviderRecord(record)).toBe(true);
    expect(isProviderRecord({ ...record, listed: undefined })).toBe(false);
    expect(isProviderRecord({ ...record, state: "odd" })).toBe(false);
    expect(isProviderRecord({ ...record, last_seen: "never" })).toBe(false);
    expect(isProviderRecord({ ...record, last_refusal: {} })).toBe(false);
  });
});
