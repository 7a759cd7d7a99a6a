// A field whose text is taken over when typing pauses, and not with each letter.
import { useEffect, useRef, useState } from "preact/hooks";

const PAUSE = 350; // ms

interface Props {
  type: "number" | "search";
  value: string;
  /// False: the text makes no sense, and is shown as such.
  onTyped: (text: string) => boolean;
  min?: number;
  max?: number;
  step?: number | "any";
  inputMode?: "numeric" | "decimal";
  placeholder?: string;
  maxLength?: number;
  spellcheck?: boolean;
}

export function Typed({ type, value, onTyped, ...rest }: Props) {
  const kind = type === "number" ? ({ type } as const) : ({ type } as const);
  const [text, setText] = useState(value);
  const [isBad, setBad] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const typed = useRef(value);
  const take = () => {
    if (timer.current !== null) clearTimeout(timer.current);
    timer.current = null;
    setBad(!onTyped(typed.current));
  };
  const takeNow = () => {
    if (timer.current !== null) take();
  };
  useEffect(() => {
    // What comes from elsewhere (Back, "Clear all") counts, unless it is what is being typed.
    if (timer.current !== null) return;
    typed.current = value;
    setText(value);
    setBad(false);
  }, [value]);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
    },
    [],
  );
  return (
    <input
      {...kind}
      {...rest}
      value={text}
      aria-invalid={isBad}
      onInput={(event) => {
        typed.current = event.currentTarget.value;
        setText(typed.current);
        if (timer.current !== null) clearTimeout(timer.current);
        timer.current = setTimeout(take, PAUSE);
      }}
      onBlur={takeNow}
      onKeyDown={(event) => {
        if (event.key === "Enter") takeNow();
      }}
    />
  );
}

/// A whole number of at least `least`; an empty field counts as that.
export function SizeField(props: {
  label: string;
  value: number;
  least: number;
  onSize: (size: number) => void;
}) {
  return (
    <label>
      {props.label}
      <Typed
        type="number"
        min={props.least}
        max={2147483647}
        step={1}
        inputMode="numeric"
        value={String(props.value)}
        onTyped={(text) => {
          const size = Number(text || props.least);
          if (!Number.isInteger(size) || size < props.least || size > 2147483647) return false;
          props.onSize(size);
          return true;
        }}
      />
    </label>
  );
}
