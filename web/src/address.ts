// What is looked for stands in the address, so that it can be shared and gone back to.

export const SORTS = [
  "price",
  "provider",
  "country",
  "platform",
  "cpu",
  "memory",
  "storage",
  "verified",
  "seen",
] as const;
export type Sort = (typeof SORTS)[number];

export interface Filters {
  cpu: number;
  memory: number;
  storage: number;
  countries: string[];
  platform: string;
  network: string;
  maxUsd: number | null;
  verified: boolean;
  q: string;
}

export interface View {
  filters: Filters;
  sort: Sort;
  descending: boolean;
  provider: string | null; // whose page is shown
}

export const NO_FILTERS: Filters = {
  cpu: 1,
  memory: 1,
  storage: 1,
  countries: [],
  platform: "",
  network: "",
  maxUsd: null,
  verified: false,
  q: "",
};

function sizeOf(text: string | null): number {
  const size = Number(text ?? "1");
  return Number.isInteger(size) && size >= 1 && size <= 2147483647 ? size : 1;
}

/// Whatever does not make sense is left out.
export function parseView(search: string): View {
  const parameters = new URLSearchParams(search);
  const countries = (parameters.get("country") ?? "")
    .toUpperCase()
    .split(",")
    .filter((code) => /^[A-Z]{2}$/.test(code));
  const price = parameters.get("max_usd_per_month");
  const maxUsd = price !== null && price !== "" ? Number(price) : NaN;
  const wanted = parameters.get("sort") ?? "price";
  const descending = wanted.startsWith("-");
  const sort = SORTS.find((known) => known === wanted.replace(/^-/, "")) ?? "price";
  return {
    filters: {
      cpu: sizeOf(parameters.get("cpu")),
      memory: sizeOf(parameters.get("memory")),
      storage: sizeOf(parameters.get("storage")),
      countries: [...new Set(countries)].sort(),
      platform: parameters.get("platform") ?? "",
      network: parameters.get("network") ?? "",
      maxUsd: Number.isFinite(maxUsd) && maxUsd >= 0 ? maxUsd : null,
      verified: parameters.get("verified") === "true",
      q: parameters.get("q") ?? "",
    },
    sort,
    descending,
    provider: parameters.get("provider"),
  };
}

/// As the board is asked; sizes of 1 ask for nothing.
export function boardParameters(filters: Filters): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const name of ["cpu", "memory", "storage"] as const) {
    if (filters[name] > 1) parameters.set(name, String(filters[name]));
  }
  if (filters.countries.length > 0) parameters.set("country", filters.countries.join(","));
  if (filters.platform) parameters.set("platform", filters.platform);
  if (filters.network) parameters.set("network", filters.network);
  if (filters.maxUsd !== null) parameters.set("max_usd_per_month", String(filters.maxUsd));
  if (filters.verified) parameters.set("verified", "true");
  if (filters.q.trim()) parameters.set("q", filters.q.trim());
  return parameters;
}

/// The list's order that comes nearest.
export function boardOrder({ sort, descending }: Pick<View, "sort" | "descending">): string {
  const orders: Partial<Record<Sort, string>> = { provider: "provider_id", seen: "updated_at" };
  const known = ["cpu", "memory", "storage"].includes(sort) ? sort : "price";
  return (descending ? "-" : "") + (orders[sort] ?? known);
}

/// Relative to the page's address.
export function formatView(view: View): string {
  const parameters = boardParameters(view.filters);
  const sort = (view.descending ? "-" : "") + view.sort;
  if (sort !== "price") parameters.set("sort", sort);
  if (view.provider !== null) parameters.set("provider", view.provider);
  const text = parameters.toString();
  return text ? `?${text}` : "./";
}
