// The order of the table.
import type { Sort } from "./address";
import type { LiveOffer } from "./live";
import { type Size, pricePerMonth } from "./price";

export interface Row {
  offer: LiveOffer;
  usd: number | null;
  glm: number | null;
}

type Key = number | string | null;

function keyOf(row: Row, sort: Sort): Key {
  const { offer } = row;
  switch (sort) {
    case "price":
      return row.usd;
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
export function orderedRows(offers: readonly LiveOffer[], size: Size, sort: Sort, descending: boolean): Row[] {
  const turn = descending ? -1 : 1;
  return offers
    .map((offer) => {
      const row: Row = {
        offer,
        usd: pricePerMonth(offer, "usd", size),
        glm: pricePerMonth(offer, "glm", size),
      };
      return { row, key: keyOf(row, sort) };
    })
    .sort((a, b) => {
      if (a.key === null || b.key === null) {
        if (a.key !== b.key) return a.key === null ? 1 : -1;
      } else if (a.key !== b.key) {
        return a.key < b.key ? -turn : turn;
      }
      const [one, other] = [a.row.offer, b.row.offer];
      if (one.created_at !== other.created_at) return one.created_at < other.created_at ? -1 : 1;
      return one.provider_id < other.provider_id ? -1 : 1;
    })
    .map(({ row }) => row);
}
