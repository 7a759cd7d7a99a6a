import type { ComponentChildren } from "preact";
import { type View, formatView } from "../address";
import { go } from "../state";

/// A link to another view of this page, which a click with a modifier opens elsewhere.
export function ViewLink(props: { to: View; title?: string; children: ComponentChildren }) {
  return (
    <a
      href={formatView(props.to)}
      title={props.title}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        go(props.to);
      }}
    >
      {props.children}
    </a>
  );
}
