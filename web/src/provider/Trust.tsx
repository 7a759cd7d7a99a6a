// Whether the offer can be believed, as this browser has checked it.
import { type Offer, type Proof, paths } from "../board";
import { formatTime } from "../format";
import { Card } from "../parts/Card";
import type { Verdict } from "../proof";

function Differences({ found }: { found: Verdict["differences"] }) {
  if (found.length === 0) return null;
  return (
    <table class="differences">
      <caption>What the board shows otherwise</caption>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Signed</th>
          <th scope="col">The board</th>
        </tr>
      </thead>
      <tbody>
        {found.map(({ field, signed, shown, isBoardsOwn }) => (
          <tr key={field} class={isBoardsOwn ? "" : "bad"}>
            <th scope="row">{field}</th>
            <td>
              <bdi>{signed}</bdi>
            </td>
            <td>
              <bdi>{shown}</bdi>
              {isBoardsOwn && " (the board's own)"}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const MARKS = { good: "✓", bad: "✗", unknown: "?" } as const;

export function Trust({
  offer,
  proof,
  verdict,
}: {
  offer: Offer;
  proof: Proof | null;
  verdict: Verdict | null;
}) {
  const kind = (passed: boolean | null) => (passed === null ? "unknown" : passed ? "good" : "bad");
  return (
    <Card title="Signature">
      {!offer.verified && (
        <p>
          This offer is not signed: it may come from a stranger who uses this name. Be careful with
          what you pay in advance.
        </p>
      )}
      {offer.verified && !proof && (
        <p class="bad">The board says that it is signed, but shows no proof.</p>
      )}
      {verdict && (
        <>
          <p class={verdict.isGood ? "good" : "bad"} role="status">
            {verdict.isGood
              ? "Your browser has checked the signature: the holder of this key has posted this offer."
              : "The proof does not hold: do not believe this offer."}
          </p>
          <ul class="checks">
            {verdict.checks.map(({ text, passed }) => (
              <li key={text} class={kind(passed)}>
                <span aria-hidden="true">{MARKS[kind(passed)]}</span>{" "}
                {passed === false ? "Not true: " : ""}
                {text}
              </li>
            ))}
          </ul>
          <Differences found={verdict.differences} />
          <p class="thin">
            Signed for <bdi>{verdict.host || "no host"}</bdi>
            {verdict.time && <> on {formatTime(verdict.time.toISOString())}</>}. The code that
            checks this came from the board, too:{" "}
            <a href={paths.proof(offer.provider_id)}>take the proof</a> and check it with a program
            of your own (<bdi>docs/security.md</bdi>, Checking a proof).
          </p>
          <details>
            <summary>What was signed</summary>
            <pre tabIndex={0}>{proof?.text}</pre>
          </details>
        </>
      )}
    </Card>
  );
}
