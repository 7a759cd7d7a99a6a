// Commands to copy.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Size } from "../price";

/// The clipboard is there on HTTPS and localhost alone; on plain HTTP a selection can be copied.
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

function copySelected(text: string): boolean {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "copied";
  document.body.append(field);
  field.select();
  try {
    return document.execCommand("copy");
  } finally {
    field.remove();
    if (before instanceof HTMLElement) before.focus();
  }
}

type Copied = "not yet" | "yes" | "failed";
const LABELS: Record<Copied, string> = {
  "not yet": "Copy",
  yes: "Copied",
  failed: "Select it and copy",
};

/// As the requestor's tool takes a size.
export function sizeFlags({ cpu, memory, storage }: Size): string {
  return `--cpu ${cpu} --memory ${memory} --storage ${storage}`;
}

/// `text` within single quotes of a shell.
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/// The address of a path of the board, whatever this page's own is.
export function addressOf(path: string): string {
  return new URL(path, document.baseURI).href;
}

export function Command({ what, text }: { what: ComponentChildren; text: string }) {
  const [copied, setCopied] = useState<Copied>("not yet");
  return (
    <li>
      <span>{what}</span>
      <code tabIndex={0}>{text}</code>
      <button
        type="button"
        onClick={() => void copy(text).then((isCopied) => setCopied(isCopied ? "yes" : "failed"))}
      >
        {LABELS[copied]}
      </button>
    </li>
  );
}
