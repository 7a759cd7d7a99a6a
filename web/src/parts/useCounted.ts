import { computed } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { clock } from "../state";

const AGE = 60_000; // ms
const age = computed(() => Math.floor(clock.value / AGE));

/// What the board counts for a question that `key` says all of, and again each minute. Null: not known
/// yet, or nothing is asked because `key` is null; "unknown": it cannot be counted.
export function useCounted<T>(
  key: string | null,
  count: (signal: AbortSignal) => Promise<T>,
): T | "unknown" | null {
  const [counted, setCounted] = useState<{ key: string; value: T | "unknown" } | null>(null);
  const present = useRef(count);
  present.current = count;
  const turn = age.value;
  useEffect(() => {
    if (key === null) return undefined;
    const gone = new AbortController();
    present.current(gone.signal).then(
      (value) => setCounted({ key, value }),
      () => {
        if (!gone.signal.aborted) setCounted({ key, value: "unknown" });
      },
    );
    return () => gone.abort();
  }, [key, turn]);
  return counted?.key === key ? counted.value : null;
}
