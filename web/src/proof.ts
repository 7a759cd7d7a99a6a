// Checks in the reader's own browser what a provider has signed: the board need not be believed.
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Offer, Proof } from "./board";
import { type Difference, type Signed, differences, readSigned } from "./signedOffer";

export interface Check {
  text: string;
  /// Null: it cannot be told.
  passed: boolean | null;
}

export interface Verdict {
  checks: Check[];
  differences: Difference[];
  isGood: boolean;
  /// What the provider has signed, where that holds.
  signed: Signed | null;
  host: string;
  time: Date | null;
}

/// How far two clocks may be apart, ms.
const CLOCKS = 120_000;
/// Leases are this long at most, usually and ever, ms.
const LEASE_USUAL = 3_600_000;
const LEASE_MOST = 86_400_000;

/// The address of a public key, in lower case (Ethereum).
function addressOf(publicKey: Uint8Array): string {
  return "0x" + bytesToHex(keccak_256(publicKey.slice(1)).slice(-20));
}

/// What a wallet signs of a text (EIP-191).
function personalHash(text: string): Uint8Array {
  const bytes = utf8ToBytes(text);
  return keccak_256(
    concatBytes(utf8ToBytes(`\x19Ethereum Signed Message:\n${bytes.length}`), bytes),
  );
}

function isSignedBy(id: string, text: string, signature: string): boolean {
  try {
    const bytes = hexToBytes(signature.replace(/^0x/i, "").toLowerCase());
    if (id.startsWith("ed25519:")) {
      return ed25519.verify(bytes, utf8ToBytes(text), hexToBytes(id.slice("ed25519:".length)));
    }
    if (bytes.length !== 65) return false;
    const last = bytes[64]!;
    const recovered = secp256k1.Signature.fromBytes(bytes.slice(0, 64), "compact")
      .addRecoveryBit(last >= 27 ? last - 27 : last)
      .recoverPublicKey(personalHash(text));
    return addressOf(recovered.toBytes(false)) === id.toLowerCase();
  } catch {
    return false;
  }
}

function bytesOf(base64: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

/// Whether the signature is as new as the lease asks (docs/api.md, section 1). Null: as new as the board says
/// that its leases are, which is longer than usual. A board could say that to show old offers.
function isNew(time: number, offer: Offer, now: number): boolean | null {
  const lease = Date.parse(offer.expires_at) - Date.parse(offer.updated_at);
  const isWithin = (span: number) =>
    time > now - Math.min(lease, span) - CLOCKS && time < now + CLOCKS;
  if (isWithin(LEASE_USUAL)) return true;
  return isWithin(LEASE_MOST) ? null : false;
}

/// Ports that may be signed or left out (docs/api.md, section 2).
function withoutPort(host: string): string {
  return host.replace(/:(80|443)$/, "");
}

/// Whether the holder of the key that `id` is has signed what is shown. `hosts` are the board's own names,
/// where it tells them.
export function checkProof(
  id: string,
  offer: Offer,
  proof: Proof,
  hosts: readonly string[],
  now: number,
): Verdict {
  const lines = proof.text.split("\n");
  const field = (name: string) =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";
  const body = bytesOf(proof.body);
  const time = Number(field("time"));
  const host = field("host");
  const isSigned =
    isSignedBy(id, proof.text, proof.signature) &&
    body !== null &&
    bytesToHex(sha256(body)) === field("body-sha256");
  const signed = isSigned && body ? readSigned(body) : null;
  const found = signed ? differences(signed, offer) : [];
  const checks: Check[] = [
    { text: "the posted bytes are signed by this provider's key", passed: isSigned },
    {
      text: "they are a post to a discovery board, under this id",
      passed:
        lines.length === 6 &&
        lines[0] === "Golem Discovery v1" &&
        lines[1] === "POST /api/v1/advertisements" &&
        field("provider").toLowerCase() === id.toLowerCase(),
    },
    { text: "the signature is no older than an offer may be", passed: isNew(time, offer, now) },
    {
      text:
        hosts.length > 0 ? "it was made for this board" : `it was made for ${host || "no board"}`,
      passed: hosts.length > 0 ? hosts.map(withoutPort).includes(withoutPort(host)) : null,
    },
    {
      text: "the board shows what was signed",
      passed: signed !== null && found.every((one) => one.isBoardsOwn),
    },
  ];
  return {
    checks,
    differences: found,
    isGood: checks.every((check) => check.passed !== false),
    signed,
    host,
    time: Number.isFinite(time) && time > 0 ? new Date(time) : null,
  };
}
