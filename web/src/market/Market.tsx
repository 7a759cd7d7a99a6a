import { useComputed } from "@preact/signals";
import { lazy, Suspense } from "preact/compat";
import { formatCompact, formatNumber } from "../format";
import { orderedRows } from "../order";
import { board, stats, view } from "../state";
import { ConnectionState } from "./ConnectionState";
import { Filters } from "./Filters";
import { NothingFits } from "./NothingFits";
import { OfferTable } from "./OfferTable";

const WorldMap = lazy(() => import("./WorldMap").then((module) => module.WorldMap));
const PricePlot = lazy(() => import("./PricePlot").then((module) => module.PricePlot));

function Total({ label, value, unit }: { label: string; value: number | undefined; unit?: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        {value === undefined ? "–" : value < 100_000 ? formatNumber(value) : formatCompact(value)}
        {unit && <small> {unit}</small>}
      </dd>
    </div>
  );
}

function Totals() {
  const all = stats.value;
  return (
    <dl class="totals" aria-label="On the whole market">
      <Total label="Providers" value={all?.providers} />
      <Total label="Cores" value={all?.cpu} />
      <Total label="Memory" value={all?.memory} unit="GB" />
      <Total label="Storage" value={all?.storage} unit="GB" />
      <Total label="Verified" value={all?.verified} />
    </dl>
  );
}

export function Market() {
  const rows = useComputed(() => {
    const { filters, sort, descending } = view.value;
    return orderedRows(board.offers.value, filters, sort, descending);
  });
  const isEmpty = rows.value.length === 0;
  const isKnown = board.connection.value === "live";
  return (
    <>
      <header class="top">
        <h1>
          <span class="mark" aria-hidden="true" /> VM on Golem <span class="thin">market</span>
        </h1>
        <ConnectionState />
        <nav aria-label="More">
          <a href="docs">API</a>
        </nav>
      </header>
      <main>
        <Totals />
        <Filters />
        {board.fault.value !== null && (
          <p class="fault" role="alert">
            The board does not take this question: {board.fault.value}
          </p>
        )}
        <div class="pictures">
          <section class="card" aria-labelledby="map-title">
            <h2 id="map-title">Where</h2>
            <Suspense fallback={<div class="map" />}>
              <WorldMap />
            </Suspense>
          </section>
          <section class="card" aria-labelledby="plot-title">
            <h2 id="plot-title">Prices for your size</h2>
            <Suspense fallback={<div class="plot" />}>
              <PricePlot rows={rows.value} />
            </Suspense>
          </section>
        </div>
        <section class="card offers" aria-labelledby="offers-title">
          <h2 id="offers-title">
            Offers{" "}
            <output aria-live="polite">{isKnown || !isEmpty ? formatNumber(rows.value.length) : ""}</output>
          </h2>
          {board.connection.value === "paged" && (
            <p class="notice">
              {formatNumber(board.total.value)} offers fit; these are the first in this order. Say more of what you
              need, and you see them live.{" "}
              <button type="button" class="plain" onClick={() => board.more()}>
                Show more
              </button>
            </p>
          )}
          {isKnown && isEmpty ? <NothingFits /> : <OfferTable rows={rows.value} />}
        </section>
      </main>
    </>
  );
}
