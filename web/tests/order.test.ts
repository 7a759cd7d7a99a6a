import { describe, expect, it } from "vitest";
import { NO_FILTERS } from "../src/address";
import { type Arrangement, Ordering, found, rowsOf } from "../src/order";
import { offer } from "./offer";

const price: Arrangement = { filters: NO_FILTERS, sort: "price", descending: false };
const live = { ...offer, changedAt: 0 };
const pricing = (usd: number, glm?: number) => ({
  usd_per_core_month: usd,
  usd_per_gb_ram_month: usd,
  usd_per_gb_storage_month: usd,
  ...(glm !== undefined && {
    glm_per_core_month: glm,
    glm_per_gb_ram_month: glm,
    glm_per_gb_storage_month: glm,
  }),
});

describe("the order of the table", () => {
  const offers = [
    { ...live, provider_id: "none", pricing: null },
    { ...live, provider_id: "b" },
    { ...live, provider_id: "a" },
    { ...live, provider_id: "dear", pricing: pricing(60) },
  ];
  const ids = (descending: boolean) =>
    new Ordering().rows(offers, { ...price, descending }).map((row) => row.offer.provider_id);

  it("has the unknown last either way, and ties by creation, then by id", () => {
    expect(ids(false)).toEqual(["a", "b", "dear", "none"]);
    expect(ids(true)).toEqual(["dear", "a", "b", "none"]);
    offers[2] = { ...live, provider_id: "a", created_at: "2026-02-19T09:54:31.000000Z" };
    expect(ids(false)).toEqual(["b", "a", "dear", "none"]);
    expect(ids(true)).toEqual(["dear", "b", "a", "none"]);
  });

  it("is by GLM where that is chosen", () => {
    const glm: Arrangement = { ...price, filters: { ...NO_FILTERS, currency: "glm" } };
    const market = [
      { ...live, provider_id: "usd alone", pricing: pricing(1) },
      { ...live, provider_id: "dear", pricing: pricing(1, 9) },
      { ...live, provider_id: "cheap", pricing: pricing(9, 1) },
    ];
    const order = new Ordering().rows(market, glm).map((row) => row.offer.provider_id);
    expect(order).toEqual(["cheap", "dear", "usd alone"]);
  });

  it("is the same after changes as when made anew", () => {
    const ordering = new Ordering();
    let market = Array.from({ length: 300 }, (_, at) => ({
      ...live,
      provider_id: `p-${(at * 7919) % 300}`,
      pricing: pricing((at * 31) % 17),
      updated_at: new Date(1e12 + ((at * 7) % 50) * 1000).toISOString(),
    }));
    const sorts = ["price", "seen", "price", "price", "provider", "provider"] as const;
    for (const [step, sort] of sorts.entries()) {
      market = market.flatMap((one, at) => {
        if (at % 11 === step) return [];
        if (at % 13 === step) return [{ ...one, pricing: pricing((at + step) % 19) }];
        one.updated_at = new Date(1e12 + ((at * 13 + step) % 60) * 1000).toISOString();
        return [one];
      });
      market.push({ ...live, provider_id: `new-${step}`, pricing: pricing(5) });
      const arrangement: Arrangement = { ...price, sort, descending: step % 2 === 1 };
      expect(ordering.rows(market, arrangement)).toEqual(new Ordering().rows(market, arrangement));
    }
  });

  it("of a part of a large market stays the board's", () => {
    const rows = rowsOf([...offers].reverse(), price);
    expect(rows.map((row) => row.offer.provider_id)).toEqual(["dear", "a", "b", "none"]);
  });

  it("finds by a part of the name or id", () => {
    const rows = rowsOf(
      [
        { ...live, provider_name: "North Star" },
        { ...live, provider_id: "0xAb" },
      ],
      price,
    );
    expect(found(rows, " north ")).toEqual([rows[0]]);
    expect(found(rows, "0xaB")).toEqual([rows[1]]);
    expect(found(rows, "")).toEqual(rows);
  });
});
