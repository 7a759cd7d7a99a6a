// The outlines of the countries, as SVG paths: made when the page is built, so that it carries neither
// the atlas nor the projection. The page imports them as virtual:outlines (src/outlines.d.ts).
import { type GeoContext, geoNaturalEarth1, geoPath } from "d3-geo";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { Plugin } from "vite";
// By path, since Vite packs relative imports into its configuration, and leaves packages to Node, which
// imports no JSON without a warning.
import codes from "./node_modules/i18n-iso-countries/codes.json";
import atlas from "./node_modules/world-atlas/countries-110m.json";

const MODULE = "virtual:outlines";
const RESOLVED = `\0${MODULE}`;
const WIDTH = 760;
const HEIGHT = 360;

/// Draws as SVG in whole tenths, each point relative to the one before: compressed, that takes two
/// thirds of what positions take.
class RelativePath implements GeoContext {
  text = "";
  private x = 0;
  private y = 0;

  moveTo(x: number, y: number): void {
    this.x = Math.round(10 * x);
    this.y = Math.round(10 * y);
    this.text += `M${this.x / 10},${this.y / 10}`;
  }

  lineTo(x: number, y: number): void {
    const right = Math.round(10 * x) - this.x;
    const down = Math.round(10 * y) - this.y;
    if (right === 0 && down === 0) return;
    this.x += right;
    this.y += down;
    this.text += `l${right / 10},${down / 10}`;
  }

  closePath(): void {
    this.text += "z";
  }

  // Borders have no points of their own, so nothing else is drawn.
  beginPath(): void {}
  arc(): void {}
}

function moduleText(): string {
  const letters = new Map(codes.map(([alpha2, , numeric]) => [numeric, alpha2] as const));
  const topology = atlas as unknown as Topology<{
    countries: GeometryCollection<{ name: string }>;
  }>;
  const countries = feature(topology, topology.objects.countries).features.filter(
    ({ properties }) => properties.name !== "Antarctica",
  );
  const projection = geoNaturalEarth1().fitSize([WIDTH, HEIGHT], {
    type: "FeatureCollection",
    features: countries,
  });
  const outlines = countries.map((country) => {
    const { name } = country.properties;
    const path = new RelativePath();
    geoPath(projection, path)(country);
    const code = letters.get(String(country.id)) ?? (name === "Kosovo" ? "XK" : "");
    return { code, name, outline: path.text };
  });
  return (
    `export const width = ${WIDTH};\nexport const height = ${HEIGHT};\n` +
    `export const outlines = ${JSON.stringify(outlines)};\n`
  );
}

export function outlines(): Plugin {
  return {
    name: "outlines",
    resolveId: (id) => (id === MODULE ? RESOLVED : undefined),
    load: (id) => (id === RESOLVED ? moduleText() : undefined),
  };
}
