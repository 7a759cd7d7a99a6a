// The HTTP contract on top of the board: one request in, one short path, one reply out.
//
// advertisements.cc has section 1's board but for list.cc, watch.cc, explain.cc and stats.cc;
// providers.cc what is known of one provider, operations.cc the rest; api.cc routes and answers.
#pragma once

#include <array>
#include <atomic>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advertisement/codec.h"
#include "api/access/credentials.h"
#include "api/access/limiter.h"
#include "api/log_budget.h"
#include "api/reply/error_body.h"
#include "api/reply/gzip.h"
#include "api/reply/negotiation.h"
#include "api/reply/page_cache.h"
#include "api/watch/watch_desk.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "board/archive.h"
#include "board/board.h"
#include "net/connection_counts.h"
#include "net/http1/exchange.h"
#include "query/query.h"

namespace discovery {

/// Where the process stands between its start and its end; shared by all threads.
struct Lifecycle {
  enum class Phase { loading, serving, draining };
  std::atomic<Phase> phase{Phase::loading};
  std::atomic<Archive*> archive{nullptr};         // there from `serving` on
  std::atomic<bool> warned_of_forwarding{false};  // X-Forwarded-For from a peer that is not trusted
  std::atomic<bool> warned_of_entry{false};       // an entry of it that names no address
  std::atomic<bool> warned_of_hosts{false};       // a verified post, but PUBLIC_HOSTS is unset
};

struct ApiOptions {
  size_t page_size_max = 10'000;
  size_t walk_piece = 1'000;  // listings found at a time where more match than a page may have
  CodecOptions codec;
  std::vector<IpNetwork> trusted_proxies;
  AuthOptions auth;
  uint64_t search_work_max = 4'000'000;  // of one question, as work_of() counts
  size_t kept_page_bytes = 24 * 1024 * 1024;
  size_t gzip_bytes_per_second = 32 * 1024 * 1024;
  /// Those who watch, counted like connections; shared by all threads.
  std::shared_ptr<ConnectionCounts> watchers =
      std::make_shared<ConnectionCounts>(ConnectionLimits{});
};

/// One per I/O thread and used by it alone; the board, the limiter and the lifecycle are shared and
/// outlive it.
class Api final : public Handler {
 public:
  Api(const ApiOptions& options, Board& board, Limiter& limiter, Lifecycle& lifecycle,
      const Clock& clock, Outbox& outbox);

  void handle(const Request& request, Exchange& exchange) override;
  void fault(HttpFault fault, const IpAddress& peer, std::string_view forwarded_for,
             Exchange& exchange) override;
  void tick() override { desk_.tick(); }

 private:
  using RequestId = std::array<char, 16>;
  /// An answer on its way out.
  struct Answer {
    Exchange& exchange;
    RequestId id;
    Reply reply;
    const Credentials* poster = nullptr;  // of a post: who is told later why it was refused
  };
  /// A request on its way through, with its answer.
  struct Call : Answer {
    const Request& request;
    IpAddress client;
    BootTime now;
    Credentials credentials;  // of a post or withdrawal
    bool on_trust = false;    // if refused, it counts as one whose signature was no good
  };
  /// What is kept of a call that is answered later.
  struct Parked {
    std::shared_ptr<Exchange> exchange;
    RequestId id;
    std::optional<RateLimitState> rate_limit;
    Sharing sharing;
  };
  class Pending;
  struct Route {
    void (Api::*get)(Call&, std::string_view id) = nullptr;
    void (Api::*post)(Call&, std::string_view id) = nullptr;
    void (Api::*remove)(Call&, std::string_view id) = nullptr;
    std::string_view allow;
    bool counted = true;
    std::string_view id;  // the path's last part, still encoded; of a page the whole path
  };

  static Route route(std::string_view path);
  void dispatch(Call& call);
  void follow(Call& call, const Route& route);
  void refuse_path(Call& call);
  void preflight(Call& call, const Route& route);
  RequestId next_request_id();
  IpAddress client_of(const IpAddress& peer, std::string_view forwarded_for);
  bool admit(Call& call, Traffic traffic);
  bool charge_write(Call& call);
  bool charge(Answer& answer, Traffic traffic, const IpAddress& client, BootTime now);
  bool allows(Answer& answer, const Limiter::Verdict& verdict, std::string_view what);

