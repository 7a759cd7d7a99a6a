// Numbers, money, times and countries in the reader's own language.
const locale = typeof navigator === "undefined" ? "en" : navigator.language;

const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const countryNames = new Intl.DisplayNames([locale], { type: "region", fallback: "code" });

export const formatNumber = (value: number) => number.format(value);
export const formatCompact = (value: number) => compact.format(value);
export const formatPercent = (value: number) => percent.format(value);
export const formatTime = (time: string) => dateTime.format(new Date(time));

/// Two digits, or as many as tell small prices apart.
export function formatMoney(value: number, currency: string): string {
  const digits = value !== 0 && Math.abs(value) < 0.1 ? 4 : 2;
  const text = value.toLocaleString(locale, { minimumFractionDigits: 2, maximumFractionDigits: digits });
  return `${text} ${currency}`;
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

export function countryName(code: string): string {
  if (code === "XK") return "Kosovo";
  try {
    return countryNames.of(code) ?? code;
  } catch {
    return code;
  }
}

/// The flag that two letters stand for.
export function flag(code: string): string {
  if (!/^[A-Z]{2}$/.test(code)) return "";
  return String.fromCodePoint(...[...code].map((letter) => 0x1f1a5 + letter.charCodeAt(0)));
}
