#include "api/nearest_path.h"

#include <gtest/gtest.h>

namespace discovery {
namespace {

constexpr std::string_view kBoard = "/api/v1/advertisements";

TEST(NearestPath, FindsWhatWasMeant) {
  for (const std::string_view path : {"//api/v1/advertisements",
                                      "/api//v1///advertisements//",
                                      "/api/v1/advertisements//",
                                      "/api/advertisements",
                                      "/v1/advertisements",
                                      "/advertisements",
                                      "/advertisements/",
                                      "/API/v1/advertisements",
                                      "/Api/V1/Advertisements",
                                      "/api/v2/advertisements",
                                      "/api/v1/advertisements.json",
                                      "/api/v1/advertisement",
                                      "/api/v1/advertisments",
                                      "/api/v1/advertisement.json",
                                      "/api%2Fv1%2fadvertisements",
                                      "/%61pi/v1/advertisements",
                                      "/board/api/v1/advertisementS",
                                      "/a/b/c/d/api/v1/advertisements",
                                      "/api/api/v1/advertisements",
                                      "/api/v1/v1/advertisements",
                                      "/offers",
                                      "/api/v1/ads",
                                      "/v10/advertisements"}) {
    EXPECT_EQ(nearest_path(path), kBoard) << path;
  }
  EXPECT_EQ(nearest_path("/offres"), kBoard);
  EXPECT_EQ(nearest_path("/api/v1/explian"), "/api/v1/explain");
  EXPECT_EQ(nearest_path("/api/v1/explai"), "/api/v1/explain");
  EXPECT_EQ(nearest_path("/statistics"), "/api/v1/stats");
  EXPECT_EQ(nearest_path("/api/v1/health"), "/health");
  EXPECT_EQ(nearest_path("/healthz"), "/health");
  EXPECT_EQ(nearest_path("/api/v1/status"), "/health");
  EXPECT_EQ(nearest_path("/readyz"), "/ready");
  EXPECT_EQ(nearest_path("/api/v1/docs"), "/docs");
  EXPECT_EQ(nearest_path("/swagger"), "/docs");
  EXPECT_EQ(nearest_path("/openapi.yaml"), "/openapi.json");
  EXPECT_EQ(nearest_path("/index.html"), "/");
  EXPECT_EQ(nearest_path("/whoami"), "/api/v1/whoami");
  EXPECT_EQ(nearest_path("/api"), "/docs");
  EXPECT_EQ(nearest_path("/api/v1/"), "/docs");
}

TEST(NearestPath, LeavesIdsAsTheyAre) {
  EXPECT_EQ(nearest_path("/advertisements/Some-ID.json"), "/api/v1/advertisements/Some-ID.json");
  EXPECT_EQ(nearest_path("//api/v1/advertisements//p"), "/api/v1/advertisements/p");
  EXPECT_EQ(nearest_path("/api/v1/advertisements%2Fp%20q"), "/api/v1/advertisements/p%20q");
  EXPECT_EQ(nearest_path("/advertisements/v1"), "/api/v1/advertisements/v1");
  EXPECT_EQ(nearest_path("/api/v1/advertisements/p/proofs"), "/api/v1/advertisements/p/proof");
  EXPECT_EQ(nearest_path("/advertisements/p/Proof/"), "/api/v1/advertisements/p/proof");
  EXPECT_EQ(nearest_path("/api/v1/provider/p"), "/api/v1/providers/p");
  EXPECT_EQ(nearest_path("/api/v1/providers"), "/api/v1/providers/{provider_id}");
}

TEST(NearestPath, GuessesNothingFarFetched) {
  for (const std::string_view path :
       {"", "/", "//", "/nothing", "/board/", "/favicon.ico", "/assets/index.js", "/health/x",
        "/api/v1/stats/x", "/api/v1/advertisements/p/q", "/api/v1/advertisements/p/q/proof",
        "/api/v1/providers/p/proof", "/api/v1/adverts", "/dog", "/api/v1/x", "/.env", "/wp-admin",
        "/%ff/advertisements", "/a/b/c/d/e/api/v1/advertisements"}) {
    EXPECT_EQ(nearest_path(path), "") << path;
  }
}

TEST(NearestPath, ReadsPathsOfACertainLength) {
  const std::string id(512 - std::string("/advertisements/").size(), 'x');
  EXPECT_EQ(nearest_path("/advertisements/" + id), std::string(kBoard) + "/" + id);
  EXPECT_EQ(nearest_path("/advertisements/" + id + "x"), "");
  EXPECT_EQ(nearest_path("/" + std::string(511, '/')), "");
}

}  // namespace
}  // namespace discovery