  // advertisements.cc
  void post(Call& call, std::string_view id);
  void show(Call& call, std::string_view id);
  void withdraw(Call& call, std::string_view id);
  bool takes_media(Call& call);
  bool has_credentials(Call& call);
  void check_credentials(const Call& call, Faults& faults);
  std::optional<ProofPtr> authenticate(Call& call);
  void check_path_id(std::string_view encoded, std::string& id, Faults& faults);
  bool names_provider(Call& call, std::string_view encoded);
  bool is_loaded(Call& call);
  void refuse_unlisted(Answer& answer, const std::string& id);
  void tell(Answer& answer, const Pending& pending, const Outcome& outcome);

  // list.cc
  enum class Found { known, rendered, held, walked };
  void list(Call& call, std::string_view id);
  bool affords(Call& call, uint64_t work);
  void find_page(const Index& index, BootTime now);
  void tag_found();
  void describe_found(std::string_view query);
  size_t measure_found() const;
  void append_total();
  Found hold_found(Call& call, size_t bytes);
  uint64_t hold_walk(Call& call, const Index& index);
  void render_found(size_t bytes);
  void send_rendered(Call& call, Coding coding);
  void send_walk(Call& call, uint64_t work);
  void send_page(Call& call, const RenderedPage& page, std::string_view body);

  // watch.cc
  void watch(Call& call, std::string_view id);
  void refuse_watcher(Call& call, const std::optional<ConnectionTicket>& ticket);

  // explain.cc and stats.cc
  void explain(Call& call, std::string_view id);
  void stats(Call& call, std::string_view id);

  // providers.cc
  void proof(Call& call, std::string_view id);
  void provider(Call& call, std::string_view id);
  void tell(Answer& answer, const std::string& id, const Result<std::optional<Proof>>& proof);
  void tell(Answer& answer, const std::string& id,
            const Result<std::optional<ProviderRecord>>& record);
  void refuse_unproven(Answer& answer, const std::string& id);
  void refuse_unread(Answer& answer, const Error& error);

  // pages.cc
  void page(Call& call, std::string_view path);
  void redirect(Call& call, std::string_view file);

  // operations.cc
  void health(Call& call, std::string_view id);
  void ready(Call& call, std::string_view id);
  void whoami(Call& call, std::string_view id);
  void openapi(Call& call, std::string_view id);

  void send(Answer& answer, std::string_view body);
  void refuse(Answer& answer, int status, std::string_view code, std::string_view message,
              const ErrorFacts& facts = {});
  void refuse(Answer& answer, const Faults& faults);
  void refuse(Answer& answer, const AuthFault& fault);
  bool accepts(Call& call, const QueryFaults& faults);
  void refuse_busy(Answer& answer, std::string_view message);
  void log_refusal(const Answer& answer, std::string_view message);
  void refuse_fault(Answer& answer, const std::exception& error);
  void note_refusal(const Answer& answer, std::string_view code, std::string_view message);

  static Parked park(const Call& call);
  template <class Tell>
  void resume(const Parked& parked, Tell&& tell) {
    Answer answer{*parked.exchange, parked.id, {}};
    answer.reply.sharing = parked.sharing;
    answer.reply.rate_limit = parked.rate_limit;
    // Others that are told with it must not go without their answers.
    try {
      tell(answer);
    } catch (const std::exception& error) {
      refuse_fault(answer, error);
    }
  }

  const ApiOptions options_;
  Board& board_;
  Limiter& limiter_;
  Lifecycle& lifecycle_;
  const Clock& clock_;
  Outbox& outbox_;
  const Authenticator authenticator_;
  const uint64_t id_key_;

  // Kept between requests for their memory.
  Codec codec_;
  Advertisement advertisement_;
  Query query_;
  Page found_;
  uint64_t total_ = 0;  // that match, where they are counted
  RenderedPage fresh_;
  std::string body_;
  std::string provider_id_;

  WatchDesk desk_;
  PageCache pages_;
  Gzip gzip_;
  std::string stats_;
  BootTime stats_good_until_{};

  uint64_t requests_ = 0;
  LogBudget log_budget_;
  const std::string refresh_after_;  // `,"refresh_after":100}`
};

}  // namespace discovery
