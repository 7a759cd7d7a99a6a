import { useComputed } from "@preact/signals";
import { useState } from "preact/hooks";
import { NO_FILTERS } from "../address";
import { countryName, formatNumber } from "../format";
import { SizeField, Typed } from "../parts/Typed";
import type { Currency } from "../price";
import { board, clearFilters, setFilters, stats, typeFilters, view } from "../state";

function PriceField() {
  const { maxPrice, currency } = view.value.filters;
  return (
    <>
      <label>
        Price at most
        <Typed
          type="number"
          min={0}
          step="any"
          inputMode="decimal"
          placeholder="any"
          value={maxPrice === null ? "" : String(maxPrice)}
          onTyped={(text) => {
            const price = text === "" ? null : Number(text);
            if (price !== null && !(price >= 0)) return false;
            typeFilters({ maxPrice: price });
            return true;
          }}
        />
      </label>
      <label>
        a month, in
        <select
          value={currency}
          onChange={(event) =>
            setFilters({ currency: event.currentTarget.value as Currency, maxPrice: null })
          }
        >
          <option value="usd">USD</option>
          <option value="glm">GLM</option>
        </select>
      </label>
    </>
  );
}

function NameField(props: { name: "platform" | "network"; label: string; known: string[] }) {
  const value = view.value.filters[props.name];
  const options = value && !props.known.includes(value) ? [value, ...props.known] : props.known;
  return (
    <label>
      {props.label}
      <select
        value={value}
        onChange={(event) => setFilters({ [props.name]: event.currentTarget.value })}
      >
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

function CountryList() {
  const chosen = view.value.filters.countries;
  const totals = stats.value?.countries ?? {};
  const countries = [...new Set([...chosen, ...Object.keys(totals)])]
    .map((code) => ({ code, name: countryName(code), providers: totals[code]?.providers ?? 0 }))
    .sort((a, b) => {
      const turn = Number(chosen.includes(b.code)) - Number(chosen.includes(a.code));
      return turn || a.name.localeCompare(b.name, "en");
    });
  return (
    <fieldset class="countries">
      <legend>Countries{chosen.length > 0 && `: ${chosen.join(", ")}`}</legend>
      <ul>
        {countries.map(({ code, name, providers }) => (
          <li key={code}>
            <label class="check">
              <input
                type="checkbox"
                checked={chosen.includes(code)}
                onChange={(event) => {
                  const others = chosen.filter((other) => other !== code);
                  const next = event.currentTarget.checked ? [...others, code] : others;
                  setFilters({ countries: next.sort() });
                }}
              />
              {name} <small>{formatNumber(providers)}</small>
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
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
  const isRefused = board.state.value.phase.name === "refused" && asked !== "";
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
          placeholder='cpu>=4 && !(country in ["US"])'
          aria-invalid={isRefused}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
      <button type="submit">Apply</button>
    </form>
  );
}

export function Filters() {
  const networks = useComputed(() => {
    const offers = board.state.value.shown?.offers ?? [];
    return [...new Set(offers.flatMap(({ network }) => (network ? [network] : [])))].sort();
  });
  const platforms = Object.keys(stats.value?.platforms ?? {}).filter((name) => name !== "");
  const { filters } = view.value;
  const isAsking = JSON.stringify(filters) !== JSON.stringify(NO_FILTERS);
  const clear = () => {
    clearFilters();
    // The button goes away, and takes the focus with it.
    document.querySelector<HTMLElement>(".filters input")?.focus();
  };
  const size = (name: "cpu" | "memory" | "storage" | "gpu", label: string) => (
    <SizeField
      label={label}
      value={filters[name]}
      least={name === "gpu" ? 0 : 1}
      onSize={(value) => typeFilters({ [name]: value })}
    />
  );
  return (
    <section class="card filters" aria-labelledby="filters-title">
      <h2 id="filters-title">What do you need?</h2>
      <div class="fields">
        {size("cpu", "Cores")}
        {size("memory", "Memory, GB")}
        {size("storage", "Storage, GB")}
        {size("gpu", "GPUs")}
        <PriceField />
        <NameField name="platform" label="Platform" known={platforms.sort()} />
        <NameField name="network" label="Network" known={networks.value} />
        <label class="check">
          <input
            type="checkbox"
            checked={filters.verified}
            onChange={(event) => setFilters({ verified: event.currentTarget.checked })}
          />
          Verified only
        </label>
        {isAsking && (
          <button type="button" class="plain" onClick={clear}>
            Clear all
          </button>
        )}
        <CountryList />
        <details open={filters.q !== ""}>
          <summary>For experts</summary>
          <ExpressionField />
        </details>
      </div>
    </section>
  );
}
