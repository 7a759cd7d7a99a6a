// A browser opens six connections to one server, and a stream keeps one of them for itself. Of all tabs
// of this browser on this board only the four that were used last hold streams; the others ask for lists.

const STREAMS_MAX = 4;

interface Note {
  tab: string;
  is: "used" | "closed";
}

export class StreamTabs {
  private readonly tab = crypto.getRandomValues(new Uint32Array(4)).join("-");
  private readonly channel = new BroadcastChannel("golem-discovery-streams");
  private readonly later = new Set<string>(); // tabs that were used after this one
  private isAllowed = true;

  constructor(private readonly onChange: (isAllowed: boolean) => void) {
    this.channel.onmessage = ({ data }: MessageEvent<Note>) => {
      if (data.is === "used") this.later.add(data.tab);
      else this.later.delete(data.tab);
      this.tell();
    };
    addEventListener("pagehide", () => this.release());
  }

  /// This tab is the one in use.
  use(): void {
    this.later.clear();
    this.send("used");
    this.tell();
  }

  /// This tab needs no stream.
  release(): void {
    this.send("closed");
  }

  private send(is: Note["is"]): void {
    this.channel.postMessage({ tab: this.tab, is } satisfies Note);
  }

  private tell(): void {
    const isAllowed = this.later.size < STREAMS_MAX;
    if (isAllowed === this.isAllowed) return;
    this.isAllowed = isAllowed;
    this.onChange(isAllowed);
  }
}
