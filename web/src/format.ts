// Numbers, money, times and countries. The page is in English whatever the browser's language is, so that
// it is one language throughout.
const LOCALE = "en";

const number = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(LOCALE, { notation: "compact", maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 1 });
const relative = new Intl.RelativeTimeFormat(LOCALE, { style: "short" });
const dateTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const timeOfDay = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const countryNames = new Intl.DisplayNames([LOCALE], { type: "region", fallback: "code" });

export const formatNumber = (value: number) => number.format(value);
export const formatCompact = (value: number) => compact.format(value);
export const formatPercent = (value: number) => percent.format(value);
export const formatTime = (time: string) => dateTime.format(new Date(time));

/// `1 offer`, `2 offers`.
export function formatCount(value: number, one: string, many = `${one}s`): string {
  return `${formatNumber(value)} ${value === 1 ? one : many}`;
}

/// `What at 15:30:12: why`; `wait` is in ms.
export function formatRetry(what: string, wait: number, why: string): string {
  return `${what} at ${timeOfDay.format(new Date(Date.now() + wait))}: ${why}`;
}

/// Two digits, or as many as tell small prices apart.
export function formatMoney(value: number, currency: string): string {
  if (value >= 10_000_000) return `${compact.format(value)} ${currency}`;
  const isSmall = value > 0 && value < 0.1;
  const text = value.toLocaleString(
    LOCALE,
    isSmall
      ? { maximumSignificantDigits: 3 }
      : { minimumFractionDigits: 2, maximumFractionDigits: 2 },
  );
  return `${text} ${currency}`;
}

/// A price of one unit, without zeros that say nothing.
export function formatUnitPrice(value: number, digits = 6): string {
  return value.toLocaleString(LOCALE, { maximumSignificantDigits: digits });
}

/// Digits behind the point that a step takes.
function digitsOf(step: number): number {
  for (let digits = 0; digits < 12; ++digits) {
    const scaled = step * 10 ** digits;
    if (scaled >= 0.5 && Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return digits;
  }
  return 12;
}

/// Evenly spaced values of an axis, with as many digits as tell them apart.
export function formatTicks(values: readonly number[]): string[] {
  const [first = 0, second = first] = values;
  const step = Math.abs(second - first);
  const most = Math.max(...values.map(Math.abs));
  const digits = step === 0 ? 0 : digitsOf(step);
  const options: Intl.NumberFormatOptions =
    most >= 1_000_000 && step >= most / 1000
      ? { notation: "compact", maximumSignificantDigits: 4 }
      : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return values.map((value) => value.toLocaleString(LOCALE, options));
}

export function formatAgo(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (Math.abs(seconds) < 60) return relative.format(-seconds, "second");
  if (Math.abs(seconds) < 3600) return relative.format(-Math.round(seconds / 60), "minute");
  if (Math.abs(seconds) < 86400) return relative.format(-Math.round(seconds / 3600), "hour");
  return relative.format(-Math.round(seconds / 86400), "day");
}

/// `4:07`; nothing is negative.
export function formatCountdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/// `4 cores, 8 GB, 100 GB`: what a price is for.
export function formatSize(size: { cpu: number; memory: number; storage: number }): string {
  const cores = formatCount(size.cpu, "core");
  return `${cores}, ${formatNumber(size.memory)} GB, ${formatNumber(size.storage)} GB`;
}

/// Long ids by their ends; whole ones stand on the provider's page.
export function formatId(id: string): string {
  return id.length <= 24 ? id : `${id.slice(0, 12)}…${id.slice(-6)}`;
}

export function countryName(code: string): string {
  if (code === "XK") return "Kosovo";
  try {
    return countryNames.of(code) ?? code;
  } catch {
    return code;
  }
}
