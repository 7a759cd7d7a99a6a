// What the page shows, as the address has it; and what it knows. Nothing happens before start().
import { computed, effect, signal } from "@preact/signals";
import { type Filters, NO_FILTERS, type View, boardOrder, formatView, parseView } from "./address";
import { type Stats, ask, paths } from "./board";
import { LiveBoard } from "./live/driver";
import { StreamTabs } from "./live/tabs";
import { type Row, Ordering, found, rowsOf } from "./order";

export const view = signal<View>(parseView(""));
export const board = new LiveBoard();
export const stats = signal<Stats | null>(null);
/// Moves once a second, for what counts down.
export const clock = signal(0);
/// Where the page is to be scrolled to once it has what stood there.
export const scrollTarget = signal<number | null>(null);

const STATS_AGE = 30_000; // ms
const STATS_PAUSE = 5_000; // ms, at least, between two of them
const SCROLL_PAUSE = 200; // ms without a movement, before the place is kept
const SEEN_AGE = 5_000; // ms between two orders by what was seen last

/// Counts what replaces whatever is being typed.
export const resets = signal(0);

let marketScroll = 0; // where the market was left
let leftFor: string | null = null; // the provider that it was left for

interface Entry {
  scroll?: number;
  typed?: string; // the field in which typing made this entry
}

const entry = () => (history.state ?? {}) as Entry;

/// Goes somewhere else. What is typed in a field replaces what was typed in it before, so that "back" leads
/// to where one was, not to the letter before.
export function go(next: View, typed?: string): void {
  const before = view.peek().provider;
  const address = new URL(formatView(next), document.baseURI);
  if (address.pathname + address.search !== location.pathname + location.search) {
    keepScroll();
    if (typed !== undefined && entry().typed === typed) {
      history.replaceState(history.state, "", address);
    } else {
      history.pushState(typed === undefined ? null : ({ typed } satisfies Entry), "", address);
    }
  }
  if (before === null && next.provider !== null) marketScroll = scrollY;
  leftFor = before;
  scrollTarget.value = before !== null && next.provider === null ? marketScroll : null;
  view.value = next;
  if (before === null && next.provider !== null) scrollTo(0, 0);
}

export function setFilters(change: Partial<Filters>): void {
  go(changed(change));
}

/// As setFilters(), by typing.
export function typeFilters(change: Partial<Filters>): void {
  go(changed(change), Object.keys(change).join());
}

function changed(change: Partial<Filters>): View {
  const { filters, ...present } = view.peek();
  return { ...present, filters: { ...filters, ...change } };
}

export function clearFilters(): void {
  resets.value += 1;
  setFilters(NO_FILTERS);
}

const ordering = new Ordering();
const seenClock = computed(() => Math.floor(clock.value / SEEN_AGE));

/// The rows of what is shown, which may still answer the question before.
export const rows = computed<readonly Row[]>(() => {
  const { shown, isOld } = board.state.value;
  if (!shown) return [];
  const { sort, descending, filters } = view.value;
  const arrangement = { filters: shown.question.filters, sort, descending };
  if (sort === "seen") void seenClock.value;
  // What is not here as a whole keeps the board's order.
  const all = shown.isWhole
    ? ordering.rows(shown.offers, arrangement)
    : rowsOf(shown.offers, arrangement);
  return isOld || shown.found !== "" ? all : found(all, filters.find);
});

function keepScroll(): void {
  history.replaceState({ ...entry(), scroll: scrollY } satisfies Entry, "");
}

/// To where the market was left: the place, and the row that led away.
export function returnTo(place: number): void {
  scrollTo(0, place);
  const rows = document.querySelectorAll<HTMLElement>("tr[data-provider]");
  const row = [...rows].find((one) => one.dataset.provider === leftFor);
  row?.querySelector("a")?.focus({ preventScroll: true });
}

let statsAsked = -Infinity;

async function refreshStats(): Promise<void> {
  if (document.hidden) return;
  statsAsked = performance.now();
  try {
    stats.value = (await ask<Stats>(paths.stats)).data;
  } catch {
    // The next try may succeed; what is shown stays.
  }
}

/// Follows the address, and the board for as long as the market is looked at.
function follow(): void {
  const isHidden = signal(document.hidden);
  const tabs = new StreamTabs((allowed) => board.allowStreams(allowed));
  document.addEventListener("visibilitychange", () => {
    isHidden.value = document.hidden;
    if (!document.hidden) void refreshStats();
  });
  addEventListener("focus", () => {
    if (!isHidden.peek() && view.peek().provider === null) tabs.use();
  });
  // After an interruption the board may be another one.
  effect(() => {
    const isLive = board.state.value.phase.name === "live";
    if (isLive && performance.now() - statsAsked > STATS_PAUSE) void refreshStats();
  });
  effect(() => {
    const { provider, filters } = view.value;
    if (provider !== null || isHidden.value) {
      board.rest();
      tabs.release();
    } else {
      tabs.use();
      board.watch({ filters, order: boardOrder(view.value) });
    }
  });
}

/// Once, for as long as the page is open.
export function start(): void {
  history.scrollRestoration = "manual";
  scrollTarget.value = entry().scroll ?? 0;
  view.value = parseView(location.search);
  clock.value = Date.now();
  let scrolled: ReturnType<typeof setTimeout> | undefined;
  addEventListener("popstate", (event: PopStateEvent) => {
    // A link within the page.
    if (event.state === null && location.hash !== "") return;
    clearTimeout(scrolled); // that place was another entry's
    resets.value += 1;
    leftFor = view.peek().provider;
    view.value = parseView(location.search);
    scrollTarget.value = entry().scroll ?? 0;
  });
  addEventListener("scroll", () => {
    clearTimeout(scrolled);
    scrolled = setTimeout(keepScroll, SCROLL_PAUSE);
  });
  setInterval(() => {
    clock.value = Date.now();
  }, 1000);
  setInterval(() => void refreshStats(), STATS_AGE);
  void refreshStats();
  board.start();
  follow();
}
