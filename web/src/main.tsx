import { render } from "preact";
import { lazy, Suspense } from "preact/compat";
import { Market } from "./market/Market";
import { view } from "./state";
import "./style.css";

const ProviderPage = lazy(() =>
  import("./provider/ProviderPage").then((module) => module.ProviderPage),
);

function Page() {
  const provider = view.value.provider;
  if (provider === null) return <Market />;
  return (
    <Suspense fallback={<p class="notice">Loading…</p>}>
      <ProviderPage key={provider} id={provider} />
    </Suspense>
  );
}

const root = document.getElementById("page");
if (root) render(<Page />, root);
