import type { Offer } from "../board";
import { countryName, formatCountdown, formatNumber, formatTime } from "../format";
import { Card, Fact } from "../parts/Card";
import { SIZES } from "../price";
import { Flag } from "../parts/Flag";
import { clock } from "../state";

export function Advertisement({ offer }: { offer: Offer }) {
  const further = Object.entries(offer.resources).filter(
    ([name]) => !SIZES.some((size) => size === name),
  );
  return (
    <Card title="Its offer">
      <dl class="facts">
        <Fact name="Address">
          <bdi>{offer.ip_address}</bdi>
        </Fact>
        <Fact name="Country">
          <Flag code={offer.country} /> {countryName(offer.country)}
        </Fact>
        <Fact name="Cores">{formatNumber(offer.resources.cpu)}</Fact>
        <Fact name="Memory">{formatNumber(offer.resources.memory)} GB</Fact>
        <Fact name="Storage">{formatNumber(offer.resources.storage)} GB</Fact>
        {further.map(([name, amount]) => (
          <Fact key={name} name={name}>
            {formatNumber(amount)}
          </Fact>
        ))}
        <Fact name="Platform">
          <bdi>{offer.platform ?? "not stated"}</bdi>
        </Fact>
        <Fact name="Network">
          <bdi>{offer.network ?? "not stated"}</bdi>
        </Fact>
        <Fact name="Paid in network">
          <bdi>{offer.payments_network ?? "not stated"}</bdi>
        </Fact>
        <Fact name="Listed since">{formatTime(offer.created_at)}</Fact>
        <Fact name="Expires in">{formatCountdown(Date.parse(offer.expires_at) - clock.value)}</Fact>
      </dl>
    </Card>
  );
}
