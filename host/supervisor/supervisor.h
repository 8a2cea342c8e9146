// SPDX-License-Identifier: MIT
//
// Keeps one connection of Kapacitor's alive over workers that may die: to Kapacitor it is the UDF, to the
// worker it is Kapacitor. It passes data on, both ways, as it comes (Journal, Delivery, Gate), answers
// keepalives itself, and when a worker crashes, hangs or is to be replaced, starts another, which goes on
// from the last checkpoint. Kapacitor sees a pause.
//
// It loads no plugin and waits for nothing but its descriptors and the clock. One thread serves it to the end; its
// workers live no longer than that thread.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "guard/policy.h"
#include "log/event.h"
#include "metrics/registry.h"
#include "supervisor/account.h"
#include "supervisor/delivery.h"
#include "supervisor/gate.h"
#include "supervisor/journal.h"
#include "supervisor/outlet.h"
#include "supervisor/restarts.h"
#include "supervisor/suspicion.h"
#include "supervisor/worker.h"
#include "wire/buffer.h"
#include "wire/channel.h"
#include "wire/control.h"
#include "wire/frame_reader.h"
#include "wire/keepalive_interval.h"

namespace supervisor {

struct Settings {
    using milliseconds = std::chrono::milliseconds;

    std::string function;  // what is supervised, at the front of messages: `plugin moving_avg`
    // Its name for whoever watches, as far as it is known before a worker tells it: `moving_avg`
    std::string algorithm = {};
    // A new worker. Throws where it cannot be started, which counts as its death.
    std::function<std::unique_ptr<Worker>()> start;
    // The worker that was started last has come to work: what it is made of is to be kept. False where it cannot be.
    std::function<bool()> keep = {};
    // A new worker of what was kept, for when none can be had of what there is by now. Both may be empty.
    std::function<std::unique_ptr<Worker>()> start_kept = {};
    // Whether what a new worker would be made of has changed; asked now and then. Empty where that cannot be.
    std::function<bool()> changed = {};
    // Told of Kapacitor's Init, before any worker is. May be empty.
    std::function<void(const wire::pb::InitRequest&)> saw_init = {};

    bool own_agent = true;  // an udf-host: it has the guard, and says by itself when a call hangs
    guard::Policy guard = {};
    size_t frame_limit = wire::kFrameLimit;  // bytes

