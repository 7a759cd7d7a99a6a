// Turns a built page into one C++ file: every file compressed, by its path, with a hash as its tag.
//
//   node embed.mjs <directory of the built page> <directory for the output>
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import process from "node:process";
import { constants, gzipSync } from "node:zlib";

const [from, to] = process.argv.slice(2).map((path) => resolve(path));
const types = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

function* filesIn(directory, prefix = "") {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = `${prefix}/${entry.name}`;
    if (entry.isDirectory()) yield* filesIn(join(directory, entry.name), path);
    else yield path;
  }
}

function pathOf(file) {
  if (file === "/index.html") return "/";
  return file.endsWith(".html") ? file.slice(0, -".html".length) : file;
}

mkdirSync(to, { recursive: true });
const blocks = [];
const rows = [];
for (const file of [...filesIn(from)].sort()) {
  const type = types[extname(file)];
  if (!type) throw new Error(`no media type is known for ${file}`);
  const content = readFileSync(join(from, file));
  const name = `file${rows.length}`;
  const packed = join(to, `${name}.gz`);
  writeFileSync(packed, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
  const tag = createHash("sha256").update(content).digest("hex").slice(0, 16);
  blocks.push(`__asm__(
    ".pushsection .rodata\\n"
    "${name}_begin: .incbin \\"${packed}\\"\\n"
    "${name}_end: .popsection\\n");
extern "C" const char ${name}_begin[];
extern "C" const char ${name}_end[];`);
  rows.push(
    `    {"${pathOf(file)}", "${type}", "\\"${tag}\\"", ${content.length}, ${name}_begin, ${name}_end},`,
  );
}
writeFileSync(
  join(to, "web_files.cc"),
  `#include "api/web_files.h"

#include <array>

${blocks.join("\n")}

namespace discovery {

namespace {

constexpr std::array<WebFile, ${rows.length}> kFiles{{
${rows.join("\n")}
}};

}  // namespace

std::span<const WebFile> web_files() { return kFiles; }

}  // namespace discovery
`,
);
