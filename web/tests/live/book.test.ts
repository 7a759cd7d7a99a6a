import { describe, expect, it } from "vitest";
import { OfferBook } from "../../src/live/book";
import { offer } from "../offer";

describe("the offers of a stream", () => {
  it("are the same, whatever was missed", () => {
    const book = new OfferBook();
    book.apply("added", offer, 1);
    book.apply("synced", {}, 2);
    expect(book.offers.get("a")?.changedAt).toBe(0);
    book.apply("updated", { ...offer, country: "DE" }, 3);
    expect(book.offers.get("a")).toMatchObject({ country: "DE", changedAt: 3 });
    book.apply("removed", { provider_id: "unknown", reason: "expired" }, 5);
    expect([...book.offers.keys()]).toEqual(["a"]);
    book.apply("removed", { provider_id: "a", reason: "expired" }, 5);
    book.apply("added", offer, 6);
    book.apply("reset", {}, 7);
    expect(book.offers.size).toBe(0);
    expect(book.isSynced).toBe(false);
  });

  it("are renewed in place, without a change of contents", () => {
    const book = new OfferBook();
    book.apply("added", { ...offer, grace: true }, 1);
    const before = book.offers.get("a");
    const { changes } = book;
    const times = { created_at: "1", updated_at: "2", expires_at: "3" };
    book.apply("refreshed", { provider_id: "a", ...times }, 4);
    book.apply("refreshed", { provider_id: "unknown", ...times }, 4);
    expect(book.offers.get("a")).toBe(before);
    expect(before).toMatchObject({ ...times, country: "SE" });
    expect(before).not.toHaveProperty("grace");
    expect(book.changes).toBe(changes);
    book.apply("refreshed", { provider_id: "a", ...times, grace: true }, 5);
    expect(before?.grace).toBe(true);
  });
});
