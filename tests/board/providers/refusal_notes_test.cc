#include "board/providers/refusal_notes.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace discovery {
namespace {

using Standing = RefusalNotes::Standing;

RefusalNote note_of(std::string id, int64_t time = 1, std::string code = "REQ_001") {
  return {std::move(id), WallTime{Duration{time}}, std::move(code), "why"};
}

TEST(RefusalNotes, TheLastOneCounts) {
  RefusalNotes notes(42);
  EXPECT_FALSE(notes.find("a").note);
  notes.note(note_of("a", 1), Standing::unknown);
  notes.note(note_of("a", 2, "AUTH_001"), Standing::known);
  EXPECT_EQ(notes.find("a").note->code, "AUTH_001");
  notes.note(note_of("a", 3, "RATE_001"), Standing::unknown);
  EXPECT_EQ(notes.find("a").note->code, "RATE_001");
  EXPECT_FALSE(notes.find("b").note);
}

TEST(RefusalNotes, TheUnsignedAreOnlyCounted) {
  RefusalNotes notes(42);
  notes.note(note_of("a"), Standing::known);
  for (int i = 0; i < 3; ++i) notes.count_unsigned("a");
  EXPECT_EQ(notes.find("a").unsigned_refusals, 3U);
  EXPECT_EQ(notes.find("a").note->code, "REQ_001");
}

TEST(RefusalNotes, OfStrangersTheLastTenThousandAreKnown) {
  RefusalNotes notes(42);
  for (size_t i = 0; i <= limits::kRefusalNotes; ++i) {
    notes.note(note_of("p" + std::to_string(i)), Standing::unknown);
  }
  EXPECT_FALSE(notes.find("p0").note);
  EXPECT_TRUE(notes.find("p1").note);
}

TEST(RefusalNotes, StrangersPushNobodyOutWhoIsKnown) {
  RefusalNotes notes(42);
  notes.note(note_of("known"), Standing::known);
  for (size_t i = 0; i < 2 * limits::kRefusalNotes; ++i) {
    notes.note(note_of("p" + std::to_string(i)), Standing::unknown);
  }
  EXPECT_TRUE(notes.find("known").note);
}

TEST(RefusalNotes, EachNoteIsTakenOnce) {
  RefusalNotes notes(42);
  notes.note(note_of("a"), Standing::unknown);
  for (const char* id : {"b", "c"}) notes.note(note_of(id), Standing::known);
  notes.count_unsigned("d");
  EXPECT_EQ(notes.take_unsaved(2).size(), 2U);
  EXPECT_EQ(notes.take_unsaved(2).size(), 1U);
  EXPECT_FALSE(notes.has_unsaved());
  EXPECT_TRUE(notes.take_unsaved(2).empty());
  notes.note(note_of("b", 2), Standing::known);
  EXPECT_TRUE(notes.has_unsaved());
  ASSERT_EQ(notes.take_unsaved(2).size(), 1U);
  EXPECT_TRUE(notes.find("b").note);
}

TEST(RefusalNotes, WhatCouldNotBeSavedIsTakenAgain) {
  RefusalNotes notes(42);
  notes.note(note_of("a"), Standing::known);
  notes.give_back(notes.take_unsaved(9));
  EXPECT_EQ(notes.take_unsaved(9).size(), 1U);
}

}  // namespace
}  // namespace discovery
