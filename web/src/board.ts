// What the board says: its types, and the calls that the page makes.

interface Pricing {
  usd_per_core_month?: unknown;
  usd_per_gb_ram_month?: unknown;
  usd_per_gb_storage_month?: unknown;
  glm_per_core_month?: unknown;
  glm_per_gb_ram_month?: unknown;
  glm_per_gb_storage_month?: unknown;
}

export interface Offer {
  provider_id: string;
  provider_name: string;
  ip_address: string;
  country: string;
  platform: string | null;
  network: string | null;
  payments_network: string | null;
  resources: { cpu: number; memory: number; storage: number } & Record<string, number>;
  pricing: Pricing | null;
  verified: boolean;
  created_at: string;
  updated_at: string;
  expires_at: string;
  grace?: boolean; // the lease was extended after an outage
}

export interface Criterion {
  criterion: string;
  matches: number;
  nearest?: number;
}

export interface Explanation {
  matches: number;
  without?: Criterion[];
}

interface Quantiles {
  p10: number;
  p25: number;
  p50: number;
  p75: number;
  p90: number;
}

interface UnitQuantiles {
  core: Quantiles;
  gb_ram: Quantiles;
  gb_storage: Quantiles;
}

export interface Totals {
  providers: number;
  verified: number;
  cpu: number;
  memory: number;
  storage: number;
  prices?: { usd: UnitQuantiles | null; glm: UnitQuantiles | null };
}

export interface Stats extends Totals {
  as_of: string;
  countries: Record<string, Totals>;
  platforms: Record<string, Totals>;
}

export interface ProviderRecord {
  provider_id: string;
  state: "live" | "expired" | "withdrawn" | null;
  first_seen: string | null;
  last_seen: string | null;
  expires_at: string | null;
  listed: Record<"1d" | "7d" | "30d", number | null>;
  last_refusal: { time: string; code: string; message: string } | null;
  unsigned_refusals: number;
}

export interface Proof {
  provider_id: string;
  text: string;
  signature: string;
  body: string;
}

/// What the board says of itself beside the caller's address.
export interface Caller {
  ip_address: string;
  hosts?: string[];
}

/// A refusal in the board's own words.
export class BoardError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /// Seconds, where the board says when to ask again.
    readonly retryAfter: number | null,
    /// The largest `limit`, where the one that was asked for is larger.
    readonly limitMax: number | null = null,
  ) {
    super(message);
  }
}

interface Answer<T> {
  data: T;
  headers: Headers;
}

interface ErrorBody {
  message?: unknown;
  detail?: unknown;
}

async function errorBody(response: Response): Promise<ErrorBody> {
  try {
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null) return body;
  } catch {
    // Not the board's own words.
  }
  return {};
}

/// The board's pages may be smaller than usual (MAX_PAGE_SIZE); it says so where it refuses one.
function limitIn({ detail }: ErrorBody): number | null {
  if (!Array.isArray(detail)) return null;
  for (const { loc, msg } of detail as { loc?: unknown; msg?: unknown }[]) {
    if (String(loc) !== "query,limit") continue;
    const most = / to (\d+)$/.exec(String(msg))?.[1];
    if (most) return Number(most);
  }
  return null;
}

export async function errorOf(response: Response): Promise<BoardError> {
  const seconds = Number(response.headers.get("Retry-After") ?? NaN);
  const body = await errorBody(response);
  return new BoardError(
    response.status,
    typeof body.message === "string" ? body.message : `the board answered ${response.status}`,
    Number.isFinite(seconds) ? seconds : null,
    limitIn(body),
  );
}

/// What browsers say of a network that fails differs, and helps little.
export async function request(path: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error instanceof TypeError) throw new Error("There is no connection to the board.");
    throw error;
  }
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error("The board's answer cannot be read.");
    throw error;
  }
}

const ANSWER_WITHIN = 20_000; // ms; that a board stands still must show within 40 s

export async function ask<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new Error("The board does not answer.")),
    ANSWER_WITHIN,
  );
  const giveUp = () => late.abort(signal?.reason);
  signal?.addEventListener("abort", giveUp);
  try {
    signal?.throwIfAborted();
    const response = await request(path, { signal: late.signal });
    if (!response.ok) throw await errorOf(response);
    return { data: (await jsonOf(response)) as T, headers: response.headers };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}

/// How many fit these filters.
export async function count(filters: URLSearchParams, signal?: AbortSignal): Promise<number> {
  const query = new URLSearchParams(filters);
  query.set("count", "true");
  query.set("limit", "1");
  query.set("fields", "country");
  const { headers } = await ask<unknown>(paths.list(query.toString()), signal);
  return countIn(headers);
}

export function countIn(headers: Headers): number {
  const total = Number(headers.get("X-Total-Count") ?? NaN);
  if (!Number.isInteger(total)) throw new Error("The board told no count.");
  return total;
}

/// As ask(), but null for 404.
export async function find<T>(path: string, signal?: AbortSignal): Promise<T | null> {
  try {
    return (await ask<T>(path, signal)).data;
  } catch (error) {
    if (error instanceof BoardError && error.status === 404) return null;
    throw error;
  }
}

/// Relative to the page's address, so that a proxy may put page and board under a path.
export const paths = {
  list: (query: string) => `api/v1/advertisements?${query}`,
  offer: (id: string) => `api/v1/advertisements/${encodeURIComponent(id)}`,
  proof: (id: string) => `api/v1/advertisements/${encodeURIComponent(id)}/proof`,
  provider: (id: string) => `api/v1/providers/${encodeURIComponent(id)}`,
  explain: (query: string) => `api/v1/explain?${query}`,
  watch: (query: string) => `api/v1/watch${query ? `?${query}` : ""}`,
  stats: "api/v1/stats",
  whoami: "api/v1/whoami",
};
