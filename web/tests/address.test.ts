import { describe, expect, it } from "vitest";
import {
  NO_FILTERS,
  boardOrder,
  boardParameters,
  exactParameters,
  formatView,
  parseView,
} from "../src/address";

describe("the address", () => {
  it("comes back as it was written", () => {
    for (const search of [
      "./",
      "?cpu=4&memory=8&storage=100&country=DE%2CSE&platform=x86_64&network=main&max_usd_per_month=9.5&verified=true&q=cpu%3E%3D4&sort=-cpu",
      "?min_gpu=2&max_glm_per_month=3&find=north",
      "?currency=glm&sort=-seen",
      "?provider=ed25519%3Aab",
    ]) {
      expect(formatView(parseView(search.replace("./", "")))).toBe(search);
    }
  });

  it("leaves out what makes no sense", () => {
    const { filters, sort } = parseView(
      "?cpu=-3&memory=x&storage=1.5&country=Sweden,se&max_usd_per_month=no&sort=colour",
    );
    expect(filters).toEqual({ ...NO_FILTERS, countries: ["SE"] });
    expect(sort).toBe("price");
  });

  it("asks the board for nothing that is not asked", () => {
    expect(boardParameters(NO_FILTERS).toString()).toBe("");
  });

  it("names the board's order, by price where it has none", () => {
    expect(boardOrder(parseView("?sort=-seen"))).toBe("-updated_at");
    expect(boardOrder(parseView("?sort=-verified"))).toBe("price");
    expect(boardOrder(parseView("?currency=glm"))).toBe("glm_price");
    expect(boardOrder(parseView("?currency=glm&sort=-price"))).toBe("-glm_price");
  });

  it("caps the price in the chosen currency", () => {
    const { filters } = parseView("?max_glm_per_month=7");
    expect(filters).toMatchObject({ currency: "glm", maxPrice: 7 });
    expect(boardParameters(filters).toString()).toBe("max_glm_per_month=7");
  });

  it("looks for whole names and ids beside what else is asked", () => {
    const of = (find: string, q = "") =>
      exactParameters({ ...NO_FILTERS, cpu: 2, find, q }).map((one) => Object.fromEntries(one));
    expect(of("north")).toEqual([
      { cpu: "2", provider_id: "north" },
      { cpu: "2", q: 'provider_name="north"' },
    ]);
    expect(of('a "b\\')).toEqual([{ cpu: "2", q: 'provider_name="a \\"b\\\\"' }]);
    expect(of("0xab")).toHaveLength(1); // the board would refuse it
    expect(of(`0x${"aB".repeat(20)}`)).toHaveLength(2);
    expect(of("north", "cpu>4 || cpu<2")[1]?.q).toBe('provider_name="north" && (cpu>4 || cpu<2)');
  });
});
