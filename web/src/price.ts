// Prices for a size, as the board computes them: per month of 730 hours.
import type { Offer } from "./board";

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

/// Empty where one of the currency's three prices is not known, or all are 0.
export function pricePerMonth(
  offer: Pick<Offer, "pricing">,
  currency: Currency,
  size: Size,
): number | null {
  const pricing = offer.pricing;
  if (!pricing) return null;
  const core = numberOf(pricing[`${currency}_per_core_month`]);
  const ram = numberOf(pricing[`${currency}_per_gb_ram_month`]);
  const storage = numberOf(pricing[`${currency}_per_gb_storage_month`]);
  if (core === null || ram === null || storage === null) return null;
  if (core === 0 && ram === 0 && storage === 0) return null;
  return core * size.cpu + ram * size.memory + storage * size.storage;
}

export const SIZES = ["cpu", "memory", "storage"] as const;
export const LARGEST = 2_147_483_647; // size that the board takes

/// What one core and one GB of each kind cost a month; null where that is not told.
export function unitPrices(offer: Pick<Offer, "pricing">, currency: Currency): Size | null {
  if (pricePerMonth(offer, currency, { cpu: 1, memory: 1, storage: 1 }) === null) return null;
  const of = (unit: "core" | "gb_ram" | "gb_storage") =>
    numberOf(offer.pricing?.[`${currency}_per_${unit}_month`]) ?? 0;
  return { cpu: of("core"), memory: of("gb_ram"), storage: of("gb_storage") };
}
