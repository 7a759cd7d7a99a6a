// How an offer's price stands among the others, counted by the board and not guessed.
import { count } from "./board";
import { type Currency, SIZES, type Size } from "./price";

export interface Standing {
  /// Others that have at least this size, and tell a price for it.
  others: number;
  /// Of these, how many ask for more.
  dearer: number;
}

/// The board's arithmetic and this one may differ in the last bit.
const ROUNDING = 1 + 1e-9;
const ANY_PRICE = Number.MAX_SAFE_INTEGER;

/// Of an offer with this price for this size; among all, or those of a country.
export async function standingOf(
  price: number,
  currency: Currency,
  size: Size,
  country: string | null,
  signal: AbortSignal,
): Promise<Standing> {
  const upTo = (most: number) => {
    const query = new URLSearchParams();
    for (const name of SIZES) query.set(name, String(size[name]));
    if (country !== null) query.set("country", country);
    query.set(`max_${currency}_per_month`, String(most));
    return count(query, signal);
  };
  const [all, asCheap] = await Promise.all([upTo(ANY_PRICE), upTo(price * ROUNDING)]);
  return { others: Math.max(0, all - 1), dearer: Math.max(0, all - asCheap) };
}
