// Performs the effects of the machine, and shows where it stands as a signal.
import { type ReadonlySignal, signal } from "@preact/signals";
import { boardParameters, exactParameters } from "../address";
import { BoardError, type Offer, ask, count, countIn, paths } from "../board";
import {
  type Effect,
  type Failure,
  LiveMachine,
  type LiveEvent,
  type Phase,
  type Question,
  type Shown,
} from "./machine";
import { isOffer, isReadable } from "../shapes";
import { readStream } from "./stream";

export interface LiveState {
  phase: Phase;
  shown: Shown | null;
  question: Question | null;
  isOld: boolean; // what is shown answers another question
  loaded: number; // offers of a snapshot that is under way
}

const LARGE = 1_000; // offers
const PAUSE = 250; // ms between two orders of a large board

function failureOf(error: unknown): Failure {
  if (error instanceof BoardError) {
    const { status, message, retryAfter } = error;
    return { status, message, retryAfter };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { status: null, message, retryAfter: null };
}

interface Listed {
  offers: Offer[];
  total: number; // that fit in all
}

function readable(data: unknown): Offer[] {
  if (!Array.isArray(data)) throw new Error("The board's answer cannot be read.");
  return data.filter(isOffer);
}

/// At most `limit` of them, or as many as the board's pages hold.
async function askPage(query: URLSearchParams, limit: number, signal: AbortSignal) {
  const page = new URLSearchParams(query);
  page.set("limit", String(limit));
  try {
    const { data, headers } = await ask<unknown>(paths.list(page.toString()), signal);
    return { offers: readable(data), headers };
  } catch (error) {
    const most = error instanceof BoardError ? error.limitMax : null;
    if (most === null || most >= limit) throw error;
    return askPage(query, most, signal);
  }
}

async function list(question: Question, limit: number, signal: AbortSignal): Promise<Listed> {
  const query = boardParameters(question.filters);
  query.set("sort", question.order);
  query.set("count", "true");
  const { offers, headers } = await askPage(query, limit, signal);
  return { offers, total: countIn(headers) };
}

/// In no order: these are few, and for one the board would have to look at all offers twice, as to count
/// them. Of a very large board ids are found alone: for names it would have to read too much.
async function findExact(question: Question, limit: number, signal: AbortSignal): Promise<Listed> {
  const queries = exactParameters(question.filters);
  const answers = await Promise.allSettled(queries.map((query) => askPage(query, limit, signal)));
  const found = answers.flatMap((one) => (one.status === "fulfilled" ? one.value.offers : []));
  const failed = answers.find((one) => one.status === "rejected");
  if (failed && found.length === 0) throw failed.reason;
  const offers = [...new Map(found.map((offer) => [offer.provider_id, offer])).values()];
  const named = queries.at(-1);
  const isPart = offers.length >= limit && named !== undefined;
  return { offers, total: isPart ? await count(named, signal) : offers.length };
}

export class LiveBoard {
  private readonly machine = new LiveMachine(Math.random);
  private underWay: AbortController | null = null;
  private isPublishing = false;
  private publishedChanges = -1;
  private readonly stateSignal = signal<LiveState>(this.present());

  get state(): ReadonlySignal<LiveState> {
    return this.stateSignal;
  }

  start(): void {
    setInterval(() => this.handle({ type: "tick" }), 1000);
  }

  watch(question: Question): void {
    this.handle({ type: "watch", question });
  }
  /// Holds no stream until watch() is called again.
  rest(): void {
    this.handle({ type: "rest" });
  }
  /// Of a large board a further page.
  more(): void {
    this.handle({ type: "more" });
  }
  allowStreams(allowed: boolean): void {
    this.handle({ type: "streams", allowed });
  }

  private handle(event: LiveEvent): void {
    const before = this.machine.phase;
    const shown = this.machine.shown;
    const effects = this.machine.handle(event, performance.now());
    for (const effect of effects) this.perform(effect);
    const isVisible = before !== this.machine.phase || shown !== this.machine.shown;
    if (isVisible || event.type === "watch") this.publish();
    else if (this.machine.changes !== this.publishedChanges) this.publishSoon();
  }

  private perform(effect: Effect): void {
    this.underWay?.abort();
    this.underWay = null;
    if (effect.type === "stop") return;
    const controller = new AbortController();
    this.underWay = controller;
    const { key } = effect;
    const work =
      effect.type === "list"
        ? this.list(effect, controller.signal)
        : this.stream(effect, controller.signal);
    work.catch((error: unknown) => {
      if (!controller.signal.aborted)
        this.handle({ type: "failed", key, failure: failureOf(error) });
    });
  }

  private async list(
    effect: Extract<Effect, { type: "list" }>,
    signal: AbortSignal,
  ): Promise<void> {
    const { key, question, limit, found } = effect;
    const { offers, total } = await (found
      ? findExact(question, limit, signal)
      : list(question, limit, signal));
    this.handle({ type: "listed", key, offers, total });
  }

  private async stream(
    { key, query, lastId }: Extract<Effect, { type: "stream" }>,
    signal: AbortSignal,
  ): Promise<void> {
    const path = paths.watch(`refreshes=true${query ? `&${query}` : ""}`);
    await readStream(path, lastId, signal, {
      onBytes: () => this.handle({ type: "alive", key }),
      onMessage: (name, data) => {
        if (isReadable(name, data)) this.handle({ type: "message", key, name, data });
      },
      onMark: (id) => this.handle({ type: "mark", key, id }),
    });
    throw new Error("The board has ended the stream.");
  }

  private present(): LiveState {
    const { phase, shown, question, isOld, loaded } = this.machine;
    return { phase: { ...phase }, shown, question, isOld, loaded };
  }

  private publish(): void {
    this.publishedChanges = this.machine.changes;
    this.machine.publish();
    this.stateSignal.value = this.present();
  }

  /// However many events come, what is shown changes once a frame; of a large board four times a second.
  private publishSoon(): void {
    if (this.isPublishing) return;
    this.isPublishing = true;
    const publish = () => {
      this.isPublishing = false;
      this.publish();
    };
    if (this.machine.loaded > LARGE) setTimeout(publish, PAUSE);
    else requestAnimationFrame(publish);
  }
}
