import { render } from "preact";

const root = document.getElementById("page");
if (root) render(<h1>VM on Golem: the market</h1>, root);
