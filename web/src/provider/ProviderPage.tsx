// All that is known of one provider, and whether it can be believed.
import { useEffect, useState } from "preact/hooks";
import {
  BoardError,
  type Caller,
  type Offer,
  type Proof,
  type ProviderRecord,
  find,
  paths,
} from "../board";
import { formatRetry } from "../format";
import { ViewLink } from "../parts/ViewLink";
import { type Verdict, checkProof } from "../proof";
import { isOffer, isProof, isProviderRecord } from "../shapes";
import { view } from "../state";
import { Advertisement } from "./Advertisement";
import { Past } from "./Past";
import { Prices } from "./Prices";
import { ProviderCommands } from "./ProviderCommands";
import { Trust } from "./Trust";

interface Known {
  offer: Offer | null;
  record: ProviderRecord | null;
  recordFault: string | null;
  proof: Proof | null;
  verdict: Verdict | null;
}

const REFRESH = 15_000; // ms
const NO_PROOF = { text: "", signature: "", body: "" };

/// Keys are one id in any case.
function isSameId(one: string, other: string): boolean {
  const isKey = /^(0x|ed25519:)/i.test(one);
  return isKey ? one.toLowerCase() === other.toLowerCase() : one === other;
}

async function askProof(id: string, signal: AbortSignal): Promise<Proof | null> {
  const proof: unknown = await find<unknown>(paths.proof(id), signal);
  return proof === null || isProof(proof) ? proof : { provider_id: id, ...NO_PROOF };
}

async function askOffer(id: string, hosts: readonly string[], signal: AbortSignal) {
  const offer: unknown = await find<unknown>(paths.offer(id), signal);
  if (offer === null) return { offer, proof: null, verdict: null };
  if (!isOffer(offer)) throw new Error("The board's answer cannot be read.");
  if (!isSameId(id, offer.provider_id))
    throw new Error("The board answered with another provider's offer.");
  const proof = offer.verified ? await askProof(id, signal) : null;
  return { offer, proof, verdict: proof && checkProof(id, offer, proof, hosts, Date.now()) };
}

/// What is known of its past; a fault of that alone costs nothing else.
async function askRecord(id: string, signal: AbortSignal) {
  try {
    const record: unknown = await find<unknown>(paths.provider(id), signal);
    if (record !== null && !isProviderRecord(record))
      throw new Error("The board's answer cannot be read.");
    return { record, recordFault: null };
  } catch (error) {
    if (error instanceof BoardError && error.status === 429) throw error;
    return { record: null, recordFault: faultOf(error).text };
  }
}

async function askHosts(signal: AbortSignal): Promise<readonly string[]> {
  const caller: Caller | null = await find<Caller>(paths.whoami, signal);
  return Array.isArray(caller?.hosts) ? caller.hosts : [];
}

async function askAll(id: string, signal: AbortSignal): Promise<Known> {
  const [hosts, record] = await Promise.all([askHosts(signal), askRecord(id, signal)]);
  const first = await askOffer(id, hosts, signal);
  const isDoubtful = first.offer?.verified && !first.verdict?.isGood;
  // The offer may have changed between two answers: nothing is said before it is asked for again.
  return { ...record, ...(isDoubtful ? await askOffer(id, hosts, signal) : first) };
}

/// The offer as its signed body says; what the board adds to it stays.
function asSigned(offer: Offer, verdict: Verdict | null): Offer {
  const signed = verdict?.signed;
  if (!signed) return offer;
  return {
    ...offer,
    ...signed,
    network: signed.network ?? offer.network,
    payments_network: signed.payments_network ?? offer.payments_network,
  };
}

interface Fault {
  text: string;
  wait: number; // ms, until the board is asked again
}

function faultOf(error: unknown): Fault {
  if (error instanceof BoardError && error.retryAfter !== null) {
    const wait = error.retryAfter * 1000;
    return { text: formatRetry("The board answers this address again", wait, error.message), wait };
  }
  if (error instanceof BoardError)
    return { text: `The board answered: ${error.message}.`, wait: 0 };
  return { text: error instanceof Error ? error.message : String(error), wait: 0 };
}

/// Asked for again every 15 s while the page is looked at, and not before the board says.
function useProvider(id: string): { known: Known | null; fault: string | null } {
  const [known, setKnown] = useState<Known | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => {
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isLoading = false;
    let notBefore = 0;
    const load = async () => {
      if (isLoading || document.hidden || performance.now() < notBefore) return;
      isLoading = true;
      let wait = 0;
      try {
        setKnown(await askAll(id, gone.signal));
        setFault(null);
      } catch (error) {
        if (gone.signal.aborted) return;
        const found = faultOf(error);
        setFault(found.text);
        wait = found.wait;
        notBefore = performance.now() + wait;
      }
      isLoading = false;
      clearTimeout(timer);
      timer = setTimeout(() => void load(), Math.max(REFRESH, wait));
    };
    const onVisibility = () => void load();
    void load();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      gone.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisibility);
    };
  }, [id]);
  return { known, fault };
}

export function ProviderPage({ id }: { id: string }) {
  const { known, fault } = useProvider(id);
  const market = { ...view.value, provider: null };
  const offer = known?.offer && asSigned(known.offer, known.verdict);
  const name = offer?.provider_name;
  useEffect(() => document.querySelector<HTMLElement>("h1")?.focus(), [id]);
  useEffect(() => {
    document.title = `${name || id} – VM on Golem`;
  }, [name, id]);
  return (
    <>
      <header class="top narrow">
        <nav aria-label="Back">
          <ViewLink to={market}>← All offers</ViewLink>
        </nav>
        <h1 tabIndex={-1}>
          <bdi>{name || id}</bdi>
        </h1>
      </header>
      <main class="provider-page">
        {name && (
          <p class="id">
            <bdi>{id}</bdi>
          </p>
        )}
        {fault && (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        {!known && !fault && <p class="notice">Loading…</p>}
        {known?.recordFault && (
          <p class="fault" role="alert">
            {known.recordFault}
          </p>
        )}
        {known && !known.offer && !known.record && !known.recordFault && (
          <p class="notice">Nothing is known of this provider.</p>
        )}
        {offer && <Advertisement offer={offer} />}
        {offer && <Prices offer={offer} />}
        {known?.offer && <Trust offer={known.offer} proof={known.proof} verdict={known.verdict} />}
        {known?.record && <Past record={known.record} />}
        <ProviderCommands id={id} />
      </main>
    </>
  );
}
