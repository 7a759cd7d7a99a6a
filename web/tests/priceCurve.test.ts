import { afterEach, describe, expect, it, vi } from "vitest";
import { NO_FILTERS } from "../src/address";
import { countedCurve, curveOf } from "../src/market/priceCurve";

const pricing = (usd: number) => ({
  usd_per_core_month: usd,
  usd_per_gb_ram_month: 0,
  usd_per_gb_storage_month: 0,
});

/// A board with offers at these prices for a core.
function answer(prices: number[]) {
  vi.stubGlobal("fetch", async (path: string) => {
    const query = new URL(path, "http://h").searchParams;
    if (query.get("count") === null) {
      const sorted = [...prices].sort((a, b) => (query.get("sort") === "price" ? a - b : b - a));
      return new Response(
        JSON.stringify(sorted.slice(0, 1).map((usd) => ({ pricing: pricing(usd) }))),
      );
    }
    const most = Number(query.get("max_usd_per_month"));
    const count = prices.filter((price) => price <= most).length;
    return new Response("[]", { headers: { "X-Total-Count": String(count) } });
  });
}

describe("the curve of prices", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("begins with the cheapest and ends with the dearest", () => {
    for (const count of [1, 2, 3, 400, 401, 402, 20_000]) {
      const { ranks, prices } = curveOf(Float64Array.from({ length: count }, (_, at) => at + 1));
      expect([ranks[0], prices[0]]).toEqual([1, 1]);
      expect([ranks.at(-1), prices.at(-1)]).toEqual([count, count]);
      expect(ranks.length).toBeLessThanOrEqual(402);
      expect(ranks).toEqual([...new Set(ranks)].sort((a, b) => a - b));
    }
    expect(curveOf(new Float64Array())).toEqual({ ranks: [], prices: [] });
  });

  it("is counted by the board, up to the dearest", async () => {
    answer([1, 2, 4, 8, 128]);
    const curve = await countedCurve(NO_FILTERS, new AbortController().signal);
    expect(curve.prices[0]).toBeCloseTo(1);
    expect(curve.prices.at(-1)).toBeCloseTo(128);
    expect(curve.ranks).toEqual([1, 2, 3, 4, 4, 4, 4, 5]);
  });

  it("is none where no offer states a price", async () => {
    answer([]);
    expect(await countedCurve(NO_FILTERS, new AbortController().signal)).toEqual({
      ranks: [],
      prices: [],
    });
  });
});
