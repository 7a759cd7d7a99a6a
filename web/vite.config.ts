import { defineConfig } from "vite";
import { flags } from "./flags";
import { outlines } from "./outlines";

// Two pages, each with its own scripts: the market and the API's documentation. Names in assets/ carry
// a hash of their content, so they may be kept for ever.
export default defineConfig({
  base: "./", // wherever a proxy puts the pages
  plugins: [outlines(), flags()],
  build: {
    outDir: "../build/web",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2_000,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ["index.html", "docs.html"] },
  },
  server: { proxy: { "/api": "http://localhost:9001", "/openapi.json": "http://localhost:9001" } },
});
