// The offers that fit, as they are at this moment: kept by one stream of the board.
import { type ReadonlySignal, signal } from "@preact/signals";
import { BoardError, type Offer, ask, paths } from "./board";

export interface LiveOffer extends Offer {
  changedAt: number; // on performance.now()'s clock; 0: it was there from the start
}

export type Connection = "connecting" | "loading" | "live" | "paged" | "lost";

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
const LIVE_MAX = 20_000; // offers; of more only the front is shown
const PAGE = 500;
const PAGES_MAX = 10_000; // what a list may hold
const PAGE_AGE = 15_000; // ms

/// One question at a time. EventSource reconnects by itself and goes on where it was.
export class LiveBoard {
  private book = new OfferBook();
  private source: EventSource | null = null;
  private asked: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isPublishing = false;
  private question = { query: "", order: "" };
  private limit = PAGE; // how many of a large board
  private readonly offersSignal = signal<readonly LiveOffer[]>([]);
  private readonly connectionSignal = signal<Connection>("connecting");
  private readonly loadedSignal = signal(0);
  private readonly totalSignal = signal(0);
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
  /// How many fit in all, where only the front is shown.
  get total(): ReadonlySignal<number> {
    return this.totalSignal;
  }
  /// Why the board does not take the question, if it does not.
  get fault(): ReadonlySignal<string | null> {
    return this.faultSignal;
  }

  /// `query` has the filters, `order` is one of the list's.
  watch(query: string, order: string): void {
    this.close();
    this.question = { query, order };
    this.limit = PAGE;
    this.book = new OfferBook();
    this.faultSignal.value = null;
    this.connectionSignal.value = "connecting";
    this.loadedSignal.value = 0;
    void this.start(query, order);
  }

  /// Of a large board a further page.
  more(): void {
    this.close();
    this.limit = Math.min(this.limit + PAGE, PAGES_MAX);
    void this.start(this.question.query, this.question.order);
  }

  close(): void {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.source?.close();
    this.source = null;
  }

  private async start(query: string, order: string): Promise<void> {
    const asked = new AbortController();
    this.asked = asked;
    const filters = query ? `${query}&` : "";
    try {
      const { headers } = await ask(paths.list(`${filters}limit=1&count=true`), asked.signal);
      const total = Number(headers.get("X-Total-Count"));
      if (total > LIVE_MAX) {
        const list = paths.list(`${filters}sort=${order}&limit=${this.limit}`);
        const { data } = await ask<Offer[]>(list, asked.signal);
        this.totalSignal.value = total;
        this.offersSignal.value = data.map((offer) => ({ ...offer, changedAt: 0 }));
        this.connectionSignal.value = "paged";
        this.timer = setTimeout(() => void this.start(query, order), PAGE_AGE);
      } else {
        this.open(query, order);
      }
    } catch (error) {
      if (asked.signal.aborted) return;
      if (error instanceof BoardError && (error.status === 400 || error.status === 422)) {
        this.faultSignal.value = error.message;
      } else {
        this.startLater(query, order);
      }
    }
  }

  private startLater(query: string, order: string): void {
    this.connectionSignal.value = "lost";
    this.timer = setTimeout(() => void this.start(query, order), 3_000 + Math.random() * 2_000);
  }

  private open(query: string, order: string): void {
    const source = new EventSource(paths.watch(`refreshes=true${query ? `&${query}` : ""}`));
    this.source = source;
    this.book = new OfferBook();
    source.onopen = () => {
      this.connectionSignal.value = this.book.isSynced ? "live" : "loading";
    };
    source.onerror = () => {
      this.connectionSignal.value = "lost";
      // The browser gives up for good where the answer is an error.
      if (source.readyState === EventSource.CLOSED) this.startLater(query, order);
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
