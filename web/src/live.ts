// The offers that fit, as they are at this moment: kept by one stream of the board.
import { type ReadonlySignal, signal } from "@preact/signals";
import { BoardError, type Offer, ask, paths } from "./board";

export interface LiveOffer extends Offer {
  changedAt: number; // on performance.now()'s clock; 0: it was there from the start
}

export type Connection = "connecting" | "loading" | "live" | "lost";

/// Applies events to a map. Nothing here knows browsers, so that it can be tested alone.
export class OfferBook {
  readonly offers = new Map<string, LiveOffer>();
  isSynced = false;

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
      case "refreshed": {
        const known = this.offers.get(offer.provider_id);
        if (known) {
          const { created_at, updated_at, expires_at } = offer;
          this.offers.set(offer.provider_id, { ...known, created_at, updated_at, expires_at });
        }
        break;
      }
    }
  }
}

const EVENTS = ["reset", "synced", "added", "updated", "removed", "refreshed"];

/// One stream at a time; EventSource reconnects by itself and goes on where it was.
export class LiveBoard {
  private book = new OfferBook();
  private source: EventSource | null = null;
  private isPublishing = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly offersSignal = signal<readonly LiveOffer[]>([]);
  private readonly connectionSignal = signal<Connection>("connecting");
  private readonly loadedSignal = signal(0);
  private readonly faultSignal = signal<string | null>(null);

  get offers(): ReadonlySignal<readonly LiveOffer[]> {
    return this.offersSignal;
  }
  get connection(): ReadonlySignal<Connection> {
    return this.connectionSignal;
  }
  /// How many have come of a snapshot that is under way.
  get loaded(): ReadonlySignal<number> {
    return this.loadedSignal;
  }

  /// Why the board does not take the question, if it does not.
  get fault(): ReadonlySignal<string | null> {
    return this.faultSignal;
  }

  watch(query: string): void {
    this.close();
    this.faultSignal.value = null;
    this.book = new OfferBook();
    this.connectionSignal.value = "connecting";
    this.loadedSignal.value = 0;
    this.open(query);
  }

  private open(query: string): void {
    const source = new EventSource(paths.watch(query));
    this.source = source;
    source.onopen = () => {
      this.connectionSignal.value = this.book.isSynced ? "live" : "loading";
    };
    source.onerror = () => {
      this.connectionSignal.value = "lost";
      // The browser gives up for good where the answer is an error: too many streams, or a restart.
      if (source.readyState !== EventSource.CLOSED) return;
      this.book = new OfferBook();
      void this.findFault(source, query);
    };
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => {
        if (source !== this.source) return;
        this.book.apply(name, JSON.parse((event as MessageEvent<string>).data), performance.now());
        if (name === "reset") this.connectionSignal.value = "loading";
        if (name === "synced") this.connectionSignal.value = "live";
        this.publishSoon();
      });
    }
  }

  private async findFault(source: EventSource, query: string): Promise<void> {
    try {
      await ask<Offer[]>(paths.list(`${query}&limit=1`.replace("refreshes=true&", "")));
    } catch (error) {
      const isRefused = error instanceof BoardError && (error.status === 400 || error.status === 422);
      if (isRefused && source === this.source) {
        this.faultSignal.value = error.message;
        return;
      }
    }
    if (source !== this.source) return;
    this.retry = setTimeout(() => this.open(query), 3000 + Math.random() * 2000);
  }

  close(): void {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  /// However many events come, what is shown changes once a frame.
  private publishSoon(): void {
    if (this.isPublishing) return;
    this.isPublishing = true;
    const publish = () => {
      this.isPublishing = false;
      this.loadedSignal.value = this.book.offers.size;
      // A board that fills up before one's eyes jumps: it is shown when it is whole.
      if (this.book.isSynced) this.offersSignal.value = [...this.book.offers.values()];
    };
    // A page in the background gets no frames, and a large board takes its time to be put in order.
    const isLarge = this.book.offers.size > 1_000;
    if (isLarge || document.hidden) setTimeout(publish, 250);
    else requestAnimationFrame(publish);
  }
}
