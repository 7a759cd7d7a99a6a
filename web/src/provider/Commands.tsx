import { useState } from "preact/hooks";
import { paths } from "../board";

function Command({ what, path }: { what: string; path: string }) {
  const [isCopied, setCopied] = useState(false);
  const text = `curl '${location.origin}${path.replaceAll("'", "%27")}'`;
  return (
    <li>
      <span>{what}</span>
      <code>{text}</code>
      <button
        type="button"
        onClick={() =>
          navigator.clipboard.writeText(text).then(
            () => setCopied(true),
            () => setCopied(false),
          )
        }
      >
        {isCopied ? "Copied" : "Copy"}
      </button>
    </li>
  );
}

export function Commands({ id }: { id: string }) {
  return (
    <section class="card">
      <h2>Ask yourself</h2>
      <ul class="commands">
        <Command what="Its offer" path={paths.offer(id)} />
        <Command what="What it signed" path={paths.proof(id)} />
        <Command what="Why it is (not) listed" path={paths.provider(id)} />
        <Command what="Its changes, live" path={paths.watch(`provider_id=${encodeURIComponent(id)}`)} />
      </ul>
    </section>
  );
}
