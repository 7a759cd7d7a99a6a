import { formatNumber } from "../format";
import { board } from "../state";

export function ConnectionState() {
  const state = board.connection.value;
  const texts = {
    connecting: "Connecting…",
    loading: `Loading… ${formatNumber(board.loaded.value)}`,
    live: "Live",
    paged: "Every 15 seconds",
    lost: "Not live: reconnecting…",
  };
  return (
    <p class={`connection ${state}`} role="status">
      <span class="dot" aria-hidden="true" />
      {texts[state]}
    </p>
  );
}
