import { afterEach, describe, expect, it, vi } from "vitest";
import { BoardError } from "../../src/board";
import { readStream } from "../../src/live/stream";

function answer(pieces: string[]) {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(encoder.encode(piece));
      controller.close();
    },
  });
  const fetch = vi.fn(() => Promise.resolve(new Response(body)));
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

async function read(lastId: string | null = null) {
  const seen: unknown[] = [];
  let pieces = 0;
  await readStream("watch", lastId, new AbortController().signal, {
    onBytes: () => (pieces += 1),
    onMessage: (name, data) => seen.push([name, data]),
    onMark: (id) => seen.push(id),
  });
  return { seen, pieces };
}

describe("server-sent events over fetch", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("are messages with their ids, however they are cut", async () => {
    const text =
      'retry: 2000\n\nevent: added\nid: 1\ndata: {"a":"ü"}\n\nevent: synced\nid: 2\ndata: {}\n\n';
    const all = [["added", { a: "ü" }], "1", ["synced", {}], "2"];
    for (const at of [0, 3, 20, 40, 52, text.length]) {
      answer([text.slice(0, at), text.slice(at)]);
      expect((await read()).seen).toEqual(all);
    }
  });

  it("have heartbeats, which are ids without an event", async () => {
    answer(["event: synced\nid: 2\ndata: {}\n\n", "id: 7-f\n\n", ":\n\n"]);
    expect(await read()).toEqual({ seen: [["synced", {}], "2", "7-f"], pieces: 3 });
  });

  it("go on behind the last id", async () => {
    const fetch = answer([]);
    await read("7-f");
    expect(fetch).toHaveBeenCalledWith(
      "watch",
      expect.objectContaining({ headers: { Accept: "text/event-stream", "Last-Event-ID": "7-f" } }),
    );
  });

  it("are refused with the board's reason and time", async () => {
    vi.stubGlobal("fetch", () =>
      Promise.resolve(
        new Response('{"message":"too many"}', { status: 429, headers: { "Retry-After": "7" } }),
      ),
    );
    await expect(read()).rejects.toMatchObject(new BoardError(429, "too many", 7));
  });
});
