// Server-sent events over fetch, which shows what EventSource hides: heartbeats, and why a stream was
// refused (docs/watch.md).
import { createParser } from "eventsource-parser";
import { errorOf, request } from "../board";

interface StreamHandler {
  onBytes(): void;
  onMessage(name: string, data: unknown): void;
  onMark(id: string): void;
}

/// Until the stream ends; throws where it is refused or breaks.
export async function readStream(
  path: string,
  lastId: string | null,
  signal: AbortSignal,
  handler: StreamHandler,
): Promise<void> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (lastId !== null) headers["Last-Event-ID"] = lastId;
  const response = await request(path, { headers, signal, cache: "no-store" });
  if (!response.ok || !response.body) throw await errorOf(response);
  const parser = createParser({
    onEvent: ({ event, data, id }) => {
      handler.onMessage(event ?? "message", JSON.parse(data));
      if (id !== undefined) handler.onMark(id);
    },
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    handler.onBytes();
    parser.feed(value);
    // A heartbeat is an id without an event, of which the parser tells nothing. One that comes in two
    // pieces is missed, and another follows.
    const mark = /^id: ?(\S+)\n\n$/.exec(value.slice(-120));
    if (mark?.[1]) handler.onMark(mark[1]);
  }
}
