// Where the page stands with the board, as a state machine: events in, effects out. It knows no browser
// and no clock; the driver performs its effects and hands back what came of them.
//
// Each request has a key. What comes for an older key is of a question that is asked no more, and is
// ignored.
import { type Filters, boardParameters } from "../address";
import type { Offer } from "../board";
import { type LiveOffer, OfferBook } from "./book";

export interface Question {
  filters: Filters;
  order: string; // of the board's lists
}

/// What is on the screen, and which question it answers.
export interface Shown {
  question: Question;
  offers: readonly LiveOffer[];
  total: number; // that fit in all
  isWhole: boolean; // these are all of them
  found: string; // the whole name or id that they have; empty where none was asked for
}

export type Phase =
  | { name: "idle" } // nothing is asked: the page is hidden, or shows one provider
  | { name: "asking" } // for a list
  | { name: "loading"; heard: number } // what a stream tells before `synced`
  | { name: "live"; heard: number }
  | { name: "polling"; due: number | null; why: string | null } // null: under way
  | { name: "waiting"; until: number; reason: "lost" | "limited" | "busy"; message: string }
  | { name: "refused"; message: string };

export interface Failure {
  status: number | null; // null: there was no answer
  message: string;
  retryAfter: number | null; // s
}

export type LiveEvent =
  | { type: "watch"; question: Question }
  | { type: "rest" }
  | { type: "more" }
  | { type: "streams"; allowed: boolean }
  | { type: "tick" }
  | { type: "listed"; key: number; offers: readonly Offer[]; total: number }
  | { type: "alive"; key: number } // anything at all came
  | { type: "message"; key: number; name: string; data: unknown }
  | { type: "mark"; key: number; id: string } // up to here everything was told
  | { type: "failed"; key: number; failure: Failure };

export type Effect =
  | { type: "list"; key: number; question: Question; limit: number; found: string }
  | { type: "stream"; key: number; query: string; lastId: string | null }
  | { type: "stop" }; // what is under way

export const FIRST = 50; // offers that come before the stream
export const LIVE_MAX = 20_000; // offers; of more, pages are asked for
export const PAGE = 500;
export const PAGES_MAX = 2_000;
export const POLL = 15_000; // ms between two lists
const SILENCE = 35_000; // ms; heartbeats come every 16 s, unless this address has used up its time
const OUTGROWN = LIVE_MAX * 1.25; // offers

const queryOf = (question: Question) => boardParameters(question.filters).toString();

function isSame(one: Question, other: Question): boolean {
  return queryOf(one) === queryOf(other);
}

export class LiveMachine {
  phase: Phase = { name: "idle" };
  shown: Shown | null = null;
  question: Question | null = null;
  private book = new OfferBook();
  private bookQuery: string | null = null;
  private lastId: string | null = null;
  private key = 0;
  private limit = FIRST;
  private mayStream = true;
  private isPaged = false; // lists are asked for in place of a stream
  private fitting = 0; // offers that fit in all, by the last list that was not of one name
  private asked = ""; // the whole name or id of the last list
  private wasRefused = false; // the last stream was, and no list has come since
  private notBefore = 0; // the board has said so
  private notBeforeWhy = "";

  /// `random` is from 0 to 1: pages that lost one board must not all come back at once.
  constructor(private readonly random: () => number) {}

  /// How many offers of a snapshot have come.
  get loaded(): number {
    return this.book.offers.size;
  }
  get changes(): number {
    return this.book.changes;
  }

  /// Whether what is shown answers another question than is asked.
  get isOld(): boolean {
    const { shown, question } = this;
    if (!shown || !question || shown.question === question) return false;
    if (!isSame(shown.question, question)) return true;
    if (shown.isWhole) return false;
    if (shown.found !== this.foundFor(question)) return true;
    return shown.found === "" && shown.question.order !== question.order;
  }

  handle(event: LiveEvent, now: number): Effect[] {
    if ("key" in event && event.key !== this.key) return [];
    switch (event.type) {
      case "watch":
        return this.watch(event.question, now);
      case "rest":
        return this.enter({ name: "idle" });
      case "more":
        this.limit = Math.min(this.limit + PAGE, PAGES_MAX);
        return this.phase.name === "polling" ? this.list() : [];
      case "streams":
        return this.allowStreams(event.allowed, now);
      case "tick":
        return this.tick(now);
      case "listed":
        return this.listed(event.offers, event.total, now);
      case "alive":
        if ("heard" in this.phase) this.phase.heard = now;
        return [];
      case "message":
        return this.apply(event.name, event.data, now);
      case "mark":
        this.lastId = event.id;
        return [];
      case "failed":
        return this.failed(event.failure, now);
    }
  }

  /// The market as the stream's book has it, while that is the board's.
  publish(): void {
    if (this.phase.name !== "live" || !this.question) return;
    const offers = [...this.book.offers.values()];
    const { question } = this;
    this.shown = { question, offers, total: offers.length, isWhole: true, found: "" };
  }

  private enter(phase: Phase): Effect[] {
    this.key += 1;
    this.phase = phase;
    return [{ type: "stop" }];
  }

  // Of a part of the offers the board is asked for a whole name; all of them are looked through here.
  private foundFor(question: Question): string {
    return this.isPaged && this.fitting > this.limit ? question.filters.find.trim() : "";
  }

