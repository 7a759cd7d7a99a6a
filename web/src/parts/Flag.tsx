import { codes, folder } from "virtual:flags";

const known = new Set(codes.split(" "));

/// Beside the country's name or code, which says all.
export function Flag({ code }: { code: string }) {
  if (!known.has(code)) return null;
  return (
    <img class="flag" src={`${folder}${code}.svg`} alt="" width="21" height="14" loading="lazy" />
  );
}
