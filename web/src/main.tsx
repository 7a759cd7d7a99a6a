import { render } from "preact";
import { lazy, Suspense } from "preact/compat";
import { Market } from "./market/Market";
import { Boundary } from "./parts/Boundary";
import { start, view } from "./state";
import "./style.css";

const ProviderPage = lazy(() =>
  import("./provider/ProviderPage").then((module) => module.ProviderPage),
);

function Page() {
  const provider = view.value.provider;
  return (
    <Boundary
      isPage
      key={provider}
      what={provider === null ? "The market" : "This provider's page"}
    >
      {provider === null ? (
        <Market />
      ) : (
        <Suspense fallback={<p class="notice">Loading…</p>}>
          <ProviderPage id={provider} />
        </Suspense>
      )}
    </Boundary>
  );
}

const root = document.getElementById("page");
if (root) {
  start();
  root.replaceChildren();
  render(<Page />, root);
}
