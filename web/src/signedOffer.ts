// What a provider has signed, in the spelling that the board stores, and where the board shows something else.
import ipaddr from "ipaddr.js";
import type { Offer } from "./board";

export type Signed = Pick<
  Offer,
  | "provider_name"
  | "ip_address"
  | "country"
  | "platform"
  | "network"
  | "payments_network"
  | "resources"
  | "pricing"
>;

export interface Difference {
  field: string;
  signed: string;
  shown: string;
  /// The board may fill it in where the provider leaves it out (docs/api.md, section 1).
  isBoardsOwn: boolean;
}

const COUNTRIES: Record<string, string> = { UK: "GB", EL: "GR" };
const PLATFORMS: Record<string, string> = { amd64: "x86_64", aarch64: "arm64" };

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/// One spelling of each address: IPv6 forms, and IPv4 in IPv6.
function addressOf(value: unknown): string {
  // The library takes this old form for a mapped address, which it is not.
  const text = (textOf(value) ?? "").replace(/^::(?=\d+\.\d+\.\d+\.\d+$)/, "0::0:0:");
  return ipaddr.isValid(text) ? ipaddr.process(text).toString() : text;
}

function countryOf(value: unknown): string {
  const code = (textOf(value) ?? "").toUpperCase();
  return COUNTRIES[code] ?? code;
}

function platformOf(value: unknown): string | null {
  const name = textOf(value)?.toLowerCase() ?? null;
  return name === null ? null : (PLATFORMS[name] ?? name);
}

function nameOf(value: unknown): string {
  const name = textOf(value) ?? "";
  return /^ *$/.test(name) ? "" : name;
}

function recordOf(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

/// Null: the bytes are no advertisement.
export function readSigned(body: Uint8Array): Signed | null {
  try {
    const posted = recordOf(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
    const resources = recordOf(posted?.resources);
    if (!posted || !resources) return null;
    return {
      provider_name: nameOf(posted.provider_name),
      ip_address: addressOf(posted.ip_address),
      country: countryOf(posted.country),
      platform: platformOf(posted.platform),
      network: textOf(posted.network)?.toLowerCase() ?? null,
      payments_network: textOf(posted.payments_network)?.toLowerCase() ?? null,
      resources: resources as Signed["resources"],
      pricing: recordOf(posted.pricing) as Signed["pricing"],
    };
  } catch {
    return null;
  }
}

/// Keys in one order; what is null says as much as what is absent.
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  const record = recordOf(value);
  if (!record) return value;
  const keys = Object.keys(record).filter((key) => record[key] !== null);
  return Object.fromEntries(keys.sort().map((key) => [key, canonical(record[key])]));
}

function show(value: unknown): string {
  return typeof value === "string"
    ? value
    : value === null || value === undefined
      ? "–"
      : JSON.stringify(value);
}

function differencesOfRecords(kind: string, signed: unknown, shown: unknown): Difference[] {
  const [left, right] = [recordOf(signed) ?? {}, recordOf(shown) ?? {}];
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
  return keys
    .filter(
      (key) =>
        JSON.stringify(canonical(left[key] ?? null)) !==
        JSON.stringify(canonical(right[key] ?? null)),
    )
    .map((key) => ({
      field: kind + key,
      signed: show(left[key]),
      shown: show(right[key]),
      isBoardsOwn: false,
    }));
}

export function differences(signed: Signed, offer: Offer): Difference[] {
  const found: Difference[] = [];
  const compare = (
    field: string,
    posted: string | null,
    shown: string | null,
    isBoardsOwn = false,
  ) => {
    if (posted !== shown)
      found.push({ field, signed: show(posted), shown: show(shown), isBoardsOwn });
  };
  compare("name", signed.provider_name, nameOf(offer.provider_name));
  compare("address", signed.ip_address, addressOf(offer.ip_address));
  compare("country", signed.country, countryOf(offer.country));
  compare("platform", signed.platform, platformOf(offer.platform));
  compare("network", signed.network, offer.network, signed.network === null);
  compare(
    "network of payments",
    signed.payments_network,
    offer.payments_network,
    signed.payments_network === null,
  );
  found.push(...differencesOfRecords("", signed.resources, offer.resources));
  found.push(...differencesOfRecords("pricing.", signed.pricing, offer.pricing));
  return found;
}
