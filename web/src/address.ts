// What is looked for stands in the address, so that it can be shared and gone back to.
import { type Currency, LARGEST, SIZES, type Size } from "./price";

const SORTS = [
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

export interface Filters extends Size {
  gpu: number;
  countries: string[];
  platform: string;
  network: string;
  currency: Currency; // that prices are compared in
  maxPrice: number | null; // in this currency, for this size, a month
  verified: boolean;
  q: string;
  find: string; // in names and ids
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
  gpu: 0,
  countries: [],
  platform: "",
  network: "",
  currency: "usd",
  maxPrice: null,
  verified: false,
  q: "",
  find: "",
};

function sizeOf(text: string | null, least: number): number {
  const size = Number(text || least);
  return Number.isInteger(size) && size >= least && size <= LARGEST ? size : least;
}

function priceOf(text: string | null): number | null {
  const price = text ? Number(text) : NaN;
  return Number.isFinite(price) && price >= 0 ? price : null;
}

/// No provider has these ids, which a path could not name.
function idOf(text: string | null): string | null {
  return text === null || ["", ".", ".."].includes(text) ? null : text;
}

/// Whatever does not make sense is left out.
export function parseView(search: string): View {
  const parameters = new URLSearchParams(search);
  const countries = (parameters.get("country") ?? "")
    .toUpperCase()
    .split(",")
    .filter((code) => /^[A-Z]{2}$/.test(code));
  const glm = priceOf(parameters.get("max_glm_per_month"));
  const isGlm = parameters.get("currency") === "glm" || glm !== null;
  const wanted = parameters.get("sort") ?? "price";
  const descending = wanted.startsWith("-");
  const sort = SORTS.find((known) => known === wanted.replace(/^-/, "")) ?? "price";
  return {
    filters: {
      cpu: sizeOf(parameters.get("cpu"), 1),
      memory: sizeOf(parameters.get("memory"), 1),
      storage: sizeOf(parameters.get("storage"), 1),
      gpu: sizeOf(parameters.get("min_gpu"), 0),
      countries: [...new Set(countries)].sort(),
      platform: parameters.get("platform") ?? "",
      network: parameters.get("network") ?? "",
      currency: isGlm ? "glm" : "usd",
      maxPrice: isGlm ? glm : priceOf(parameters.get("max_usd_per_month")),
      verified: parameters.get("verified") === "true",
      q: parameters.get("q") ?? "",
      find: parameters.get("find") ?? "",
    },
    sort,
    descending,
    provider: idOf(parameters.get("provider")),
  };
}

/// As the board is asked; sizes of 1 ask for nothing.
export function boardParameters(filters: Filters): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const name of SIZES) {
    if (filters[name] > 1) parameters.set(name, String(filters[name]));
  }
  if (filters.gpu > 0) parameters.set("min_gpu", String(filters.gpu));
  if (filters.countries.length > 0) parameters.set("country", filters.countries.join(","));
  if (filters.platform) parameters.set("platform", filters.platform);
  if (filters.network) parameters.set("network", filters.network);
  if (filters.maxPrice !== null) {
    parameters.set(`max_${filters.currency}_per_month`, String(filters.maxPrice));
  }
  if (filters.verified) parameters.set("verified", "true");
  if (filters.q.trim()) parameters.set("q", filters.q.trim());
  return parameters;
}

const ID = /^(?!0x|ed25519:)[\w.~:@+-]{1,128}$|^0x[0-9a-f]{40}$|^ed25519:[0-9a-f]{64}$/i;

/// The questions whose answers together have this id or name, of which the board takes whole ones alone.
export function exactParameters(filters: Filters): URLSearchParams[] {
  const text = filters.find.trim();
  const named = boardParameters(filters);
  const name = `provider_name="${text.replace(/["\\]/g, "\\$&")}"`;
  const q = filters.q.trim();
  named.set("q", q ? `${name} && (${q})` : name);
  if (!ID.test(text)) return [named];
  const identified = boardParameters(filters);
  identified.set("provider_id", text);
  return [identified, named];
}

/// The board's own orders. The others need all offers here.
export const BOARD_SORTS: Partial<Record<Sort, string>> = {
  price: "price",
  provider: "provider_id",
  cpu: "cpu",
  memory: "memory",
  storage: "storage",
  seen: "updated_at",
};

/// What a list is sorted by: by price where the board has no such order.
export function boardOrder({ sort, descending, filters }: View): string {
  const known = BOARD_SORTS[sort] ? sort : "price";
  const isGlm = known === "price" && filters.currency === "glm";
  const order = isGlm ? "glm_price" : BOARD_SORTS[known];
  return (descending && known === sort ? "-" : "") + order;
}

/// Relative to the page's address.
export function formatView(view: View): string {
  const parameters = boardParameters(view.filters);
  const { currency, maxPrice, find } = view.filters;
  if (currency === "glm" && maxPrice === null) parameters.set("currency", currency);
  if (find.trim()) parameters.set("find", find.trim());
  const sort = (view.descending ? "-" : "") + view.sort;
  if (sort !== "price") parameters.set("sort", sort);
  if (view.provider !== null) parameters.set("provider", view.provider);
  const text = parameters.toString();
  return text ? `?${text}` : "./";
}
