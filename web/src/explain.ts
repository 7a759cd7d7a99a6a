// Why nothing fits, in words, and what to ask for instead.
import type { Criterion } from "./board";
import type { Filters } from "./address";
import { countryName } from "./format";

export interface Relaxation {
  text: string; // what is in the way
  action: string; // what the button does
  matches: number;
  filters: Filters;
}

const LABELS = { cpu: "cores", memory: "GB of memory", storage: "GB of storage" } as const;

function isSize(name: string): name is keyof typeof LABELS {
  return name in LABELS;
}

/// What can be asked for instead, the most promising first; each leaves out or eases one criterion.
export function relaxations(without: readonly Criterion[], filters: Filters): Relaxation[] {
  const found: Relaxation[] = [];
  for (const { criterion, matches, nearest } of without) {
    if (matches === 0) continue;
    const name = criterion.split(/[=<>]/, 1)[0]!;
    const add = (text: string, action: string, change: Partial<Filters>) =>
      found.push({ text, action, matches, filters: { ...filters, ...change } });
    if (isSize(name)) {
      const size = nearest !== undefined && nearest >= 1 ? Math.floor(nearest) : 1;
      add(`nobody has ${filters[name]} ${LABELS[name]} besides the rest`, `Ask for ${size} ${LABELS[name]}`, {
        [name]: size,
      });
    } else if (name === "max_usd_per_month") {
      const price = nearest === undefined ? null : Math.ceil(nearest * 100) / 100;
      add(
        `nobody is as cheap as ${filters.maxUsd} USD a month`,
        price === null ? "Drop the maximum price" : `Pay up to ${price} USD a month`,
        { maxUsd: price },
      );
    } else if (name === "country") {
      const names = filters.countries.map(countryName).join(", ");
      add(`nothing that fits is in ${names}`, "Look in all countries", { countries: [] });
    } else if (name === "platform") {
      add(`nothing that fits is of platform ${filters.platform}`, "Take any platform", { platform: "" });
    } else if (name === "network") {
      add(`nothing that fits is in network ${filters.network}`, "Take any network", { network: "" });
    } else if (name === "verified") {
      add("nothing that fits is verified", "Take unverified offers, too", { verified: false });
    } else {
      add(`nothing fits ${criterion.replace(/^q=/, "")}`, "Drop the expression", { q: "" });
    }
  }
  return found.sort((a, b) => b.matches - a.matches);
}
