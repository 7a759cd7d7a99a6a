import { describe, expect, it } from "vitest";
import { formatCount, formatId, formatMoney, formatSize, formatTicks } from "../src/format";

describe("texts", () => {
  it("tell small and huge prices", () => {
    expect(formatMoney(12, "USD")).toBe("12.00 USD");
    expect(formatMoney(1234.567, "USD")).toBe("1,234.57 USD");
    expect(formatMoney(0.0123, "USD")).toBe("0.0123 USD");
    expect(formatMoney(0.00000456, "GLM")).toBe("0.00000456 GLM");
    expect(formatMoney(0, "USD")).toBe("0.00 USD");
    expect(formatMoney(2.5e15, "GLM")).toBe("2500T GLM");
  });

  it("tell the ticks of an axis apart", () => {
    expect(formatTicks([0, 0.5, 1, 1.5])).toEqual(["0.0", "0.5", "1.0", "1.5"]);
    expect(formatTicks([1, 2, 3])).toEqual(["1", "2", "3"]);
    expect(formatTicks([2.5, 5, 7.5])).toEqual(["2.5", "5.0", "7.5"]);
    expect(formatTicks([0.1, 0.2, 0.30000000000000004])).toEqual(["0.1", "0.2", "0.3"]);
    for (const ticks of [
      [12.01, 12.02, 12.03],
      [1_000_000, 1_001_000, 1_002_000],
      [1_000_100, 1_000_200, 1_000_300],
      [0, 0.0001, 0.0002],
      [5e9, 6e9],
    ]) {
      expect(new Set(formatTicks(ticks)).size).toBe(ticks.length);
    }
    expect(formatTicks([])).toEqual([]);
    expect(formatTicks([3])).toEqual(["3"]);
  });

  it("name sizes and counts in words", () => {
    expect(formatSize({ cpu: 1, memory: 1, storage: 1 })).toBe("1 core, 1 GB, 1 GB");
    expect(formatSize({ cpu: 4, memory: 8, storage: 1000 })).toBe("4 cores, 8 GB, 1,000 GB");
    expect(formatCount(1, "offer")).toBe("1 offer");
    expect(formatCount(20_001, "offer")).toBe("20,001 offers");
  });

  it("name long ids by their ends", () => {
    expect(formatId("short-id")).toBe("short-id");
    expect(formatId(`0x${"ab".repeat(20)}`)).toBe("0xababababab…ababab");
  });
});
