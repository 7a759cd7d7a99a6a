import { useEffect, useState } from "preact/hooks";
import { boardParameters } from "../address";
import { type Explanation, ask, paths } from "../board";
import { type Relaxation, relaxations } from "../explain";
import { formatNumber } from "../format";
import { setFilters, view } from "../state";

export function NothingFits() {
  const filters = view.value.filters;
  const query = boardParameters(filters).toString();
  const [found, setFound] = useState<Relaxation[] | null>(null);
  useEffect(() => {
    const given = new AbortController();
    setFound(null);
    ask<Explanation>(paths.explain(query), given.signal).then(
      ({ data }) => setFound(relaxations(data.without ?? [], filters)),
      () => {},
    );
    return () => given.abort();
  }, [query]);
  if (query === "") return <p class="notice">Nothing is on offer at the moment.</p>;
  return (
    <div class="notice">
      <p>
        <strong>Nothing fits at the moment.</strong>{" "}
        {found?.length === 0 && "It is not one thing alone: more than one wish has to be eased."}
      </p>
      <ul class="relaxations">
        {found?.map((one) => (
          <li key={one.action}>
            <span>{one.text}</span>
            <button type="button" onClick={() => setFilters(one.filters)}>
              {one.action} <small>({formatNumber(one.matches)})</small>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