    size_t journal_limit = 64u << 20;  // bytes
    bool drops_oldest = false;         // where it is full, rather than let Kapacitor wait
    milliseconds checkpoint_interval{10'000};
    milliseconds hang{300'000};  // without a sign that it gets on; 0 = never
    milliseconds drain{1000};    // the same, once the input has ended
    // Without anything read of the output, where the input waits too; no less than Kapacitor's patience with
    // keepalives.
    milliseconds stall{60'000};
    uint64_t memory_limit = 0;  // bytes of a worker; 0 = none
    Restarts::Limit restarts = {};
    bool starts_for_ever = false;  // a worker that cannot be had may come: it is on another machine
    bool defer_load_errors = false;
    std::filesystem::path dead_letter = {};  // a file; empty = none
};

class Supervisor final : public metrics::Watched {
public:
    // `client` is Kapacitor's side.
    Supervisor(wire::FdChannel& client, Settings settings);
    ~Supervisor() override;
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    // To the end of the connection; call once. True where it ended as it should. Otherwise the cause has been logged
    // and sent.
    bool serve();

    // A new worker is to take over, with the state of the present one. [any]
    void upgrade() noexcept override;
    // How things stand, for the log, and for whoever watches. [any]
    void report() noexcept override;
    metrics::Session session() const override;
    // Of the workers. [any]
    void set_log_level(uint32_t level) noexcept override { account_.set_log_level(level); }

    static constexpr size_t kOutputLimit = 256u << 10;  // bytes that wait for Kapacitor; then the worker waits

private:
    using Clock = std::chrono::steady_clock;
    using milliseconds = std::chrono::milliseconds;

    enum class Asked : uint8_t { nothing, info, init, restore };
    // A worker and how far it is.
    struct Life {
        Life(std::unique_ptr<Worker> made, size_t frame_limit, Account& its_account);
        ~Life();  // ends the worker
        Life(const Life&) = delete;
        Life& operator=(const Life&) = delete;
        Account& account;
        const std::unique_ptr<Worker> worker;
        const std::shared_ptr<metrics::Activity> activity;  // of it; may be null
        wire::FrameReader in;
        std::string to;  // bytes of requests that are being written to it
        Asked asked = Asked::nothing;
        bool initialised = false, restored = false;
        bool closing = false;  // its input has ended
        bool deaf = false;     // it does not read any more
        bool of_kept = false;  // what it is made of
        Clock::time_point since{}, asked_at{};
    };
    // Thrown, and caught by step().
    struct Left {};  // the connection has ended
    struct Died {
        std::string cause;
        bool own_fault;
        metrics::Cause kind;
    };

    void step();
    void publish() noexcept;
    milliseconds until_next_look() const;
    void look_at_clock();

    // Kapacitor's side.
    void read_client();
    bool has_room() const;
    void take_data(std::string_view frames, uint64_t count, uint64_t points, bool ends_unit);
    void take_client_frames();
    void take_client_frame(const wire::Split& frame);
    void take_request(const wire::pb::Request& request, std::string_view frame);
    void send(std::string_view frames);
    void write_client();
    size_t write_some(std::string_view bytes);
    void reply(const wire::pb::Response& response);
    void heartbeat_if_due();
    void input_ended();

    // The worker.
    bool wants_worker() const;
    void start_worker();
    std::string restore_frame() const;
    void look_at_worker(Clock::time_point now);
    void acknowledged();
    void prompt(Life& life);
    void ask(Life& life, Asked what, std::string_view frame);
    void begin_work();
    void serve_worker(Life& life, bool readable, bool event);
    wire::Channel::Status read_worker(Life& life);
    void take_worker_frames(Life& life);
    void take_response(Life& life, const wire::pb::Response& response, std::string_view frame);
    void answered_init(Life& life, const wire::pb::InitResponse& response, std::string_view frame);
    void answered_restore(Life& life, const wire::pb::RestoreResponse& response, std::string_view frame);
    void took_snapshot(const std::string& snapshot);
    void write_worker();
    void write_request(Life& life);
    void progressed();

    // Death.
    [[noreturn]] void ended(Life& life);
    void died(const Died& death);
    void judge(const Delivery::Suspect& suspect, const Died& death, const std::string& group);
    void put_aside(const Delivery::Suspect& unit, const std::string& cause, const std::string& group) const;
    std::string group_at(Position at) const;
    void look_at_retired();

    // Checkpoints and room.
    void ask_for_owed_snapshot();
    void answer_snapshots(bool good);
    void answer_late_snapshots(Clock::time_point now);
    void answer_marks();
    void checkpoint_if_due(Clock::time_point now);
    void make_room();
    void drop_oldest();
    void tell_lost();

    // Upgrades.
    void look_at_upgrade(Clock::time_point now);
    void start_upgrade();
    void switch_over();
    void refuse_upgrade(const std::string& why);

    // The end.
    bool takes_rest_of_input();
    void finish_if_done();
    void leave_if_stalled();
    void leave_if_stuck();
    [[noreturn]] void leave_finished();
    [[noreturn]] void leave_refused();
    [[noreturn]] void refuse(const std::string& cause);
    [[noreturn]] void fail(const std::string& cause);
    [[noreturn]] void leave_failed(const std::string& error);
    void tell() const;
    void end_worker();
    void linger(milliseconds limit);

    std::string who() const;       // at the front of messages to Kapacitor
    logging::Where where() const;  // for the log
    bool busy() const;
    static double seconds(milliseconds time) { return std::chrono::duration<double>(time).count(); }

    wire::FdChannel& client_;
    const Settings settings_;
    Account account_;
    wire::FrameReader client_in_;
    wire::Buffer out_;
    PlainOutlet plain_;
    std::optional<GuardedOutlet> guarded_;
    Journal journal_;
    Delivery delivery_;
    Gate gate_;
    Restarts restarts_;

    std::string task_, node_;
    std::string info_frame_, init_frame_;  // requests, to be asked of each worker
    bool owes_init_ = false, owes_restore_ = false;
    size_t owed_infos_ = 0, owed_snapshots_ = 0;
    uint64_t asked_snapshots_ = 0;
    Position snapshot_owed_from_ = 0;  // where the last of them was asked for
    struct Mark {
        Position at;
        uint64_t snapshots_before;  // requests
        int64_t time;
    };
    std::deque<Mark> owed_marks_;                 // of a supervisor in front of us
    bool client_supervises_ = false;              // there is one
    std::string snapshot_;                        // of the checkpoint
    std::string shown_snapshot_;                  // the last good one
    bool in_batch_ = false, in_batches_ = false;  // of the input
    uint64_t batch_points_ = 0;                   // of the one it is in

    std::unique_ptr<Life> life_, successor_;
    std::vector<std::pair<std::unique_ptr<Life>, Clock::time_point>> retired_;  // until when they may end by themselves
    bool working_ = false, worked_ = false;  // the present worker is being given data; any ever was
    Clock::time_point start_at_{};
    bool has_kept_ = false, wants_kept_ = false;  // what worked; a worker of it rather than of what there is by now
    bool ever_initialised_ = false;

    Suspicion suspicion_;
    Position best_done_ = 0;     // or left out
    int left_out_in_a_row_ = 0;  // units, and none was done
    uint64_t quarantined_ = 0, upgrades_ = 0;
    bool output_blocked_ = false;
    uint64_t forgotten_ = 0;  // bytes of the journal since the checkpoint that no worker can be given again
    uint64_t lost_units_ = 0, told_lost_units_ = 0;  // dropped, for the journal was full
    uint64_t doubtful_units_ = 0;                    // the same, but that the worker has them

    Clock::time_point progress_at_{}, got_on_at_{}, written_at_{}, checkpoint_at_{}, snapshot_asked_at_{},
        snapshot_owed_at_{}, quiet_since_{}, looked_at_{}, changed_looked_at_{}, flowed_at_{};
    bool snapshot_failed_ = false;
    std::optional<Clock::time_point> ended_at_;
    bool client_gone_ = false, clean_ = true;
    wire::KeepaliveInterval keepalives_;

    std::atomic<bool> upgrade_wanted_ = false, report_wanted_ = false;
};

}  // namespace supervisor
