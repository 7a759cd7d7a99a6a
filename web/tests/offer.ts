// An offer, as the board shows it.
import type { Offer } from "../src/board";

export const offer: Offer = {
  provider_id: "a",
  provider_name: "",
  ip_address: "83.233.10.2",
  country: "SE",
  platform: null,
  network: null,
  payments_network: null,
  resources: { cpu: 4, memory: 8, storage: 100 },
  pricing: { usd_per_core_month: 6, usd_per_gb_ram_month: 2.5, usd_per_gb_storage_month: 0.12 },
  verified: false,
  created_at: "2026-02-19T09:54:30.123456Z",
  updated_at: "2026-02-19T09:54:30.123456Z",
  expires_at: "2026-02-19T09:59:30.123456Z",
};
