// A field whose text is taken over when typing pauses, and not with each letter.
import { useEffect, useRef, useState } from "preact/hooks";
import { LARGEST } from "../price";
import { resets } from "../state";

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

/// What is typed, and a way to take it over now. What comes from elsewhere (Back, "Clear all") counts, unless
/// it is a change of the address while something is being typed.
function useTyped(value: string, onTyped: (text: string) => boolean) {
  const [text, setText] = useState(value);
  const [isBad, setBad] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const typed = useRef({ text: value, isReadable: true });
  const stop = () => {
    if (timer.current !== null) clearTimeout(timer.current);
    timer.current = null;
  };
  const take = () => {
    stop();
    setBad(!typed.current.isReadable || !onTyped(typed.current.text));
  };
  const takeNow = () => {
    if (timer.current !== null) take();
  };
  const onInput = (text: string, isReadable: boolean) => {
    typed.current = { text, isReadable };
    setText(text);
    stop();
    timer.current = setTimeout(take, PAUSE);
  };
  const reset = resets.value;
  const knownReset = useRef(reset);
  useEffect(() => {
    const isReset = reset !== knownReset.current;
    knownReset.current = reset;
    if (timer.current !== null && !isReset) return;
    stop();
    typed.current = { text: value, isReadable: true };
    setText(value);
    setBad(false);
  }, [value, reset]);
  useEffect(() => stop, []);
  return { text, isBad, takeNow, onInput };
}

export function Typed({ type, value, onTyped, ...rest }: Props) {
  const { text, isBad, takeNow, onInput } = useTyped(value, onTyped);
  // One type of field each, as its properties are checked by type.
  const kind = type === "number" ? ({ type } as const) : ({ type } as const);
  return (
    <input
      {...kind}
      {...rest}
      value={text}
      aria-invalid={isBad}
      onInput={({ currentTarget: field }) => onInput(field.value, !field.validity.badInput)}
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
        max={LARGEST}
        step={1}
        inputMode="numeric"
        value={String(props.value)}
        onTyped={(text) => {
          const size = Number(text || props.least);
          if (!Number.isInteger(size) || size < props.least || size > LARGEST) return false;
          props.onSize(size);
          return true;
        }}
      />
    </label>
  );
}
