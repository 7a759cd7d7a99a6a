// The flags of the countries, as pictures, since some systems have none among their letters. Each is a file
// of its own, loaded when it comes into sight. The page imports their place as virtual:flags
// (src/flags.d.ts).
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import type { Plugin } from "vite";

const MODULE = "virtual:flags";
const RESOLVED = `\0${MODULE}`;
const PICTURES = new URL("./node_modules/country-flag-icons/3x2/", import.meta.url);

function readFlags(): { code: string; picture: string }[] {
  return readdirSync(PICTURES)
    .filter((name) => /^[A-Z]{2}\.svg$/.test(name))
    .sort()
    .map((name) => ({
      code: name.slice(0, 2),
      picture: readFileSync(new URL(name, PICTURES), "utf8"),
    }));
}

export function flags(): Plugin {
  const all = readFlags();
  const hash = createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 8);
  const folder = `assets/flags-${hash}/`;
  return {
    name: "flags",
    resolveId: (id) => (id === MODULE ? RESOLVED : undefined),
    load: (id) =>
      id === RESOLVED
        ? `export const folder = ${JSON.stringify(folder)};\n` +
          `export const codes = ${JSON.stringify(all.map(({ code }) => code).join(" "))};\n`
        : undefined,
    generateBundle() {
      for (const { code, picture } of all) {
        this.emitFile({ type: "asset", fileName: `${folder}${code}.svg`, source: picture });
      }
    },
  };
}
