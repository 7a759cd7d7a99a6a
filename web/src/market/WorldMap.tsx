// Offers by country; a click asks for a country, or no longer. Each country stands in the list of the
// filters, too.
import { useComputed } from "@preact/signals";
import { height, outlines, width } from "virtual:outlines";
import { countryName, formatCount } from "../format";
import { Flag } from "../parts/Flag";
import { board, setFilters, stats, view } from "../state";

const drawn = new Set(outlines.map(({ code }) => code));

/// One of five shades, by the share of the country with the most.
function shade(count: number, most: number): number {
  if (count === 0) return 0;
  return 1 + Math.min(4, Math.floor((Math.log1p(count) / Math.log1p(most)) * 4.99));
}

function toggle(code: string): void {
  const chosen = view.peek().filters.countries;
  const next = chosen.includes(code) ? chosen.filter((other) => other !== code) : [...chosen, code];
  setFilters({ countries: next.sort() });
}

/// What has offers and no outline: small countries, and codes that no country has.
function OffTheMap(props: { counts: ReadonlyMap<string, number>; chosen: readonly string[] }) {
  const codes = [...props.counts.keys()].filter((code) => !drawn.has(code)).sort();
  if (codes.length === 0) return null;
  return (
    <p class="off-the-map">
      Not drawn:{" "}
      {codes.map((code) => (
        <button
          key={code}
          type="button"
          class="chip"
          data-country={code}
          aria-pressed={props.chosen.includes(code)}
          onClick={() => toggle(code)}
        >
          <Flag code={code} />
          {` ${countryName(code)}: ${formatCount(props.counts.get(code) ?? 0, "offer")}`}
        </button>
      ))}
    </p>
  );
}

/// Of what fits, where all of it is here and countries are not what was asked for; else of the whole market.
function useCounts() {
  return useComputed(() => {
    const { shown, isOld } = board.state.value;
    const counts = new Map<string, number>();
    const isOfFitting =
      shown !== null && shown.isWhole && !isOld && shown.question.filters.countries.length === 0;
    if (isOfFitting) {
      for (const { country } of shown.offers) counts.set(country, (counts.get(country) ?? 0) + 1);
    } else {
      for (const [code, { providers }] of Object.entries(stats.value?.countries ?? {})) {
        counts.set(code, providers);
      }
    }
    return { counts, isOfFitting };
  });
}

export function WorldMap() {
  const { counts, isOfFitting } = useCounts().value;
  const most = Math.max(1, ...counts.values());
  const chosen = view.value.filters.countries;
  return (
    <>
      <h2 id="map-title">
        Where <span class="thin">{isOfFitting ? "what fits is" : "the whole market is"}</span>
      </h2>
      <svg
        class="map"
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label="Offers by country"
      >
        {outlines.map(({ code, name, outline }) => {
          const count = counts.get(code) ?? 0;
          const isChosen = chosen.includes(code);
          const label = `${code ? countryName(code) : name}: ${formatCount(count, "offer")}`;
          // By keyboard only what offers is visited.
          const isButton = code !== "" && (count > 0 || isChosen);
          const shown = `shade${shade(count, most)}${isChosen ? " chosen" : ""}`;
          return isButton ? (
            <path
              key={name}
              d={outline}
              class={shown}
              data-country={code}
              tabindex={0}
              role="button"
              aria-pressed={isChosen}
              aria-label={label}
              onClick={() => toggle(code)}
              onKeyDown={(event) => {
                if (event.key !== "Enter" && event.key !== " ") return;
                event.preventDefault();
                toggle(code);
              }}
            >
              <title>{label}</title>
            </path>
          ) : (
            <path key={name} d={outline} class={shown} aria-hidden="true" />
          );
        })}
      </svg>
      <OffTheMap counts={counts} chosen={chosen} />
    </>
  );
}
