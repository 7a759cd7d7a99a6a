// What the page shows, as the address has it; and what it knows.
import { effect, signal } from "@preact/signals";
import { type Filters, type View, boardOrder, boardParameters, formatView, parseView } from "./address";
import { ask, paths, type Stats } from "./board";
import { LiveBoard } from "./live";

export const view = signal<View>(parseView(location.search));
export const board = new LiveBoard();
export const stats = signal<Stats | null>(null);
/// Moves once a second, for what counts down.
export const clock = signal(Date.now());

/// Goes somewhere else. What is typed replaces what was typed before, so that "back" leads to where one
/// was, not to the letter before.
export function go(next: View, how: "push" | "replace" = "push"): void {
  const address = new URL(formatView(next), document.baseURI);
  if (address.pathname + address.search !== location.pathname + location.search) {
    if (how === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }
  view.value = next;
}

export function setFilters(change: Partial<Filters>, how: "push" | "replace" = "push"): void {
  go({ ...view.peek(), provider: null, filters: { ...view.peek().filters, ...change } }, how);
}

addEventListener("popstate", () => {
  view.value = parseView(location.search);
});

let watched: string | null = null;
effect(() => {
  const query = boardParameters(view.value.filters).toString();
  const order = boardOrder(view.value);
  // A board that is here as a whole is put in order here.
  const question = board.connection.peek() === "paged" ? `${query} ${order}` : query;
  if (view.value.provider !== null || question === watched) return;
  watched = question;
  board.watch(query, order);
});

setInterval(() => {
  clock.value = Date.now();
}, 1000);

async function refreshStats(): Promise<void> {
  try {
    stats.value = (await ask<Stats>(paths.stats)).data;
  } catch {
    // The next try may succeed; what is shown stays.
  }
}
void refreshStats();
setInterval(() => void refreshStats(), 30_000);
