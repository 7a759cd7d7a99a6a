// How many offers cost at most how much: from the offers themselves, or counted by the board where these
// are too many to be here.
import { type Filters, boardParameters } from "../address";
import { type Offer, ask, count, paths } from "../board";
import type { Row } from "../order";
import { type Currency, pricePerMonth } from "../price";

/// `ranks[i]` offers cost at most `prices[i]`.
export interface PriceCurve {
  ranks: number[];
  prices: number[];
}

const POINTS = 400; // more are not to be told apart
const COUNTED = 8; // each is a question to the board

export function sortedPrices(rows: readonly Row[], currency: Currency): Float64Array {
  const prices = rows.flatMap((row) => row[currency] ?? []);
  return Float64Array.from(prices).sort();
}

/// Of many prices some, the first and the last included.
export function curveOf(prices: Float64Array): PriceCurve {
  const step = Math.max(1, (prices.length - 1) / POINTS);
  const curve: PriceCurve = { ranks: [], prices: [] };
  const add = (at: number) => {
    curve.ranks.push(at + 1);
    curve.prices.push(prices[at] ?? 0);
  };
  for (let at = 0; at < prices.length - 1; at += step) add(Math.floor(at));
  if (prices.length > 0) add(prices.length - 1);
  return curve;
}

async function edge(filters: Filters, order: string, signal: AbortSignal): Promise<number | null> {
  const query = boardParameters(filters);
  query.set("sort", order);
  query.set("limit", "1");
  query.set("fields", "pricing");
  const { data } = await ask<Pick<Offer, "pricing">[]>(paths.list(query.toString()), signal);
  return data[0] ? pricePerMonth(data[0], filters.currency, filters) : null;
}

/// Empty where no offer that fits states a price.
export async function countedCurve(filters: Filters, signal: AbortSignal): Promise<PriceCurve> {
  const order = filters.currency === "usd" ? "price" : "glm_price";
  const [least, most] = await Promise.all([
    edge(filters, order, signal),
    edge(filters, `-${order}`, signal),
  ]);
  if (least === null || most === null) return { ranks: [], prices: [] };
  const ratio = most / Math.max(least, 1e-6);
  const prices = Array.from(
    { length: COUNTED },
    (_, at) => Math.max(least, 1e-6) * ratio ** (at / (COUNTED - 1)) * (1 + 1e-9),
  );
  const ranks = await Promise.all(
    prices.map((maxPrice) => count(boardParameters({ ...filters, maxPrice }), signal)),
  );
  return { ranks, prices };
}
