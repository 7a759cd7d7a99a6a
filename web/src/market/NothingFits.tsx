import { type Filters, boardParameters } from "../address";
import { type Explanation, ask, paths } from "../board";
import { type CountedRelaxation, countRelaxations, relaxations } from "../explain";
import { formatCount } from "../format";
import { useCounted } from "../parts/useCounted";
import { setFilters, view } from "../state";
import { SearchCommands } from "./SearchCommands";

function useRelaxations(filters: Filters): CountedRelaxation[] | null {
  const query = boardParameters(filters).toString();
  const counted = useCounted(query, async (signal) => {
    const { data } = await ask<Explanation>(paths.explain(query), signal);
    return countRelaxations(relaxations(data.without ?? [], filters), filters, signal);
  });
  return counted === "unknown" ? null : counted;
}

function Relaxations({ filters }: { filters: Filters }) {
  const found = useRelaxations(filters);
  return (
    <>
      <p>
        <strong>Nothing fits at the moment.</strong>{" "}
        {found?.length === 0 && "It is not one thing alone: ease more than one of your wishes."}
      </p>
      <ul class="relaxations">
        {found?.map((one) => (
          <li key={one.action}>
            <span>{one.text}</span>
            <button type="button" onClick={() => setFilters(one.change)}>
              {one.action} <small>({formatCount(one.matches, "offer")})</small>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

/// `fitting` is how many fit whatever their name; null where that is not known.
export function NothingFits({ fitting }: { fitting: number | null }) {
  const { filters } = view.value;
  const isAsking = boardParameters(filters).toString() !== "";
  const text = filters.find.trim();
  return (
    <div class="notice" id="how-to">
      {text && fitting !== 0 ? (
        <p>
          <strong>
            {fitting === null ? "No whole name or id is" : "No name or id holds"} “{text}”
          </strong>{" "}
          {fitting === null
            ? "among those that fit."
            : `among the ${formatCount(fitting, "offer")} that fit.`}{" "}
          <button type="button" class="plain" onClick={() => setFilters({ find: "" })}>
            Show them all
          </button>
        </p>
      ) : isAsking ? (
        <Relaxations filters={filters} />
      ) : (
        <p>
          <strong>Nothing is on offer at the moment.</strong> Yours can be the first.
        </p>
      )}
      <SearchCommands />
    </div>
  );
}
