import { afterEach, describe, expect, it, vi } from "vitest";
import { pricePerMonth, unitPrices } from "../src/price";
import { standingOf } from "../src/standing";
import { offer } from "./offer";

const size = { cpu: 2, memory: 4, storage: 50 };

describe("prices", () => {
  it("are for the asked size, or not told", () => {
    expect(pricePerMonth(offer, "usd", size)).toBeCloseTo(2 * 6 + 4 * 2.5 + 50 * 0.12);
    expect(pricePerMonth(offer, "glm", size)).toBeNull();
    expect(
      pricePerMonth({ pricing: { ...offer.pricing, usd_per_core_month: "6" } }, "usd", size),
    ).toBeNull();
    expect(pricePerMonth({ pricing: null }, "usd", size)).toBeNull();
  });

  it("of which all are 0 are no price", () => {
    const free = { usd_per_core_month: 0, usd_per_gb_ram_month: 0, usd_per_gb_storage_month: 0 };
    expect(pricePerMonth({ pricing: free }, "usd", size)).toBeNull();
    expect(pricePerMonth({ pricing: { ...free, usd_per_core_month: 1 } }, "usd", size)).toBe(2);
  });

  it("of units are those that were posted", () => {
    expect(unitPrices(offer, "usd")).toEqual({ cpu: 6, memory: 2.5, storage: 0.12 });
    expect(unitPrices(offer, "glm")).toBeNull();
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
    const stand = (price: number) =>
      standingOf(price, "usd", size, null, new AbortController().signal);
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
      expect(await standingOf(0.3, "usd", size, "SE", new AbortController().signal)).toEqual({
        others: 0,
        dearer: 0,
      });
      for (const path of asked) expect(path).toContain("cpu=2&memory=4&storage=50&country=SE");
    });

    it("are not guessed where the board tells no count", async () => {
      vi.stubGlobal("fetch", async () => new Response("[]"));
      await expect(stand(1)).rejects.toThrow();
    });
  });
});
