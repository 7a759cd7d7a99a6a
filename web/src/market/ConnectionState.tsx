import { formatCountdown, formatNumber } from "../format";
import type { LiveState } from "../live/driver";
import { board, clock } from "../state";

/// `until` is on performance.now()'s clock, which does not tell the time of day.
function wait(until: number): string {
  void clock.value;
  return formatCountdown(until - performance.now());
}

function textOf({ phase, shown, loaded }: LiveState): string {
  switch (phase.name) {
    case "idle":
      return "Paused";
    case "asking":
      return "Connecting…";
    case "loading":
      if (shown?.isWhole) return "Connecting…";
      return `Loading ${formatNumber(loaded)} of ${formatNumber(shown?.total ?? loaded)}…`;
    case "live":
      return "Live";
    case "polling":
      return "Every 15 seconds";
    case "waiting":
      return `Not live: next try in ${wait(phase.until)}`;
    case "refused":
      return "Not live";
  }
}

export function ConnectionState() {
  const state = board.state.value;
  const isLost = state.phase.name === "waiting" || state.phase.name === "refused";
  return (
    <p class={`connection ${state.phase.name}${isLost ? " lost" : ""}`} role="status">
      <span class="dot" aria-hidden="true" />
      {textOf(state)}
    </p>
  );
}
