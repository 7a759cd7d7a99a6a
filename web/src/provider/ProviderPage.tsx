// All that is known of one provider, and whether it can be believed.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Filters, formatView } from "../address";
import { type Caller, type Offer, type Proof, type ProviderRecord, find, paths } from "../board";
import {
  countryName,
  flag,
  formatCountdown,
  formatMoney,
  formatNumber,
  formatPercent,
  formatTime,
} from "../format";
import { type Currency, HOURS_PER_MONTH, pricePerMonth } from "../price";
import { type Verdict, checkProof } from "../proof";
import { type Standing, standingOf } from "../standing";
import { clock, go, view } from "../state";
import { Commands } from "./Commands";

interface Known {
  offer: Offer | null;
  record: ProviderRecord | null;
  proof: Proof | null;
  verdict: Verdict | null;
}

const REFRESH = 15_000; // ms

async function askOffer(id: string, hosts: readonly string[]) {
  const offer = await find<Offer>(paths.offer(id));
  const proof = offer?.verified ? await find<Proof>(paths.proof(id)) : null;
  return { offer, proof, verdict: offer && proof && checkProof(offer, proof, hosts, Date.now()) };
}

async function askAll(id: string): Promise<Known> {
  const [caller, record] = await Promise.all([
    find<Caller>(paths.whoami),
    find<ProviderRecord>(paths.provider(id)),
  ]);
  const hosts = caller?.hosts ?? [];
  const first = await askOffer(id, hosts);
  const isDoubtful = first.offer?.verified && !first.verdict?.isGood;
  // The offer may have changed between two answers: nothing is said before it is asked for again.
  return { record, ...(isDoubtful ? await askOffer(id, hosts) : first) };
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

function Card({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="card">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Advertisement({ offer }: { offer: Offer }) {
  const further = Object.entries(offer.resources).filter(
    ([name]) => !["cpu", "memory", "storage"].includes(name),
  );
  return (
    <Card title="Its offer">
      <dl class="facts">
        <Fact name="Address">
          <bdi>{offer.ip_address}</bdi>
        </Fact>
        <Fact name="Country">
          <span aria-hidden="true">{flag(offer.country)}</span> {countryName(offer.country)}
        </Fact>
        <Fact name="Cores">{formatNumber(offer.resources.cpu)}</Fact>
        <Fact name="Memory">{formatNumber(offer.resources.memory)} GB</Fact>
        <Fact name="Storage">{formatNumber(offer.resources.storage)} GB</Fact>
        {further.map(([name, amount]) => (
          <Fact key={name} name={name}>
            {formatNumber(amount)}
          </Fact>
        ))}
        <Fact name="Platform">
          <bdi>{offer.platform ?? "not told"}</bdi>
        </Fact>
        <Fact name="Network">
          <bdi>{offer.network ?? "not told"}</bdi>
        </Fact>
        <Fact name="Paid in network">
          <bdi>{offer.payments_network ?? "not told"}</bdi>
        </Fact>
        <Fact name="Listed since">{formatTime(offer.created_at)}</Fact>
        <Fact name="Expires in">{formatCountdown(Date.parse(offer.expires_at) - clock.value)}</Fact>
      </dl>
    </Card>
  );
}

const TYPING = 300; // ms without a change, before the board is asked

/// Null: not counted yet, or not to be counted now.
function useStanding(
  price: number | null,
  currency: Currency,
  size: Filters,
  country: string | null,
): Standing | null {
  const [standing, setStanding] = useState<Standing | null>(null);
  const { cpu, memory, storage } = size;
  useEffect(() => {
    setStanding(null);
    if (price === null) return undefined;
    const gone = new AbortController();
    const timer = setTimeout(() => {
      standingOf(price, currency, { cpu, memory, storage }, country, gone.signal).then(setStanding, () => {
        // What cannot be counted is not said.
      });
    }, TYPING);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [price, currency, cpu, memory, storage, country]);
  return standing;
}

function Among({ standing, where }: { standing: Standing | null; where: string }) {
  if (!standing) return null;
  const { others, dearer } = standing;
  return (
    <li>
      {others === 0 ? (
        <>the only offer {where} that has this size and tells a price for it</>
      ) : (
        <>
          cheaper than <strong>{formatNumber(dearer)}</strong> of {formatNumber(others)}{" "}
          {others === 1 ? "other offer" : "other offers"} of at least this size {where}
        </>
      )}
    </li>
  );
}

function Price({ offer, currency }: { offer: Offer; currency: Currency }) {
  const filters = view.value.filters;
  const price = pricePerMonth(offer, currency, filters);
  const unit = currency.toUpperCase();
  const isBigEnough = (["cpu", "memory", "storage"] as const).every(
    (name) => offer.resources[name] >= filters[name],
  );
  const counted = isBigEnough ? price : null;
  const inCountry = useStanding(counted, currency, filters, offer.country);
  const inWorld = useStanding(counted, currency, filters, null);
  if (price === null) return null;
  return (
    <>
      <p class="price">
        <strong>{formatMoney(price, unit)}</strong> a month, {formatMoney(price / HOURS_PER_MONTH, unit)} an hour
      </p>
      {isBigEnough ? (
        <ul>
          <Among standing={inCountry} where={`in ${countryName(offer.country)}`} />
          <Among standing={inWorld} where="in the world" />
        </ul>
      ) : (
        <p class="thin">It does not have this size.</p>
      )}
    </>
  );
}

function Prices({ offer }: { offer: Offer }) {
  const { filters } = view.value;
  const field = (name: "cpu" | "memory" | "storage", label: string) => (
    <label>
      {label}
      <input
        type="number"
        min="1"
        step="1"
        value={filters[name]}
        onInput={(event) => {
          const size = event.currentTarget.valueAsNumber;
          if (!Number.isInteger(size) || size < 1) return;
          go({ ...view.peek(), filters: { ...view.peek().filters, [name]: size } }, "replace");
        }}
      />
    </label>
  );
  const isTold = (["usd", "glm"] as const).some((one) => pricePerMonth(offer, one, filters) !== null);
  return (
    <Card title="Its price among the others">
      <div class="fields">
        {field("cpu", "Cores")}
        {field("memory", "Memory, GB")}
        {field("storage", "Storage, GB")}
      </div>
      {isTold ? (
        <>
          <Price offer={offer} currency="usd" />
          <Price offer={offer} currency="glm" />
        </>
      ) : (
        <p>It tells no prices.</p>
      )}
    </Card>
  );
}

function Differences({ found }: { found: Verdict["differences"] }) {
  if (found.length === 0) return null;
  return (
    <table class="differences">
      <caption>What the board shows otherwise</caption>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Signed</th>
          <th scope="col">The board</th>
        </tr>
      </thead>
      <tbody>
        {found.map(({ field, signed, shown, isBoardsOwn }) => (
          <tr key={field} class={isBoardsOwn ? "" : "bad"}>
            <th scope="row">{field}</th>
            <td>
              <bdi>{signed}</bdi>
            </td>
            <td>
              <bdi>{shown}</bdi>
              {isBoardsOwn && " (the board's own)"}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const MARKS = { good: "✓", bad: "✗", unknown: "?" } as const;

function Trust({ offer, proof, verdict }: { offer: Offer; proof: Proof | null; verdict: Verdict | null }) {
  const kind = (passed: boolean | null) => (passed === null ? "unknown" : passed ? "good" : "bad");
  return (
    <Card title="Who says so?">
      {!offer.verified && (
        <p>
          This offer is not signed: anybody may have posted it under this name. Be careful with what you pay in
          advance.
        </p>
      )}
      {offer.verified && !proof && <p class="bad">The board says that it is signed, but shows no proof.</p>}
      {verdict && (
        <>
          <p class={verdict.isGood ? "good" : "bad"} role="status">
            {verdict.isGood
              ? "Your browser has checked the signature: the holder of this key has posted this offer."
              : "The proof does not hold: do not believe this offer."}
          </p>
          <ul class="checks">
            {verdict.checks.map(({ text, passed }) => (
              <li key={text} class={kind(passed)}>
                <span aria-hidden="true">{MARKS[kind(passed)]}</span> {passed === false ? "Not true: " : ""}
                {text}
              </li>
            ))}
          </ul>
          <Differences found={verdict.differences} />
          <p class="thin">
            Signed for <bdi>{verdict.host || "no host"}</bdi>
            {verdict.time && <> on {formatTime(verdict.time.toISOString())}</>}. The code that checks this came
            from the board, too: <a href={paths.proof(offer.provider_id)}>take the proof</a> and check it with
            a program of your own (<bdi>docs/security.md</bdi>, Checking a proof).
          </p>
          <details>
            <summary>What was signed</summary>
            <pre tabIndex={0}>{proof?.text}</pre>
          </details>
        </>
      )}
    </Card>
  );
}

const STATES = {
  live: "It is listed.",
  expired: "It is not listed: it did not renew its advertisement in time.",
  withdrawn: "It is not listed: it has withdrawn its advertisement.",
} as const;

function Past({ record }: { record: ProviderRecord }) {
  const shares = [
    ["Last day", record.listed["1d"]],
    ["Last 7 days", record.listed["7d"]],
    ["Last 30 days", record.listed["30d"]],
  ] as const;
  const refusal = record.last_refusal;
  return (
    <Card title="Is it there?">
      <p>{record.state ? STATES[record.state] : "It is not listed: none of its posts was ever accepted."}</p>
      <dl class="facts">
        {shares.map(([name, share]) => (
          <Fact key={name} name={name}>
            {share === null ? "–" : formatPercent(share)}
          </Fact>
        ))}
        {record.first_seen && <Fact name="First seen">{formatTime(record.first_seen)}</Fact>}
        {record.last_seen && <Fact name="Last seen">{formatTime(record.last_seen)}</Fact>}
      </dl>
      {refusal && (
        <p>
          Its last refused post, {formatTime(refusal.time)}: <bdi>{refusal.message}</bdi> ({refusal.code})
        </p>
      )}
      {record.unsigned_refusals > 0 && (
        <p>{formatNumber(record.unsigned_refusals)} unsigned posts in its name were refused.</p>
      )}
    </Card>
  );
}

export function ProviderPage({ id }: { id: string }) {
  const [known, setKnown] = useState<Known | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => {
    let isGone = false;
    const load = () =>
      askAll(id).then(
        (found) => {
          if (isGone) return;
          setKnown(found);
          setFault(null);
        },
        (error: Error) => {
          if (!isGone) setFault(error.message);
        },
      );
    void load();
    const timer = setInterval(load, REFRESH);
    document.querySelector<HTMLElement>("h1")?.focus();
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [id]);
  const market = { ...view.value, provider: null };
  const offer = known?.offer && asSigned(known.offer, known.verdict);
  const name = offer?.provider_name;
  return (
    <>
      <header class="top narrow">
        <nav aria-label="Back">
          <a
            href={formatView(market)}
            onClick={(event) => {
              event.preventDefault();
              go(market);
            }}
          >
            ← All offers
          </a>
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
        {known && !known.offer && !known.record && <p class="notice">Nothing is known of this provider.</p>}
        {offer && <Advertisement offer={offer} />}
        {offer && <Prices offer={offer} />}
        {known?.offer && <Trust offer={known.offer} proof={known.proof} verdict={known.verdict} />}
        {known?.record && <Past record={known.record} />}
        <Commands id={id} />
      </main>
    </>
  );
}
