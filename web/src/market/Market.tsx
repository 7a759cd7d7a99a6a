import { lazy, Suspense } from "preact/compat";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { formatCompact, formatCount, formatNumber, formatSize } from "../format";
import { Boundary } from "../parts/Boundary";
import { Typed } from "../parts/Typed";
import { board, returnTo, rows, scrollTarget, stats, typeFilters, view } from "../state";
import { ConnectionState } from "./ConnectionState";
import { Filters } from "./Filters";
import { NothingFits } from "./NothingFits";
import { Notices } from "./Notices";
import { OfferTable, SortField } from "./OfferTable";
import { SearchCommands } from "./SearchCommands";

const WorldMap = lazy(() => import("./WorldMap").then((module) => module.WorldMap));
const PricePlot = lazy(() => import("./PricePlot").then((module) => module.PricePlot));

function Total({ label, value, unit }: { label: string; value?: number; unit?: string }) {
  const text =
    value === undefined ? "–" : value < 100_000 ? formatNumber(value) : formatCompact(value);
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        {text}
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

/// Null: not known yet.
function fittingCount(): number | null {
  const { shown, isOld } = board.state.value;
  if (!shown || isOld) return null;
  const isFinding = view.value.filters.find.trim() !== "";
  if (isFinding && !shown.isWhole && shown.found === "") return null;
  return shown.isWhole ? rows.value.length : shown.total;
}

/// Nothing fits, as far as the board has answered.
function isEmptyMarket(): boolean {
  const { shown, isOld, phase } = board.state.value;
  if (!shown || isOld || phase.name === "refused") return false;
  return rows.value.length === 0 && (shown.isWhole || shown.found !== "");
}

function useTitle(fitting: number | null): void {
  const { phase } = board.state.value;
  const size = formatSize(view.value.filters);
  const state = { waiting: "Not live: ", refused: "Not a question: " }[phase.name as string] ?? "";
  const offers = fitting === null ? "Offers" : formatCount(fitting, "offer");
  useEffect(() => {
    document.title = `${state}${offers} for ${size} – VM on Golem`;
  }, [state, offers, size]);
}

/// Back leads to where one was, once there is what stood there.
function useScrollTarget(): void {
  const { shown, isOld, phase } = board.state.value;
  const isThere = shown !== null && !isOld && (shown.isWhole || phase.name === "polling");
  const target = scrollTarget.value;
  useLayoutEffect(() => {
    if (target === null || !isThere) return;
    scrollTarget.value = null;
    returnTo(target);
  }, [isThere, target]);
}

/// Beside the offers; where there is no room for that, above them and closed at first.
function Side() {
  const [isOpen, setOpen] = useState(false);
  return (
    <aside class={isOpen ? "open" : ""}>
      <button
        type="button"
        class="plain opener"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? "Close" : "Filters, map and prices"}
      </button>
      <div class="side">
        <Filters />
        <section class="card" aria-labelledby="map-title">
          <Boundary what="The map">
            <Suspense fallback={<div class="map" />}>
              <WorldMap />
            </Suspense>
          </Boundary>
        </section>
        <section class="card" aria-labelledby="plot-title">
          <Boundary what="The plot of prices">
            <Suspense fallback={<div class="plot" />}>
              <PricePlot />
            </Suspense>
          </Boundary>
        </section>
      </div>
    </aside>
  );
}

function Offers() {
  const { shown, isOld } = board.state.value;
  const fitting = fittingCount();
  useTitle(fitting);
  useScrollTarget();
  const size = shown?.question.filters ?? view.value.filters;
  return (
    <section class="card offers" aria-labelledby="offers-title">
      <div class="offers-top">
        <h2 id="offers-title" tabIndex={-1}>
          Offers <output aria-live="polite">{fitting === null ? "" : formatNumber(fitting)}</output>
        </h2>
        <label class="find">
          {(shown?.isWhole ?? true) ? "Name or id" : "Whole name or id"}
          <Typed
            type="search"
            maxLength={128}
            spellcheck={false}
            value={view.value.filters.find}
            onTyped={(find) => {
              typeFilters({ find });
              return true;
            }}
          />
        </label>
        <SortField />
      </div>
      <Notices />
      {isEmptyMarket() ? (
        <NothingFits fitting={shown?.isWhole ? shown.total : null} />
      ) : (
        <div class={isOld ? "table old" : "table"} aria-busy={isOld}>
          <OfferTable rows={rows.value} size={size} />
        </div>
      )}
    </section>
  );
}

export function Market() {
  const [isHowTo, setHowTo] = useState(false);
  return (
    <>
      <a class="skip" href="#offers-title">
        To the offers
      </a>
      <header class="top">
        <h1>
          <span class="mark" aria-hidden="true" /> VM on Golem <span class="thin">market</span>
        </h1>
        <Totals />
        <ConnectionState />
        <nav aria-label="More">
          <button
            type="button"
            class="plain"
            onClick={() => {
              setHowTo(true);
              requestAnimationFrame(() => document.getElementById("how-to")?.scrollIntoView());
            }}
          >
            Rent or be listed
          </button>
          <a href="docs">API</a>
        </nav>
      </header>
      <div class="market">
        <Side />
        <main>
          <Offers />
          {!isEmptyMarket() && (
            <details
              class="card"
              id="how-to"
              open={isHowTo}
              onToggle={(event) => setHowTo(event.currentTarget.open)}
            >
              <summary>Commands for this search, renting and being listed</summary>
              <SearchCommands />
            </details>
          )}
        </main>
      </div>
    </>
  );
}
