// What a reader must know of the rows below: that they are old, not all, or not live, and why.
import { BOARD_SORTS } from "../address";
import { formatCount, formatNumber, formatTimeOfDay } from "../format";
import type { LiveState } from "../live/driver";
import { PAGES_MAX } from "../live/machine";
import { board, view } from "../state";

/// Where the board has refused or is silent, why.
function Fault({ phase }: LiveState) {
  if (phase.name === "refused") {
    return (
      <p class="fault" role="alert">
        The board does not take this question: {phase.message}
      </p>
    );
  }
  if (phase.name !== "waiting") return null;
  const time = formatTimeOfDay(Date.now() + phase.until - performance.now());
  return (
    <p class="fault" role="alert">
      {phase.reason === "limited"
        ? `The board answers this address again at ${time}: ${phase.message}`
        : "The board does not answer. What is shown is what was known last."}
    </p>
  );
}

function Polling({ phase, shown, isOld }: LiveState) {
  if (phase.name !== "polling" || !shown || isOld) return null;
  const hasOrder = BOARD_SORTS[view.value.sort] !== undefined;
  const missing = shown.total - shown.offers.length;
  return (
    <p class="notice">
      {phase.why !== null && `No live stream is to be had: ${phase.why}. `}
      {missing > 0 && (
        <>
          {formatCount(shown.total, "offer")} fit; these are the first{" "}
          {formatNumber(shown.offers.length)} {hasOrder ? "in this order" : "by price"}. Fewer than
          20,000 are shown live and as a whole: say more of what you need.{" "}
          {shown.offers.length < PAGES_MAX && (
            <button type="button" class="plain" onClick={() => board.more()}>
              Show more
            </button>
          )}
        </>
      )}
    </p>
  );
}

export function Notices() {
  const state = board.state.value;
  return (
    <>
      <Fault {...state} />
      {state.isOld && state.shown && (
        <p class="notice" role="status">
          These offers answer the question before.
        </p>
      )}
      <Polling {...state} />
    </>
  );
}
