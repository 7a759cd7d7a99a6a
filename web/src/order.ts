// The order of the table.
import type { Filters, Sort } from "./address";
import type { LiveOffer } from "./live/book";
import { type Currency, pricePerMonth } from "./price";

export interface Row {
  offer: LiveOffer;
  usd: number | null; // a month, for the size that is asked for
  glm: number | null;
  key: Key;
}

type Key = number | string | null;

export interface Arrangement {
  filters: Filters; // whose size and currency count
  sort: Sort;
  descending: boolean;
}

function keyOf(row: Omit<Row, "key">, sort: Sort, currency: Currency): Key {
  const { offer } = row;
  switch (sort) {
    case "price":
      return row[currency];
    case "provider":
      return offer.provider_name.toLowerCase() || offer.provider_id.toLowerCase();
    case "country":
      return offer.country;
    case "platform":
      return offer.platform;
    case "cpu":
    case "memory":
    case "storage":
      return offer.resources[sort];
    case "verified":
      return offer.verified ? 0 : 1;
    case "seen":
      return offer.updated_at;
  }
}

/// Unknown ones are last either way; ties are broken by creation, then by id, as the board does.
function compare(a: Row, b: Row, turn: number): number {
  if (a.key !== b.key) {
    if (a.key === null || b.key === null) return a.key === null ? 1 : -1;
    return a.key < b.key ? -turn : turn;
  }
  const [one, other] = [a.offer, b.offer];
  if (one.created_at !== other.created_at) return one.created_at < other.created_at ? -1 : 1;
  return one.provider_id < other.provider_id ? -1 : 1;
}

function rowOf(offer: LiveOffer, { filters, sort }: Arrangement): Row {
  const row = {
    offer,
    usd: pricePerMonth(offer, "usd", filters),
    glm: pricePerMonth(offer, "glm", filters),
  };
  return { ...row, key: keyOf(row, sort, filters.currency) };
}

/// The board's own order, kept.
export function rowsOf(offers: readonly LiveOffer[], arrangement: Arrangement): Row[] {
  return offers.map((offer) => rowOf(offer, arrangement));
}

/// Sorts a market again and again, of which little has changed each time: what is still there keeps its
/// place, and sorting a list that is nearly in order takes one look at each row.
export class Ordering {
  private key = "";
  private known = new Map<LiveOffer, Row>();
  private sorted: readonly Row[] = [];

  rows(offers: readonly LiveOffer[], arrangement: Arrangement): readonly Row[] {
    const { filters, sort, descending } = arrangement;
    const { cpu, memory, storage, currency } = filters;
    const key = [cpu, memory, storage, currency, sort, descending].join();
    if (key !== this.key) this.known.clear();
    this.key = key;
    const present = new Map<LiveOffer, Row>();
    const fresh: Row[] = [];
    for (const offer of offers) {
      let row = this.known.get(offer);
      if (!row) fresh.push((row = rowOf(offer, arrangement)));
      else if (sort === "seen") row.key = offer.updated_at;
      present.set(offer, row);
    }
    const kept = this.sorted.filter((row) => present.get(row.offer) === row);
    const turn = descending ? -1 : 1;
    this.sorted = [...kept, ...fresh].sort((a, b) => compare(a, b, turn));
    this.known = present;
    return this.sorted;
  }
}

/// Those whose name or id holds the text.
export function found(rows: readonly Row[], text: string): readonly Row[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return rows;
  return rows.filter(
    ({ offer }) =>
      offer.provider_name.toLowerCase().includes(wanted) ||
      offer.provider_id.toLowerCase().includes(wanted),
  );
}
