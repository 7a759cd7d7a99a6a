import { beforeEach, describe, expect, it } from "vitest";
import { NO_FILTERS, type Filters } from "../../src/address";
import {
  type Effect,
  FIRST,
  LIVE_MAX,
  LiveMachine,
  PAGE,
  PAGES_MAX,
  type Question,
} from "../../src/live/machine";
import { offer } from "../offer";

const question = (change: Partial<Filters> = {}, order = "price"): Question => ({
  filters: { ...NO_FILTERS, ...change },
  order,
});
const offers = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ ...offer, provider_id: `p-${at}` }));

describe("the page and the board", () => {
  let machine: LiveMachine;
  let now: number;
  let last: Effect | undefined;
  beforeEach(() => {
    machine = new LiveMachine(() => 0.5);
    now = 1_000;
    last = undefined;
  });

  const handle = (event: Parameters<LiveMachine["handle"]>[0]) => {
    const effects = machine.handle(event, now);
    last = effects.at(-1) ?? last;
    return effects;
  };
  const key = () => (last && "key" in last ? last.key : -1);
  const watch = (asked = question()) => handle({ type: "watch", question: asked });
  const listed = (count: number, total = count) =>
    handle({ type: "listed", key: key(), offers: offers(count), total });
  const message = (name: string, data: unknown = {}) =>
    handle({ type: "message", key: key(), name, data });
  const fail = (status: number | null, retryAfter: number | null = null) =>
    handle({ type: "failed", key: key(), failure: { status, message: "no", retryAfter } });
  const tick = (after: number) => {
    now += after;
    return handle({ type: "tick" });
  };
  const goLive = (count = 3) => {
    watch();
    listed(Math.min(count, FIRST), count);
    for (const one of offers(count)) message("added", one);
    message("synced");
    machine.publish();
  };

  it("asks for the first rows, and then for the stream behind them", () => {
    expect(watch()).toMatchObject([{ type: "list", limit: FIRST, found: "" }]);
    expect(machine.phase.name).toBe("asking");
    expect(listed(FIRST, 1_000)).toMatchObject([{ type: "stream", query: "", lastId: null }]);
    expect(machine.phase.name).toBe("loading");
    expect(machine.shown).toMatchObject({ total: 1_000, isWhole: false });
    message("added", offer);
    machine.publish();
    expect(machine.shown?.offers.length).toBe(FIRST);
    message("synced");
    machine.publish();
    expect(machine.phase.name).toBe("live");
    expect(machine.shown).toMatchObject({ total: 1, isWhole: true });
  });

  it("ignores what comes for a question that is asked no more", () => {
    watch();
    const old = key();
    watch(question({ cpu: 4 }));
    expect(handle({ type: "listed", key: old, offers: offers(1), total: 1 })).toEqual([]);
    expect(
      handle({ type: "failed", key: old, failure: { status: 422, message: "", retryAfter: null } }),
    ).toEqual([]);
    expect(machine.phase.name).toBe("asking");
    expect(machine.shown).toBeNull();
  });

  it("marks rows as old until those of the new question are there", () => {
    goLive();
    expect(machine.isOld).toBe(false);
    watch(question({ cpu: 4 }));
    expect(machine.isOld).toBe(true);
    expect(machine.shown?.question.filters.cpu).toBe(1);
    listed(1);
    expect(machine.isOld).toBe(false);
  });

  it("puts a whole market in order itself", () => {
    goLive();
    expect(watch(question({}, "-cpu"))).toEqual([]);
    expect(watch(question({ find: "north" }, "-cpu"))).toEqual([]);
    expect(machine.isOld).toBe(false);
    expect(machine.phase.name).toBe("live");
  });

  it("asks the board for each order where it has a part alone", () => {
    watch();
    listed(FIRST, 1_000);
    expect(watch(question({}, "-cpu"))).toMatchObject([
      { type: "list", question: { order: "-cpu" } },
    ]);
    expect(machine.isOld).toBe(true);
  });

  it("says so where the board is silent, and goes on where it was", () => {
    goLive();
    handle({ type: "mark", key: key(), id: "id-7" });
    tick(30_000);
    expect(machine.phase.name).toBe("live");
    handle({ type: "alive", key: key() });
    tick(34_000);
    expect(machine.phase.name).toBe("live");
    expect(tick(1_000)).toEqual([{ type: "stop" }]);
    expect(machine.phase).toMatchObject({ name: "waiting", reason: "lost" });
    expect(tick(3_999)).toEqual([]);
    expect(tick(1)).toMatchObject([{ type: "stream", lastId: "id-7" }]);
    expect(machine.shown?.offers.length).toBe(3);
    message("removed", { provider_id: "p-1" });
    message("synced");
    machine.publish();
    expect(machine.shown?.offers.map((one) => one.provider_id)).toEqual(["p-0", "p-2"]);
  });

  it("shows what it had until a new snapshot is whole", () => {
    goLive();
    message("reset");
    expect(machine.phase.name).toBe("loading");
    message("added", offer);
    machine.publish();
    expect(machine.shown?.offers.length).toBe(3);
    message("synced");
    machine.publish();
    expect(machine.shown?.offers.length).toBe(1);
  });

  it("begins with a list where a snapshot was cut", () => {
    watch();
    listed(FIRST, 1_000);
    message("added", offer);
    handle({ type: "mark", key: key(), id: "id-s" });
    fail(null);
    expect(tick(4_000)).toMatchObject([{ type: "list" }]);
    expect(listed(FIRST, 1_000)).toMatchObject([{ type: "stream", lastId: null }]);
    expect(machine.loaded).toBe(0);
  });

  it("says what the board refuses, and does not ask again", () => {
    watch(question({ q: "cpu>=" }));
    fail(422);
    expect(machine.phase).toEqual({ name: "refused", message: "no" });
    expect(tick(600_000)).toEqual([]);
    watch(question({ q: "cpu>=" }));
    expect(machine.phase.name).toBe("refused");
    expect(watch(question({ q: "cpu>=4" }))).toMatchObject([{ type: "list" }]);
  });

  it("waits as long as the board says", () => {
    watch();
    fail(429, 20);
    expect(machine.phase).toMatchObject({
      name: "waiting",
      reason: "limited",
      until: now + 20_500,
    });
    expect(watch(question({}, "-cpu"))).toEqual([]);
    expect(tick(20_499)).toEqual([]);
    expect(tick(1)).toMatchObject([{ type: "list", question: { order: "-cpu" } }]);
  });

  it("asks for lists where no stream is to be had", () => {
    watch();
    listed(3);
    fail(429, 2);
    expect(machine.phase).toMatchObject({ name: "polling", why: "no" });
    expect(tick(14_999)).toEqual([]);
    expect(tick(1)).toMatchObject([{ type: "list", limit: PAGE }]);
    expect(listed(3)).toMatchObject([{ type: "stream" }]);
  });

  it("shows a large market in pages", () => {
    watch();
    expect(listed(FIRST, LIVE_MAX + 1)).toMatchObject([{ type: "list", limit: PAGE }]);
    listed(PAGE, LIVE_MAX + 1);
    expect(machine.phase).toMatchObject({ name: "polling", due: now + 15_000 });
    expect(machine.shown).toMatchObject({ total: LIVE_MAX + 1, isWhole: false });
    expect(handle({ type: "more" })).toMatchObject([{ type: "list", limit: 2 * PAGE }]);
    listed(2 * PAGE, LIVE_MAX + 1);
    for (let time = 0; time < 9; ++time) handle({ type: "more" });
    expect(last).toMatchObject({ limit: PAGES_MAX });
    listed(PAGES_MAX, LIVE_MAX + 1);
    expect(watch(question({}, "-cpu"))).toMatchObject([{ type: "list" }]);
    listed(PAGES_MAX, LIVE_MAX + 1);
    expect(tick(15_000)).toMatchObject([{ type: "list" }]);
    expect(listed(PAGES_MAX, LIVE_MAX)).toMatchObject([{ type: "stream" }]);
  });

  it("has the board find whole names in a large market", () => {
    watch(question({ find: "north" }));
    expect(listed(FIRST, LIVE_MAX + 1)).toMatchObject([{ type: "list", found: "north" }]);
    expect(listed(1)).toEqual([]);
    expect(machine.shown).toMatchObject({ total: 1, isWhole: false, found: "north" });
    expect(machine.isOld).toBe(false);
    expect(watch(question({ find: "south" }))).toMatchObject([{ type: "list", found: "south" }]);
    expect(machine.isOld).toBe(true);
    listed(0);
    expect(watch()).toMatchObject([{ type: "list", found: "" }]);
    expect(machine.isOld).toBe(true);
    listed(PAGE, LIVE_MAX + 1);
    expect(machine.isOld).toBe(false);
    expect(machine.shown).toMatchObject({ total: LIVE_MAX + 1 });
  });

  it("tries the stream again while a name is looked for", () => {
    watch();
    listed(FIRST, 3_000);
    fail(503, 1);
    expect(watch(question({ find: "north" }))).toMatchObject([{ type: "list", found: "north" }]);
    listed(1);
    expect(tick(15_000)).toMatchObject([{ type: "stream" }]);
    fail(503, 1);
    expect(tick(15_000)).toMatchObject([{ type: "list", found: "north" }]);
    listed(1);
    expect(tick(15_000)).toMatchObject([{ type: "stream" }]);
  });

  it("does not begin a snapshot anew because a name is typed", () => {
    watch();
    listed(FIRST, 3_000);
    message("added", offer);
    expect(watch(question({ find: "north" }))).toEqual([]);
    expect(machine.loaded).toBe(1);
  });

  it("keeps as many pages as were asked for", () => {
    watch();
    listed(FIRST, LIVE_MAX + 1);
    listed(PAGE, LIVE_MAX + 1);
    handle({ type: "more" });
    fail(503, 1);
    expect(machine.phase).toMatchObject({ name: "waiting", reason: "busy" });
    expect(tick(2_000)).toMatchObject([{ type: "list", limit: 2 * PAGE }]);
    expect(listed(2 * PAGE, LIVE_MAX + 1)).toEqual([]);
  });

  it("does not ask before the board says, whatever is done meanwhile", () => {
    watch();
    fail(429, 20);
    const { phase } = machine;
    handle({ type: "rest" });
    expect(watch()).toEqual([{ type: "stop" }]);
    expect(machine.phase).toEqual(phase);
    expect(watch(question({ cpu: 4 }))).toEqual([{ type: "stop" }]);
    expect(tick(20_500)).toMatchObject([{ type: "list", question: { filters: { cpu: 4 } } }]);
  });

  it("shows a market that outgrows the page in pages", () => {
    goLive(LIVE_MAX);
    const effects = offers(LIVE_MAX * 1.25 + 1).flatMap((one) => message("added", one));
    expect(effects).toMatchObject([{ type: "list" }]);
    expect(machine.loaded).toBe(0);
  });

  it("holds no stream while it rests, and goes on where it was", () => {
    goLive();
    handle({ type: "mark", key: key(), id: "id-9" });
    expect(handle({ type: "rest" })).toEqual([{ type: "stop" }]);
    expect(tick(100_000)).toEqual([]);
    expect(machine.shown?.offers.length).toBe(3);
    expect(watch()).toMatchObject([{ type: "stream", lastId: "id-9" }]);
  });

  it("gives its stream up for other tabs, and takes it back", () => {
    goLive();
    expect(handle({ type: "streams", allowed: false })).toEqual([{ type: "stop" }]);
    expect(tick(0)).toMatchObject([{ type: "list", limit: PAGE }]);
    expect(listed(3)).toEqual([]);
    expect(machine.phase.name).toBe("polling");
    expect(machine.shown?.isWhole).toBe(true);
    tick(15_000);
    listed(2);
    machine.publish();
    expect(machine.shown?.offers.length).toBe(2);
    expect(watch(question({ find: "north" }))).toEqual([]);
    expect(tick(15_000)).toMatchObject([{ type: "list", found: "" }]);
    listed(3);
    expect(handle({ type: "streams", allowed: true })).toMatchObject([{ type: "stream" }]);
  });
});
