// The offers that a stream has told of. Nothing here knows browsers.
import type { Offer } from "../board";

export interface LiveOffer extends Offer {
  changedAt: number; // on the machine's clock; 0: it was there from the start
}

/// Contents are new objects when they change. Times change in place: most events are renewals, and none
/// of them is a reason to put a market in order again.
export class OfferBook {
  readonly offers = new Map<string, LiveOffer>();
  isSynced = false;
  /// Counts the changes of contents.
  changes = 0;

  apply(name: string, data: unknown, now: number): void {
    const offer = data as Offer;
    switch (name) {
      case "reset":
        this.offers.clear();
        this.isSynced = false;
        break;
      case "synced":
        this.isSynced = true;
        break;
      case "added":
      case "updated":
        this.offers.set(offer.provider_id, { ...offer, changedAt: this.isSynced ? now : 0 });
        break;
      case "removed":
        this.offers.delete(offer.provider_id);
        break;
      case "refreshed":
        this.renew(offer);
        return;
    }
    this.changes += 1;
  }

  private renew({ provider_id, created_at, updated_at, expires_at, grace }: Offer): void {
    const known = this.offers.get(provider_id);
    if (!known) return;
    Object.assign(known, { created_at, updated_at, expires_at });
    if (grace) known.grace = true;
    else delete known.grace;
  }
}
