// Checks in the reader's own browser what a provider has signed: the board need not be believed.
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Offer, Proof } from "./board";

export interface Check {
  text: string;
  passed: boolean;
}

export interface Verdict {
  checks: Check[];
  isGood: boolean;
  host: string;
  time: Date | null;
}

/// The address of a public key, in lower case (Ethereum).
function addressOf(publicKey: Uint8Array): string {
  return "0x" + bytesToHex(keccak_256(publicKey.slice(1)).slice(-20));
}

/// What a wallet signs of a text (EIP-191).
function personalHash(text: string): Uint8Array {
  const bytes = utf8ToBytes(text);
  return keccak_256(concatBytes(utf8ToBytes(`\x19Ethereum Signed Message:\n${bytes.length}`), bytes));
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

function sameOffer(body: Uint8Array, offer: Offer): boolean {
  try {
    const posted = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as Partial<Offer>;
    const sizes = posted.resources;
    const prices = (one: Partial<Offer>) => JSON.stringify(Object.entries(one.pricing ?? {}).sort());
    return (
      sizes !== undefined &&
      (["cpu", "memory", "storage"] as const).every((name) => sizes[name] === offer.resources[name]) &&
      posted.ip_address === offer.ip_address &&
      posted.country?.toUpperCase() === offer.country &&
      prices(posted) === prices(offer)
    );
  } catch {
    return false;
  }
}

/// Whether the holder of the id's key has signed what is shown.
export function checkProof(offer: Offer, proof: Proof): Verdict {
  const lines = proof.text.split("\n");
  const field = (name: string) =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";
  const body = bytesOf(proof.body);
  const time = Number(field("time"));
  const checks: Check[] = [
    {
      text: "the signature is of this provider's key",
      passed: isSignedBy(offer.provider_id, proof.text, proof.signature),
    },
    {
      text: "it is of a post to a discovery board, under this id",
      passed:
        lines.length === 6 &&
        lines[0] === "Golem Discovery v1" &&
        lines[1] === "POST /api/v1/advertisements" &&
        field("provider").toLowerCase() === offer.provider_id.toLowerCase(),
    },
    {
      text: "the posted bytes are those that were signed",
      passed: body !== null && bytesToHex(sha256(body)) === field("body-sha256"),
    },
    {
      text: "address, country, sizes and prices shown here are the posted ones",
      passed: body !== null && sameOffer(body, offer),
    },
  ];
  return {
    checks,
    isGood: checks.every((check) => check.passed),
    host: field("host"),
    time: Number.isFinite(time) && time > 0 ? new Date(time) : null,
  };
}
