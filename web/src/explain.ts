// Why nothing fits, in words, and what to ask for instead.
import { type Filters, boardParameters } from "./address";
import { type Criterion, count } from "./board";
import { countryName, formatCount } from "./format";

interface Relaxation {
  text: string; // what is in the way
  action: string; // what the button does
  change: Partial<Filters>;
}

export interface CountedRelaxation extends Relaxation {
  matches: number;
}

const LABELS = {
  cpu: ["core", "cores"],
  memory: ["GB of memory", "GB of memory"],
  storage: ["GB of storage", "GB of storage"],
  gpu: ["GPU", "GPUs"],
} as const;

function sizeNamed(name: string): keyof typeof LABELS | null {
  const size = name.replace(/^min_/, "");
  return size in LABELS ? (size as keyof typeof LABELS) : null;
}

/// What can be asked for instead; each leaves out or eases one criterion.
export function relaxations(without: readonly Criterion[], filters: Filters): Relaxation[] {
  const found: Relaxation[] = [];
  let hasExpression = false;
  for (const { criterion, matches, nearest } of without) {
    if (matches === 0) continue;
    const name = criterion.split(/[=<>]/, 1)[0] ?? "";
    const add = (text: string, action: string, change: Partial<Filters>) =>
      found.push({ text, action, change });
    const size = sizeNamed(name);
    if (size) {
      const least = size === "gpu" ? 0 : 1;
      const [one, many] = LABELS[size];
      const eased = Math.max(least, Math.floor(nearest ?? least));
      add(
        `No offer has ${formatCount(filters[size], one, many)} and fits otherwise.`,
        `Ask for ${formatCount(eased, one, many)}`,
        { [size]: eased },
      );
    } else if (name === `max_${filters.currency}_per_month`) {
      const price = nearest === undefined ? null : Math.ceil(nearest * 100) / 100;
      const unit = filters.currency.toUpperCase();
      add(
        `No offer that fits costs ${filters.maxPrice} ${unit} a month or less.`,
        price === null ? "Drop the maximum price" : `Pay up to ${price} ${unit} a month`,
        { maxPrice: price },
      );
    } else if (name === "country") {
      const names = filters.countries.map(countryName).join(", ");
      add(`No offer that fits is in ${names}.`, "Look in all countries", { countries: [] });
    } else if (name === "platform") {
      add(`No offer that fits is of platform ${filters.platform}.`, "Take any platform", {
        platform: "",
      });
    } else if (name === "network") {
      add(`No offer that fits is in network ${filters.network}.`, "Take any network", {
        network: "",
      });
    } else if (name === "verified") {
      add("No offer that fits is verified.", "Take unverified offers, too", { verified: false });
    } else if (!hasExpression) {
      hasExpression = true; // of several parts that are in the way, the whole is dropped
      add("No offer that fits meets the expression.", "Drop the expression", { q: "" });
    }
  }
  return found;
}

/// How many offers each would bring, the most first. What brings none is left out.
export async function countRelaxations(
  found: readonly Relaxation[],
  filters: Filters,
  signal: AbortSignal,
): Promise<CountedRelaxation[]> {
  const counted = await Promise.all(
    found.map(async (one) => {
      const query = boardParameters({ ...filters, ...one.change });
      return { ...one, matches: await count(query, signal) };
    }),
  );
  return counted.filter(({ matches }) => matches > 0).sort((a, b) => b.matches - a.matches);
}
