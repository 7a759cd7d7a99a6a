import { useComputed } from "@preact/signals";
import { useState } from "preact/hooks";
import { NO_FILTERS } from "../address";
import { countryName, flag } from "../format";
import { board, setFilters, stats, view } from "../state";

function SizeField(props: { name: "cpu" | "memory" | "storage"; label: string }) {
  const value = view.value.filters[props.name];
  return (
    <label>
      {props.label}
      <input
        type="number"
        min="1"
        max="2147483647"
        step="1"
        inputMode="numeric"
        value={value}
        onInput={(event) => {
          const size = event.currentTarget.valueAsNumber;
          if (Number.isInteger(size) && size >= 1) setFilters({ [props.name]: size }, "replace");
        }}
      />
    </label>
  );
}

function PriceField() {
  const value = view.value.filters.maxUsd;
  return (
    <label>
      At most, USD a month
      <input
        type="number"
        min="0"
        step="any"
        inputMode="decimal"
        placeholder="any"
        value={value ?? ""}
        onInput={(event) => {
          const price = event.currentTarget.valueAsNumber;
          if (event.currentTarget.value === "") setFilters({ maxUsd: null }, "replace");
          else if (price >= 0) setFilters({ maxUsd: price }, "replace");
        }}
      />
    </label>
  );
}

function NameField(props: { name: "platform" | "network"; label: string; known: readonly string[] }) {
  const value = view.value.filters[props.name];
  const options = value && !props.known.includes(value) ? [value, ...props.known] : props.known;
  return (
    <label>
      {props.label}
      <select value={value} onChange={(event) => setFilters({ [props.name]: event.currentTarget.value })}>
        <option value="">any</option>
        {options.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function CountryField() {
  const chosen = view.value.filters.countries;
  const known = Object.entries(stats.value?.countries ?? {})
    .map(([code, totals]) => ({ code, name: countryName(code), providers: totals.providers }))
    .filter(({ code }) => !chosen.includes(code))
    .sort((a, b) => a.name.localeCompare(b.name));
  return (
    <div class="countries">
      <label>
        Countries
        <select
          value=""
          onChange={(event) => {
            const code = event.currentTarget.value;
            event.currentTarget.value = "";
            if (code) setFilters({ countries: [...chosen, code].sort() });
          }}
        >
          <option value="">{chosen.length === 0 ? "all" : "add…"}</option>
          {known.map(({ code, name, providers }) => (
            <option key={code} value={code}>
              {`${name} (${providers})`}
            </option>
          ))}
        </select>
      </label>
      {chosen.map((code) => (
        <button
          key={code}
          type="button"
          class="chip"
          aria-label={`Remove ${countryName(code)}`}
          onClick={() => setFilters({ countries: chosen.filter((other) => other !== code) })}
        >
          <span aria-hidden="true">{flag(code)}</span> {code} <span aria-hidden="true">×</span>
        </button>
      ))}
    </div>
  );
}

function ExpressionField() {
  const asked = view.value.filters.q;
  const [typed, setTyped] = useState(asked);
  const [shown, setShown] = useState(asked);
  if (asked !== shown) {
    setShown(asked);
    setTyped(asked);
  }
  return (
    <form
      class="expression"
      onSubmit={(event) => {
        event.preventDefault();
        setFilters({ q: typed.trim() });
      }}
    >
      <label>
        Expression
        <input
          type="text"
          spellcheck={false}
          autocomplete="off"
          maxLength={1024}
          placeholder='cpu>=4 && !(country in ["US", "CA"])'
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
      <button type="submit">Apply</button>
    </form>
  );
}

export function Filters() {
  const names = useComputed(() => {
    const collect = (name: "platform" | "network") =>
      [...new Set(board.offers.value.map((offer) => offer[name]).filter((one) => one !== null))].sort();
    return { platforms: collect("platform"), networks: collect("network") };
  });
  const isAsking = JSON.stringify(view.value.filters) !== JSON.stringify(NO_FILTERS);
  return (
    <section class="card filters" aria-labelledby="filters-title">
      <h2 id="filters-title">What do you need?</h2>
      <div class="fields">
        <SizeField name="cpu" label="Cores" />
        <SizeField name="memory" label="Memory, GB" />
        <SizeField name="storage" label="Storage, GB" />
        <PriceField />
        <NameField name="platform" label="Platform" known={names.value.platforms} />
        <NameField name="network" label="Network" known={names.value.networks} />
        <label class="check">
          <input
            type="checkbox"
            checked={view.value.filters.verified}
            onChange={(event) => setFilters({ verified: event.currentTarget.checked })}
          />
          Verified only
        </label>
        <CountryField />
        <details open={view.value.filters.q !== ""}>
          <summary>For experts</summary>
          <ExpressionField />
        </details>
        {isAsking && (
          <button type="button" class="plain" onClick={() => setFilters(NO_FILTERS)}>
            Clear all
          </button>
        )}
      </div>
    </section>
  );
}
