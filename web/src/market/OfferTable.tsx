// The offers, with elements for those rows alone that are in sight.
import { useEffect, useRef, useState } from "preact/hooks";
import { type Sort, formatView } from "../address";
import { countryName, flag, formatAgo, formatCountdown, formatMoney, formatNumber } from "../format";
import type { Row } from "../order";
import { HOURS_PER_MONTH } from "../price";
import { clock, go, view } from "../state";

const ROW_HEIGHT = 46; // px, as in style.css
const BEYOND = 8; // rows above and below what is in sight
const CHANGED_FOR = 2_000; // ms

const COLUMNS: readonly { sort: Sort; label: string; class: string }[] = [
  { sort: "provider", label: "Provider", class: "provider" },
  { sort: "country", label: "Country", class: "country" },
  { sort: "platform", label: "Platform", class: "platform" },
  { sort: "cpu", label: "Cores", class: "number cpu" },
  { sort: "memory", label: "Memory", class: "number memory" },
  { sort: "storage", label: "Storage", class: "number storage" },
  { sort: "price", label: "Price for your size", class: "number price" },
  { sort: "verified", label: "Verified", class: "verified" },
  { sort: "seen", label: "Last seen", class: "number seen" },
];

function Heading({ sort, label, class: className }: (typeof COLUMNS)[number]) {
  const { sort: present, descending } = view.value;
  const isSorted = present === sort;
  return (
    <th scope="col" class={className} aria-sort={isSorted ? (descending ? "descending" : "ascending") : "none"}>
      <button
        type="button"
        onClick={() => go({ ...view.peek(), sort, descending: isSorted && !descending })}
      >
        {label}
        <span aria-hidden="true" class="arrow">
          {isSorted ? (descending ? "▼" : "▲") : ""}
        </span>
      </button>
    </th>
  );
}

function Price({ row }: { row: Row }) {
  if (row.usd === null && row.glm === null) return <span class="thin">not told</span>;
  const prices = [
    row.usd === null ? null : { value: row.usd, unit: "USD" },
    row.glm === null ? null : { value: row.glm, unit: "GLM" },
  ].filter((price) => price !== null);
  return (
    <>
      {prices.map(({ value, unit }) => (
        <span key={unit} class={unit.toLowerCase()}>
          {formatMoney(value, unit)}
        </span>
      ))}
      <small>
        {prices.map(({ value, unit }) => (
          <span key={unit} class={unit.toLowerCase()}>
            {formatMoney(value / HOURS_PER_MONTH, unit)}
          </span>
        ))}
        <span> an hour</span>
      </small>
    </>
  );
}

function OfferRow({ row, index, isChanged }: { row: Row; index: number; isChanged: boolean }) {
  const { offer } = row;
  const target = { ...view.value, provider: offer.provider_id };
  const left = Date.parse(offer.expires_at) - clock.value;
  return (
    <tr aria-rowindex={index + 2} class={isChanged ? "changed" : ""} data-provider={offer.provider_id}>
      <td class="provider">
        <a
          href={formatView(target)}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            go(target);
          }}
        >
          <bdi>{offer.provider_name || offer.provider_id}</bdi>
        </a>
        {offer.provider_name && (
          <small>
            <bdi>{offer.provider_id}</bdi>
          </small>
        )}
      </td>
      <td class="country" title={countryName(offer.country)}>
        <span aria-hidden="true">{flag(offer.country)}</span> {offer.country}
      </td>
      <td class="platform">
        <bdi>{offer.platform ?? "–"}</bdi>
      </td>
      <td class="number cpu">{formatNumber(offer.resources.cpu)}</td>
      <td class="number memory">
        {formatNumber(offer.resources.memory)} <small>GB</small>
      </td>
      <td class="number storage">
        {formatNumber(offer.resources.storage)} <small>GB</small>
      </td>
      <td class="number price">
        <Price row={row} />
      </td>
      <td class="verified">{offer.verified ? <span class="yes">✓ verified</span> : <span class="thin">no</span>}</td>
      <td class="number seen">
        <span>{formatAgo(clock.value - Date.parse(offer.updated_at))}</span>
        <small class={left < 60_000 ? "soon" : ""}>expires in {formatCountdown(left)}</small>
      </td>
    </tr>
  );
}

export function OfferTable({ rows }: { rows: readonly Row[] }) {
  const port = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ first: 0, last: 40 });
  const look = () => {
    const element = port.current;
    if (!element) return;
    const first = Math.max(0, Math.floor(element.scrollTop / ROW_HEIGHT) - BEYOND);
    const last = Math.ceil((element.scrollTop + element.clientHeight) / ROW_HEIGHT) + BEYOND;
    setSight((before) => (before.first === first && before.last === last ? before : { first, last }));
  };
  useEffect(() => {
    look();
    const observer = new ResizeObserver(look);
    if (port.current) observer.observe(port.current);
    return () => observer.disconnect();
  }, []);
  const first = Math.min(sight.first, Math.max(0, rows.length - 1));
  const last = Math.min(sight.last, rows.length);
  const now = performance.now();
  void clock.value; // marks fade
  return (
    // Scrollable, hence to be reached by keyboard.
    <div class="port" ref={port} onScroll={look} tabIndex={0} role="region" aria-label="Table of offers">
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {COLUMNS.map((column) => (
              <Heading key={column.sort} {...column} />
            ))}
          </tr>
        </thead>
        <tbody>
          <tr class="space" aria-hidden="true" style={{ height: `${first * ROW_HEIGHT}px` }} />
          {rows.slice(first, last).map((row, offset) => (
            <OfferRow
              key={row.offer.provider_id}
              row={row}
              index={first + offset}
              isChanged={row.offer.changedAt > 0 && now - row.offer.changedAt < CHANGED_FOR}
            />
          ))}
          <tr class="space" aria-hidden="true" style={{ height: `${(rows.length - last) * ROW_HEIGHT}px` }} />
        </tbody>
      </table>
    </div>
  );
}
