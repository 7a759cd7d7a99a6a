declare module "virtual:flags" {
  /// Where the pictures are, relative to the page.
  export const folder: string;
  /// Those that there are, with blanks between.
  export const codes: string;
}
