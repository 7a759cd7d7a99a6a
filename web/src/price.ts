// Prices for a size, as the board computes them: per month of 730 hours.
import type { Offer, UnitQuantiles } from "./board";

export interface Size {
  cpu: number;
  memory: number;
  storage: number;
}

export type Currency = "usd" | "glm";

export const HOURS_PER_MONTH = 730;

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

/// Empty where one of the currency's three prices is not known.
export function pricePerMonth(offer: Pick<Offer, "pricing">, currency: Currency, size: Size): number | null {
  const pricing = offer.pricing;
  if (!pricing) return null;
  const core = numberOf(pricing[`${currency}_per_core_month`]);
  const ram = numberOf(pricing[`${currency}_per_gb_ram_month`]);
  const storage = numberOf(pricing[`${currency}_per_gb_storage_month`]);
  if (core === null || ram === null || storage === null) return null;
  return core * size.cpu + ram * size.memory + storage * size.storage;
}

const RANKS = [
  ["p10", 0.1],
  ["p25", 0.25],
  ["p50", 0.5],
  ["p75", 0.75],
  ["p90", 0.9],
] as const;

/// Which share of the offers is dearer than `price` for this size, about, by the quantiles of the unit
/// prices; between two of them it is interpolated, beyond the outer ones it is theirs.
export function shareThatIsDearer(price: number, quantiles: UnitQuantiles, size: Size): number {
  const points = RANKS.map(([name, rank]) => ({
    rank,
    price:
      quantiles.core[name] * size.cpu +
      quantiles.gb_ram[name] * size.memory +
      quantiles.gb_storage[name] * size.storage,
  }));
  let below = points[0]!;
  if (price < below.price) return 1 - below.rank;
  for (const point of points) {
    if (price < point.price) {
      const part = (price - below.price) / (point.price - below.price);
      return 1 - (below.rank + part * (point.rank - below.rank));
    }
    below = point;
  }
  return 1 - below.rank;
}
