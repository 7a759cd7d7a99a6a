// Whether what a board sends can be shown. A board that is newer, broken or lies may send anything; what
// cannot be read is left out, and takes nothing else with it.
import type { Offer, Proof, ProviderRecord } from "./board";

type Fields = Record<string, unknown>;

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const isText = (value: unknown) => typeof value === "string";
const isTextOrNull = (value: unknown) => value === null || typeof value === "string";
const isTime = (value: unknown) => typeof value === "string" && !Number.isNaN(Date.parse(value));
const isTimeOrNull = (value: unknown) => value === null || isTime(value);
const isShareOrNull = (value: unknown) => value === null || typeof value === "number";

function hasTimes(value: Fields): boolean {
  return isTime(value.created_at) && isTime(value.updated_at) && isTime(value.expires_at);
}

export function isOffer(value: unknown): value is Offer {
  if (!isRecord(value) || !isRecord(value.resources)) return false;
  const { resources } = value;
  return (
    isText(value.provider_id) &&
    value.provider_id !== "" &&
    [value.provider_name, value.ip_address, value.country].every(isText) &&
    [value.platform, value.network, value.payments_network].every(isTextOrNull) &&
    ["cpu", "memory", "storage"].every((name) => name in resources) &&
    Object.values(resources).every((amount) => typeof amount === "number") &&
    (value.pricing === null || isRecord(value.pricing)) &&
    typeof value.verified === "boolean" &&
    hasTimes(value)
  );
}

/// Of an event of a stream.
export function isReadable(name: string, data: unknown): boolean {
  switch (name) {
    case "added":
    case "updated":
      return isOffer(data);
    case "refreshed":
      return isRecord(data) && hasTimes(data);
    default:
      return isRecord(data);
  }
}

export function isProof(value: unknown): value is Proof {
  return isRecord(value) && [value.text, value.signature, value.body].every(isText);
}

export function isProviderRecord(value: unknown): value is ProviderRecord {
  if (!isRecord(value) || !isRecord(value.listed)) return false;
  const { listed, last_refusal: refusal } = value;
  return (
    [null, "live", "expired", "withdrawn"].includes(value.state as string | null) &&
    [value.first_seen, value.last_seen, value.expires_at].every(isTimeOrNull) &&
    ["1d", "7d", "30d"].every((span) => isShareOrNull(listed[span])) &&
    (refusal === null ||
      (isRecord(refusal) &&
        isTime(refusal.time) &&
        isText(refusal.code) &&
        isText(refusal.message))) &&
    typeof value.unsigned_refusals === "number"
  );
}