  private watch(question: Question, now: number): Effect[] {
    const before = this.question;
    this.question = question;
    if (before && this.phase.name !== "idle" && isSame(before, question)) {
      return this.rearrange(before, question);
    }
    if (!before || !isSame(before, question)) {
      this.limit = FIRST;
      this.isPaged = false;
    }
    return this.begin(now);
  }

  // The same offers in another order, or found in by a name.
  private rearrange(before: Question, question: Question): Effect[] {
    if (this.shown?.isWhole && isSame(this.shown.question, question)) {
      this.shown = { ...this.shown, question };
      return [];
    }
    const isSameList =
      before.order === question.order && this.foundFor(before) === this.foundFor(question);
    return isSameList || this.phase.name === "waiting" ? [] : this.list();
  }

  private begin(now: number): Effect[] {
    if (now < this.notBefore) {
      const { notBefore: until, notBeforeWhy: message } = this;
      return this.enter({ name: "waiting", until, reason: "limited", message });
    }
    const query = this.question ? queryOf(this.question) : null;
    if (this.mayStream && this.book.isSynced && this.bookQuery === query) return this.stream(now);
    return this.list();
  }

  private list(): Effect[] {
    const { question, phase, limit } = this;
    if (!question) return [];
    this.wasRefused = false;
    this.key += 1;
    this.phase =
      phase.name === "polling"
        ? { name: "polling", due: null, why: phase.why }
        : { name: "asking" };
    const found = this.foundFor(question);
    this.asked = found;
    return [{ type: "list", key: this.key, question, limit, found }];
  }

  private stream(now: number): Effect[] {
    const { question } = this;
    if (!question) return [];
    const query = queryOf(question);
    if (!this.book.isSynced || this.bookQuery !== query) {
      this.book = new OfferBook();
      this.bookQuery = query;
      this.lastId = null;
    }
    this.isPaged = false;
    this.key += 1;
    this.phase = { name: "loading", heard: now };
    return [{ type: "stream", key: this.key, query, lastId: this.lastId }];
  }

  private listed(offers: readonly Offer[], total: number, now: number): Effect[] {
    const { question, asked: found } = this;
    if (!question) return [];
    this.shown = {
      question,
      offers: offers.map((offer) => ({ ...offer, changedAt: 0 })),
      total,
      isWhole: found === "" && total <= offers.length,
      found,
    };
    if (found === "") {
      this.fitting = total;
      if (this.mayStream && total <= LIVE_MAX) return this.stream(now);
    }
    this.isPaged = true;
    this.phase = { name: "polling", due: now + POLL, why: null };
    if (this.limit >= PAGE) return [];
    this.limit = PAGE;
    return this.list();
  }

  private apply(name: string, data: unknown, now: number): Effect[] {
    this.book.apply(name, data, now);
    if (name === "reset") this.phase = { name: "loading", heard: now };
    if (name === "synced") this.phase = { name: "live", heard: now };
    if (this.book.offers.size <= OUTGROWN) return [];
    this.book = new OfferBook();
    return this.list();
  }

  private failed({ status, message, retryAfter }: Failure, now: number): Effect[] {
    const wait = retryAfter === null ? null : retryAfter * 1000 + this.random() * 1000;
    if (status === 400 || status === 422) return this.enter({ name: "refused", message });
    const isStream = this.phase.name === "loading" || this.phase.name === "live";
    if (isStream && (status === 429 || status === 503)) {
      // There may be no stream to be had: lists are.
      this.wasRefused = true;
      return this.page({ name: "polling", due: now + Math.max(POLL, wait ?? 0), why: message });
    }
    const until = now + (wait ?? 3_000 + this.random() * 2_000);
    if (status !== 429) {
      return this.enter({
        name: "waiting",
        until,
        reason: status === 503 ? "busy" : "lost",
        message: status === null || status === 503 ? message : `The board answered: ${message}.`,
      });
    }
    this.notBefore = until;
    this.notBeforeWhy = message;
    return this.enter({ name: "waiting", until, reason: "limited", message });
  }

  private page(phase: Phase): Effect[] {
    this.isPaged = true;
    this.limit = Math.max(this.limit, PAGE);
    return this.enter(phase);
  }

  private allowStreams(allowed: boolean, now: number): Effect[] {
    this.mayStream = allowed;
    const { name } = this.phase;
    if (allowed) {
      const isSmall = this.fitting <= LIVE_MAX;
      return name === "polling" && isSmall ? this.stream(now) : [];
    }
    if (name !== "loading" && name !== "live") return [];
    return this.page({ name: "polling", due: now, why: null });
  }

  private tick(now: number): Effect[] {
    const { phase } = this;
    switch (phase.name) {
      case "loading":
      case "live":
        if (now - phase.heard < SILENCE) return [];
        return this.failed(
          { status: null, message: "The board is silent.", retryAfter: null },
          now,
        );
      case "polling":
        return phase.due !== null && now >= phase.due ? this.poll(now) : [];
      case "waiting":
        return now >= phase.until ? this.begin(now) : [];
      default:
        return [];
    }
  }

  // A list of one name does not lead back to the stream.
  private poll(now: number): Effect[] {
    const isFound = this.shown?.found !== "";
    const isSmall = this.fitting <= LIVE_MAX;
    if (isFound && isSmall && this.mayStream && !this.wasRefused) return this.stream(now);
    return this.list();
  }
}
