import type { ProviderRecord } from "../board";
import { formatCount, formatPercent, formatTime } from "../format";
import { Card, Fact } from "../parts/Card";

const STATES = {
  live: "It is listed.",
  expired: "It is not listed: it did not renew its advertisement in time.",
  withdrawn: "It is not listed: it has withdrawn its advertisement.",
} as const;

export function Past({ record }: { record: ProviderRecord }) {
  const shares = [
    ["Last day", record.listed["1d"]],
    ["Last 7 days", record.listed["7d"]],
    ["Last 30 days", record.listed["30d"]],
  ] as const;
  const refusal = record.last_refusal;
  return (
    <Card title="Availability">
      <p>
        {record.state
          ? STATES[record.state]
          : "It is not listed: none of its posts was ever accepted."}
      </p>
      <dl class="facts">
        {shares.map(([name, share]) => (
          <Fact key={name} name={name}>
            {share === null ? "–" : formatPercent(share)}
          </Fact>
        ))}
        {record.first_seen && <Fact name="First seen">{formatTime(record.first_seen)}</Fact>}
        {record.last_seen && <Fact name="Last seen">{formatTime(record.last_seen)}</Fact>}
      </dl>
      {refusal && (
        <p>
          Its last refused post, {formatTime(refusal.time)}: <bdi>{refusal.message}</bdi> (
          {refusal.code})
        </p>
      )}
      {record.unsigned_refusals > 0 && (
        <p>Refused unsigned posts in its name: {formatCount(record.unsigned_refusals, "post")}.</p>
      )}
    </Card>
  );
}
