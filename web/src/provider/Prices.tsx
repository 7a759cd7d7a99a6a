// What the offer costs, for the size that is asked, as a whole and by unit, and how that compares.
import type { Offer } from "../board";
import { countryName, formatMoney, formatNumber, formatSize, formatUnitPrice } from "../format";
import { Card } from "../parts/Card";
import { SizeField } from "../parts/Typed";
import { useCounted } from "../parts/useCounted";
import {
  type Currency,
  HOURS_PER_MONTH,
  SIZES,
  type Size,
  pricePerMonth,
  unitPrices,
} from "../price";
import { type Standing, standingOf } from "../standing";
import { typeFilters, view } from "../state";

/// Null: not counted yet, or not to be counted now.
function useStanding(
  price: number | null,
  currency: Currency,
  { cpu, memory, storage }: Size,
  country: string | null,
): Standing | null {
  const key = price === null ? null : [price, currency, cpu, memory, storage, country].join();
  const standing = useCounted(key, (signal) =>
    standingOf(price ?? 0, currency, { cpu, memory, storage }, country, signal),
  );
  return standing === "unknown" ? null : standing;
}

function Among({ standing, where }: { standing: Standing | null; where: string }) {
  if (!standing) return null;
  const { others, dearer } = standing;
  return (
    <li>
      {others === 0 ? (
        <>the only offer {where} that has this size and states a price for it</>
      ) : (
        <>
          cheaper than <strong>{formatNumber(dearer)}</strong> of {formatNumber(others)}{" "}
          {others === 1 ? "other offer" : "other offers"} of at least this size {where}
        </>
      )}
    </li>
  );
}

function Price({ offer, currency }: { offer: Offer; currency: Currency }) {
  const { filters } = view.value;
  const price = pricePerMonth(offer, currency, filters);
  const isBigEnough = SIZES.every((name) => offer.resources[name] >= filters[name]);
  const counted = isBigEnough ? price : null;
  const inCountry = useStanding(counted, currency, filters, offer.country);
  const inWorld = useStanding(counted, currency, filters, null);
  const units = unitPrices(offer, currency);
  if (price === null || units === null) return null;
  const unit = currency.toUpperCase();
  const whole = pricePerMonth(offer, currency, offer.resources) ?? 0;
  return (
    <>
      <p class="price">
        <strong>{formatMoney(price, unit)}</strong> a month for {formatSize(filters)}:{" "}
        {formatMoney(price / HOURS_PER_MONTH, unit)} an hour
      </p>
      <p>
        The whole machine ({formatSize(offer.resources)}): {formatMoney(whole, unit)} a month. A
        core: {formatUnitPrice(units.cpu)} {unit}, a GB of memory: {formatUnitPrice(units.memory)}{" "}
        {unit}, a GB of storage: {formatUnitPrice(units.storage)} {unit}.
      </p>
      {isBigEnough ? (
        <ul>
          <Among standing={inCountry} where={`in ${countryName(offer.country)}`} />
          <Among standing={inWorld} where="in the world" />
        </ul>
      ) : (
        <p class="thin">It does not have this size.</p>
      )}
    </>
  );
}

const LABELS = { cpu: "Cores", memory: "Memory, GB", storage: "Storage, GB" } as const;

export function Prices({ offer }: { offer: Offer }) {
  const { filters } = view.value;
  const told = (["usd", "glm"] as const).filter((one) => unitPrices(offer, one) !== null);
  return (
    <Card title="Price">
      <div class="fields">
        {SIZES.map((name) => (
          <SizeField
            key={name}
            label={LABELS[name]}
            value={filters[name]}
            least={1}
            onSize={(size) => typeFilters({ [name]: size })}
          />
        ))}
      </div>
      {told.length === 0 && <p>It states no prices.</p>}
      {told.map((currency) => (
        <Price key={currency} offer={offer} currency={currency} />
      ))}
    </Card>
  );
}
