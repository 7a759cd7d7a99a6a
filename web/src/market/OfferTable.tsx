// The offers, with elements for those rows alone that are in sight. Where there is little room each row is
// a card (style.css).
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { flushSync } from "preact/compat";
import { BOARD_SORTS, type Sort } from "../address";
import {
  countryName,
  formatAgo,
  formatCountdown,
  formatId,
  formatMoney,
  formatNumber,
  formatSize,
  formatUnitPrice,
} from "../format";
import type { Row } from "../order";
import { Flag } from "../parts/Flag";
import { ViewLink } from "../parts/ViewLink";
import { type Size, pricePerMonth, unitPrices } from "../price";
import { board, clock, go, view } from "../state";

const BEYOND = 8; // rows above and below what is in sight
const CHANGED_FOR = 2_000; // ms
const TOLERANCE = 0.15; // of the height of a row

const COLUMNS: readonly { sort: Sort; label: string; class: string }[] = [
  { sort: "provider", label: "Provider", class: "provider" },
  { sort: "country", label: "Country", class: "country" },
  { sort: "platform", label: "Platform", class: "platform" },
  { sort: "cpu", label: "Cores", class: "number cpu" },
  { sort: "memory", label: "Memory", class: "number memory" },
  { sort: "storage", label: "Storage", class: "number storage" },
  { sort: "price", label: "Price a month", class: "number price" },
  { sort: "verified", label: "Verified", class: "verified" },
  { sort: "seen", label: "Last seen", class: "number seen" },
];

/// The order that the rows have: of a large board only those that the board has.
function useOrder(): { sort: Sort; descending: boolean; offered: readonly Sort[] } {
  const { sort, descending } = view.value;
  const isWhole = board.state.value.shown?.isWhole ?? true;
  const offered = COLUMNS.map((column) => column.sort).filter(
    (one) => isWhole || BOARD_SORTS[one] !== undefined,
  );
  const isOffered = offered.includes(sort);
  return {
    sort: isOffered ? sort : "price",
    descending: isOffered && descending,
    offered,
  };
}

function Heading(props: { column: (typeof COLUMNS)[number]; size: Size }) {
  const { sort, label, class: className } = props.column;
  const order = useOrder();
  const isSorted = order.sort === sort;
  const turn = isSorted ? (order.descending ? "descending" : "ascending") : "none";
  const text = (
    <>
      {label}
      {isSorted && (
        <span aria-hidden="true" class="arrow">
          {order.descending ? " ▼" : " ▲"}
        </span>
      )}
      {sort === "price" && <small>for {formatSize(props.size)}</small>}
    </>
  );
  return (
    <th role="columnheader" scope="col" class={className} aria-sort={turn}>
      {order.offered.includes(sort) ? (
        <button
          type="button"
          onClick={() => go({ ...view.peek(), sort, descending: isSorted && !order.descending })}
        >
          {text}
        </button>
      ) : (
        <span>{text}</span>
      )}
    </th>
  );
}

/// In place of the headings, where rows are cards.
export function SortField() {
  const { sort, descending, offered } = useOrder();
  return (
    <label class="sort-field">
      Sorted by
      <select
        value={(descending ? "-" : "") + sort}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          const name = offered.find((one) => one === chosen.replace(/^-/, ""));
          if (name) go({ ...view.peek(), sort: name, descending: chosen.startsWith("-") });
        }}
      >
        {COLUMNS.filter((column) => offered.includes(column.sort)).flatMap((column) => [
          <option key={column.sort} value={column.sort}>
            {column.label}
          </option>,
          <option key={`-${column.sort}`} value={`-${column.sort}`}>
            {column.label}, reversed
          </option>,
        ])}
      </select>
    </label>
  );
}

function Price({ row, size }: { row: Row; size: Size }) {
  const { currency } = view.value.filters;
  const order = currency === "usd" ? (["usd", "glm"] as const) : (["glm", "usd"] as const);
  const told = order.filter((one) => row[one] !== null);
  const [first] = told;
  if (!first) return <span class="thin">none stated</span>;
  const unit = first.toUpperCase();
  const units = unitPrices(row.offer, first);
  const whole = pricePerMonth(row.offer, first, row.offer.resources);
  return (
    <>
      {told.map((one) => (
        <span key={one} class="amount">
          {formatMoney(row[one] ?? 0, one.toUpperCase())}
        </span>
      ))}
      <small class="in-card">a month for {formatSize(size)}</small>
      {whole !== null && <small>whole machine {formatMoney(whole, unit)}</small>}
      {units && (
        <small title={`${unit} a month for a core; a GB of memory; a GB of storage`}>
          {formatUnitPrice(units.cpu, 3)} a core, {formatUnitPrice(units.memory, 3)} /{" "}
          {formatUnitPrice(units.storage, 3)} a GB
        </small>
      )}
    </>
  );
}

function Gpus({ resources }: { resources: Row["offer"]["resources"] }) {
  const gpus = resources.gpu ?? 0;
  if (gpus === 0) return null;
  return <small class="gpu">{gpus === 1 ? "1 GPU" : `${formatNumber(gpus)} GPUs`}</small>;
}

