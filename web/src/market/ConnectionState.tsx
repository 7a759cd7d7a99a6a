import { formatCountdown, formatNumber } from "../format";
import type { LiveState } from "../live/driver";
import { POLL } from "../live/machine";
import { board, clock } from "../state";

/// What is told when it changes, and what moves meanwhile.
function textsOf({ phase, shown, loaded }: LiveState): [string, string?] {
  switch (phase.name) {
    case "idle":
      return ["Paused"];
    case "asking":
      return ["Connecting…"];
    case "loading":
      if (shown?.isWhole) return ["Connecting…"];
      return ["Loading", `${formatNumber(loaded)} of ${formatNumber(shown?.total ?? loaded)}…`];
    case "live":
      return ["Live"];
    case "polling":
      return [`Every ${POLL / 1000} seconds`];
    case "waiting":
      // `until` is on performance.now()'s clock.
      return ["Not live", `: next try in ${formatCountdown(phase.until - performance.now())}`];
    case "refused":
      return ["Not live"];
  }
}

export function ConnectionState() {
  void clock.value;
  const state = board.state.value;
  const { name } = state.phase;
  const isLost = name === "waiting" || name === "refused";
  const [text, moving] = textsOf(state);
  return (
    <p class={`connection ${name}${isLost ? " lost" : ""}`}>
      <span class="dot" aria-hidden="true" />
      <span role="status">{text}</span>
      {moving && <span>{name === "loading" ? ` ${moving}` : moving}</span>}
    </p>
  );
}
