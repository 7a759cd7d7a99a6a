// All prices for the chosen size, cheapest first, and where the one under the pointer stands.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatMoney, formatNumber, formatPercent } from "../format";
import type { Row } from "../order";

const HEIGHT = 240;
const POINTS = 400; // more are not to be told apart

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/// Of many prices every so-manieth, the last one included.
export function thinned(prices: readonly number[]): [number[], number[]] {
  const step = Math.max(1, (prices.length - 1) / POINTS);
  const ranks: number[] = [];
  for (let at = 0; at < prices.length - 1; at += step) ranks.push(Math.floor(at));
  if (prices.length > 0) ranks.push(prices.length - 1);
  return [ranks.map((rank) => rank + 1), ranks.map((rank) => prices[rank]!)];
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
        { ...axis, values: (_, splits) => splits.map((rank) => (Number.isInteger(rank) ? formatNumber(rank) : "")) },
        { ...axis, size: 64, values: (_, splits) => splits.map((price) => formatNumber(price)) },
      ],
      series: [{}, { stroke: () => colour("--accent"), fill: () => colour("--tint"), width: 2, points: { show: false } }],
      cursor: { y: false },
    },
    [[], []],
    element,
  );
}

export function PricePlot({ rows }: { rows: readonly Row[] }) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const words = useRef<HTMLParagraphElement>(null);
  const prices = rows.flatMap((row) => (row.usd === null ? [] : [row.usd])).sort((a, b) => a - b);
  const present = useRef(prices);
  present.current = prices;

  const describe = () => {
    const all = present.current;
    const at = plot.current?.cursor.idx;
    const rank = at === null || at === undefined ? null : (plot.current?.data[0][at] ?? null);
    if (!words.current) return;
    if (all.length === 0) words.current.textContent = "No prices in USD to compare.";
    else if (rank === null) {
      const middle = all[Math.floor(all.length / 2)]!;
      words.current.textContent = `From ${formatMoney(all[0]!, "USD")} to ${formatMoney(all.at(-1)!, "USD")} a month; half of them at most ${formatMoney(middle, "USD")}.`;
    } else {
      words.current.textContent = `Number ${formatNumber(rank)}: ${formatMoney(all[rank - 1] ?? 0, "USD")} a month, cheaper than ${formatPercent((all.length - rank) / all.length)} of the offers.`;
    }
  };

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const made = makePlot(element);
    plot.current = made;
    made.over.addEventListener("mousemove", describe);
    made.over.addEventListener("mouseleave", describe);
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
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
    plot.current?.setData(thinned(prices));
    describe();
  });

  return (
    <>
      <div class="plot" ref={frame} aria-hidden="true" />
      <p class="words" ref={words} />
    </>
  );
}
