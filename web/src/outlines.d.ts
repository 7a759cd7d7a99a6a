// Made by outlines.ts, beside vite.config.ts.
declare module "virtual:outlines" {
  /// The size of the picture that the outlines lie in.
  export const width: number;
  export const height: number;
  /// The outline is a path of SVG; a country without a code of ISO 3166 has "".
  export const outlines: readonly { code: string; name: string; outline: string }[];
}
