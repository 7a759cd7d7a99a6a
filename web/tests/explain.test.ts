import { afterEach, describe, expect, it, vi } from "vitest";
import { NO_FILTERS } from "../src/address";
import { countRelaxations, relaxations } from "../src/explain";

describe("what to ask for instead", () => {
  const filters = {
    ...NO_FILTERS,
    cpu: 64,
    gpu: 4,
    countries: ["SE"],
    maxPrice: 5,
    verified: true,
  };
  const found = relaxations(
    [
      { criterion: "cpu=64", matches: 2, nearest: 32 },
      { criterion: "min_gpu=4", matches: 2, nearest: 1 },
      { criterion: "country=SE", matches: 14 },
      { criterion: "max_usd_per_month=5", matches: 1, nearest: 7.231 },
      { criterion: "verified=true", matches: 0 },
      { criterion: 'q=platform="a"', matches: 3 },
      { criterion: 'q=platform="b"', matches: 3 },
    ],
    filters,
  );
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("eases one wish each, and leaves out what brings nothing", () => {
    expect(found.map((one) => one.action)).toEqual([
      "Ask for 32 cores",
      "Ask for 1 GPU",
      "Look in all countries",
      "Pay up to 7.24 USD a month",
      "Drop the expression",
    ]);
    expect(found[0]?.change).toEqual({ cpu: 32 });
  });

  it("promises what the board counts for the question that the button asks", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", (path: string) => {
      asked.push(path);
      const query = new URL(path, "http://h").searchParams;
      const count = query.get("cpu") === "32" ? 3 : query.has("country") ? 0 : 9;
      return Promise.resolve(new Response("[]", { headers: { "X-Total-Count": String(count) } }));
    });
    const counted = await countRelaxations(found, filters, new AbortController().signal);
    expect(counted.map(({ action, matches }) => [action, matches])).toEqual([
      ["Look in all countries", 9],
      ["Ask for 32 cores", 3],
    ]);
    expect(asked.every((path) => path.includes("count=true"))).toBe(true);
  });
});
