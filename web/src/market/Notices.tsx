// What a reader must know of the rows below: that they are old, not all, or not live, and why.
import { BOARD_SORTS } from "../address";
import { formatCount, formatNumber, formatRetry } from "../format";
import type { LiveState } from "../live/driver";
import { LIVE_MAX, PAGES_MAX } from "../live/machine";
import { board, clock, view } from "../state";

const LATE = 2_000; // ms

/// Where the board has refused or is silent, why.
function faultOf({ phase }: LiveState): string | null {
  if (phase.name === "refused") return `The board refused this search: ${phase.message}`;
  if (phase.name !== "waiting") return null;
  const wait = phase.until - performance.now();
  switch (phase.reason) {
    case "limited":
      return formatRetry("The board answers this address again", wait, phase.message);
    case "busy":
      return formatRetry("The board is busy; it is asked again", wait, phase.message);
    case "lost":
      return `${phase.message} The offers below are the last known.`;
  }
}

function Part({ shown }: { shown: NonNullable<LiveState["shown"]> }) {
  const hasOrder = BOARD_SORTS[view.value.sort] !== undefined;
  return (
    <>
      {formatCount(shown.total, "offer")} fit; these are the first{" "}
      {formatNumber(shown.offers.length)} {hasOrder ? "in this order" : "by price"}.{" "}
      {shown.total > LIVE_MAX &&
        `Up to ${formatNumber(LIVE_MAX)} are shown live and as a whole: narrow your search. `}
      {shown.offers.length < PAGES_MAX && (
        <button type="button" class="plain" onClick={() => board.more()}>
          Show more
        </button>
      )}
    </>
  );
}

function Polling({ phase, shown, isOld }: LiveState) {
  if (phase.name !== "polling" || !shown || isOld) return null;
  const isPart = shown.total > shown.offers.length;
  if (phase.why === null && !isPart) return null;
  return (
    <p class="notice">
      {phase.why !== null && `No live updates: ${phase.why}. `}
      {isPart && <Part shown={shown} />}
    </p>
  );
}

/// What was known before, while the board has not answered for longer than it usually takes.
function isConnecting({ phase, shown }: LiveState): boolean {
  return phase.name === "loading" && shown !== null && performance.now() - phase.heard > LATE;
}

export function Notices() {
  void clock.value;
  const state = board.state.value;
  const fault = faultOf(state);
  return (
    <>
      {fault !== null && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
      {state.isOld && state.shown && (
        <p class="notice" role="status">
          These are the results of the previous search.
        </p>
      )}
      {isConnecting(state) && (
        <p class="notice" role="status">
          The board has not answered yet. The offers below are the last known.
        </p>
      )}
      <Polling {...state} />
    </>
  );
}