function OfferRow(props: { row: Row; size: Size; index: number; isChanged: boolean }) {
  const { row, size, index, isChanged } = props;
  const { offer } = row;
  const { cpu, memory, storage } = offer.resources;
  const target = { ...view.value, provider: offer.provider_id };
  const left = Date.parse(offer.expires_at) - clock.value;
  return (
    <tr
      role="row"
      aria-rowindex={index + 2}
      class={isChanged ? "changed" : ""}
      data-provider={offer.provider_id}
    >
      <td role="cell" class="provider">
        <ViewLink to={target} title={offer.provider_id}>
          <bdi>{offer.provider_name || formatId(offer.provider_id)}</bdi>
        </ViewLink>
        {offer.provider_name && (
          <small>
            <bdi>{formatId(offer.provider_id)}</bdi>
          </small>
        )}
      </td>
      <td role="cell" class="country" title={countryName(offer.country)}>
        <Flag code={offer.country} /> {offer.country}
      </td>
      <td role="cell" class="platform">
        <bdi>{offer.platform ?? "–"}</bdi>
      </td>
      <td role="cell" class="number cpu">
        {formatNumber(cpu)} <small class="in-card">{cpu === 1 ? "core" : "cores"}</small>
        <Gpus resources={offer.resources} />
      </td>
      <td role="cell" class="number memory">
        {formatNumber(memory)} <small>GB</small> <small class="in-card">memory</small>
      </td>
      <td role="cell" class="number storage">
        {formatNumber(storage)} <small>GB</small> <small class="in-card">storage</small>
      </td>
      <td role="cell" class="number price">
        <Price row={row} size={size} />
      </td>
      <td role="cell" class="verified">
        {offer.verified ? <span class="yes">✓ verified</span> : <span class="thin">unsigned</span>}
      </td>
      <td role="cell" class="number seen">
        <span>{formatAgo(clock.value - Date.parse(offer.updated_at))}</span>
        <small class={left < 60_000 ? "soon" : ""}>expires in {formatCountdown(left)}</small>
      </td>
    </tr>
  );
}

interface Sight {
  first: number;
  last: number;
  height: number; // px, of a row in the mean
}

/// That of the rows that are there; what is known, where it differs little, so that rows do not move.
function heightOf(body: HTMLElement, known: number): number {
  const rows = body.querySelectorAll("tr[data-provider]");
  const [first, last] = [rows[0], rows[rows.length - 1]];
  if (!first || !last) return known || 62;
  const sum = last.getBoundingClientRect().bottom - first.getBoundingClientRect().top;
  const mean = sum / rows.length;
  return Math.abs(mean - known) < known * TOLERANCE ? known : mean;
}

/// Which rows are in sight of the window; all of them, where the page is printed.
function useSight(body: { current: HTMLElement | null }, count: number): Sight {
  const [sight, setSight] = useState<Sight>({ first: 0, last: 40, height: 62 });
  const known = useRef(0);
  const isEmpty = count === 0;
  useLayoutEffect(() => {
    let isPrinting = false;
    const look = () => {
      const element = body.current;
      if (!element || isPrinting) return;
      const height = heightOf(element, known.current);
      known.current = height;
      const top = -element.getBoundingClientRect().top;
      const first = Math.max(0, Math.floor(top / height) - BEYOND);
      const last = Math.ceil((top + innerHeight) / height) + BEYOND;
      setSight((before) =>
        before.first === first && before.last === last && before.height === height
          ? before
          : { first, last, height },
      );
    };
    const printing = matchMedia("print");
    const print = () => {
      isPrinting = true;
      flushSync(() => setSight((before) => ({ ...before, first: 0, last: Infinity })));
    };
    const endPrint = () => {
      isPrinting = false;
      look();
    };
    const onPrint = () => (printing.matches ? print() : endPrint());
    look();
    // What stands above the table may grow and shrink, too.
    const observer = new ResizeObserver(look);
    observer.observe(document.body);
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    addEventListener("beforeprint", print);
    addEventListener("afterprint", endPrint);
    printing.addEventListener("change", onPrint);
    return () => {
      observer.disconnect();
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
      removeEventListener("beforeprint", print);
      removeEventListener("afterprint", endPrint);
      printing.removeEventListener("change", onPrint);
    };
  }, [body, isEmpty]);
  const first = Math.min(sight.first, Math.max(0, count - 1));
  return { ...sight, first, last: Math.min(Math.max(sight.last, first + 1), count) };
}

export function OfferTable({ rows, size }: { rows: readonly Row[]; size: Size }) {
  const body = useRef<HTMLTableSectionElement>(null);
  const { first, last, height } = useSight(body, rows.length);
  const now = performance.now();
  void clock.value; // marks fade
  return (
    <table role="table" aria-rowcount={rows.length + 1} aria-label="Offers">
      <thead role="rowgroup">
        <tr role="row" aria-rowindex={1}>
          {COLUMNS.map((column) => (
            <Heading key={column.sort} column={column} size={size} />
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup" ref={body}>
        <tr class="space" aria-hidden="true" style={{ height: `${first * height}px` }} />
        {rows.slice(first, last).map((row, offset) => (
          <OfferRow
            key={row.offer.provider_id}
            row={row}
            size={size}
            index={first + offset}
            isChanged={row.offer.changedAt > 0 && now - row.offer.changedAt < CHANGED_FOR}
          />
        ))}
        <tr
          class="space"
          aria-hidden="true"
          style={{ height: `${(rows.length - last) * height}px` }}
        />
      </tbody>
    </table>
  );
}
