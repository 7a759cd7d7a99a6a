// All prices for the chosen size, cheapest first, and where the one under the pointer stands.
import { useComputed } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { NO_FILTERS, boardParameters } from "../address";
import { formatMoney, formatNumber, formatSize, formatTicks } from "../format";
import { LIVE_MAX } from "../live/machine";
import { useCounted } from "../parts/useCounted";
import { board, rows } from "../state";
import { type PriceCurve, countedCurve, curveOf, sortedPrices } from "./priceCurve";

const HEIGHT = 200;

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function makePlot(element: HTMLElement): uPlot {
  const axis = {
    stroke: () => colour("--quiet"),
    grid: { stroke: () => colour("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui",
  };
  return new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      scales: { x: { time: false } },
      axes: [
        {
          ...axis,
          incrs: [
            1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6,
          ],
          values: (_, splits) => formatTicks(splits),
        },
        { ...axis, size: 72, values: (_, splits) => formatTicks(splits) },
      ],
      series: [
        {},
        {
          stroke: () => colour("--accent"),
          fill: () => colour("--tint"),
          width: 2,
          points: { show: false },
        },
      ],
      cursor: { y: false },
    },
    [[], []],
    element,
  );
}

/// In words, for all and for what is pointed at.
function wordsOf({ ranks, prices }: PriceCurve, unit: string, at: number | null): string {
  const total = ranks.at(-1) ?? 0;
  const [first, last] = [prices[0], prices.at(-1)];
  if (first === undefined || last === undefined) return `No prices in ${unit} to compare.`;
  const rank = at === null ? undefined : ranks[at];
  const price = at === null ? undefined : prices[at];
  if (rank === undefined || price === undefined) {
    const half = prices[ranks.findIndex((one) => one >= total / 2)] ?? last;
    const range = `From ${formatMoney(first, unit)} to ${formatMoney(last, unit)} a month`;
    return `${range}; half of them at most ${formatMoney(half, unit)}.`;
  }
  return `${formatNumber(rank)} of ${formatNumber(total)} cost at most ${formatMoney(price, unit)} a month.`;
}

type Known = PriceCurve | "counting" | "unknown";

/// Of a market that is here as a whole at once; of a larger one when the board has counted.
function useCurve(): Known {
  const { shown } = board.state.value;
  const isCounted = shown !== null && shown.total > LIVE_MAX && shown.found === "";
  const filters = shown?.question.filters;
  const query = filters && `${filters.currency}?${boardParameters(filters).toString()}`;
  const counted = useCounted(isCounted && query ? query : null, (signal) =>
    countedCurve(filters ?? NO_FILTERS, signal),
  );
  const whole = useComputed(() => {
    const { shown } = board.state.value;
    if (!shown?.isWhole) return null;
    return curveOf(sortedPrices(rows.value, shown.question.filters.currency));
  });
  if (isCounted) return counted ?? "counting";
  return whole.value ?? (shown ? "unknown" : "counting");
}

export function PricePlot() {
  const filters = board.state.value.shown?.question.filters;
  const known = useCurve();
  const curve = typeof known === "string" ? null : known;
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [at, setAt] = useState<number | null>(null);
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const made = makePlot(element);
    plot.current = made;
    made.over.addEventListener("mousemove", () => setAt(made.cursor.idx ?? null));
    made.over.addEventListener("mouseleave", () => setAt(null));
    const observer = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    observer.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => made.redraw();
    scheme.addEventListener("change", redraw);
    return () => {
      observer.disconnect();
      scheme.removeEventListener("change", redraw);
      made.destroy();
      plot.current = null;
    };
  }, []);
  useEffect(() => {
    plot.current?.setData([curve?.ranks ?? [], curve?.prices ?? []]);
  }, [curve]);
  return (
    <>
      <h2 id="plot-title">
        Prices <span class="thin">{filters ? `for ${formatSize(filters)}` : ""}</span>
      </h2>
      <div class="plot" ref={frame} aria-hidden="true" />
      <p class="words">
        {curve && filters && wordsOf(curve, filters.currency.toUpperCase(), at)}
        {known === "counting" && "Counting…"}
        {known === "unknown" && "Not all of these offers are here to be compared."}
      </p>
    </>
  );
}
