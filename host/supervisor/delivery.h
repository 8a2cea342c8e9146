// SPDX-License-Identifier: MIT
//
// What a worker is given of the journal, and how far it is known to have got. Between the data it gets
// marks, KeepaliveRequests with a number: the answer to one says that all before it is done, and all that
// came of it is here. Marks and requests for snapshots stand at the ends of units only.
//
// Not every agent answers in order: that of Kapacitor's Go package hands points to a goroutine that holds one
// of them back, while the answer to a mark goes out. To such a mark is put kAskings times, each time when the
// answer before is here, with no data in between, and a snapshot is asked for behind a mark. (Of 20,000 points each:
// overtaken by the first answer 19,800, by the second 6, with GOMAXPROCS=1 800, by the third none.)
//
// When a worker has died the next one starts from the checkpoint and gets everything again:
//
//     checkpoint ---- done ---- acknowledged ---- sent ---- end of the journal
//                 |                            |
//                 what came of it has left     near the death: one unit at a time, each with a mark,
//                 already: it is dropped       to learn which one it is that kills
//
// Knows no worker and no clock: bytes to write go out, answers come in. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "supervisor/journal.h"

namespace supervisor {

class Delivery {
public:
    static constexpr int kAskings = 3;
    enum class Answers : uint8_t { in_order, overtaking };
    explicit Delivery(Journal& journal, Answers answers = Answers::in_order)
        : journal_(journal), overtaking_(answers == Answers::overtaking) {}

    // A new worker, which is as the checkpoint says.
    void start();

    // ---- To the worker ----

    // The next bytes to write; empty where it has to wait, for data or for an answer.
    std::string_view next();
    void wrote(size_t bytes);

    // Whether something else may be written now.
    bool is_between_units() const noexcept { return control_.empty() && at_unit_end_; }

    // Data was sent and has no mark behind it yet: too little for one. It gets one now.
    bool unmarked() const noexcept { return at_unit_end_ && sent_ > last_mark_; }
    void mark_now() noexcept { mark_now_ = true; }

    // A mark at the end of what has come until now: `at`. Nothing that comes of later data is here before its answer.
    void request_mark(Position at);

    // The worker is asked for its state at the next end of a unit, not before `from`; `exactly` there, though it has to
    // wait for the answer to an earlier question.
    void request_snapshot(Position from = 0, bool exactly = false) noexcept;
    void need_not_be_exact() noexcept { snapshot_exactly_ = false; }
    bool wants_snapshot() const noexcept { return snapshot_wanted_ || checkpoint_wanted_ || snapshot_asked_; }
    // The present worker is asked at the next end of a unit, however far it is to where a snapshot is wanted.
    void request_checkpoint() noexcept { checkpoint_wanted_ = true; }
    // There will be a snapshot soon, without waiting for what is not on its way yet.
    bool nears_snapshot() const noexcept {
        return checkpoint_wanted_ || snapshot_asked_ || (snapshot_wanted_ && snapshot_from_ <= sent_ + kWindow);
    }
    // The same as a checkpoint, and it is given nothing more from then on: has_handed_over() once the answer is there.
    // Until goes_on() or start().
    void request_handover() noexcept;
    bool has_handed_over() const noexcept { return hands_over_ && !snapshot_asked_; }
    void goes_on() noexcept { handover_wanted_ = hands_over_ = false; }

    // ---- From the worker ----

    // The answer to a mark. False where it is none, or not the last one to it.
    bool acknowledge(int64_t time);
    bool awaits_snapshot() const noexcept { return snapshot_asked_; }
    // The answer to a request for a snapshot: the position that it is of; nothing where that is not known, for it was
    // not asked for, or answers to later questions came before.
    std::optional<Position> snapshot_came();

    // ---- The journal ----

    Position checkpoint() const noexcept { return checkpoint_; }
    // From now on workers start there; what is before it is forgotten. Not behind what is acknowledged.
    void set_checkpoint(Position at);
    // The end of what any worker has been given a part of.
    Position reached() const noexcept { return std::max(sent_, careful_.end); }
    // Units that are not done and never will be.
    struct GivenUp {
        uint64_t unsent;  // no worker has ever got them, or not the present one
        uint64_t
            in_doubt;  // the present one has them: what comes of them may still come, until the next acknowledgement
    };
    // Gives up all before `to`, the end of a unit, not before reached(). Nothing where that cannot be now.
    std::optional<GivenUp> give_up(Position to);

    // ---- How things stand ----

    // What comes from the worker now has come before.
    bool catching_up() const noexcept { return acknowledged_ < done_; }
    // The present worker may have units before it that another one has had.
    bool is_near_death() const noexcept { return acknowledged_ < careful_.end; }
    // Something is owed to us: an answer will come.
    bool owed() const noexcept { return !asked_.empty(); }
    Position acknowledged() const noexcept { return acknowledged_; }
    Position sent() const noexcept { return sent_; }
    Position done() const noexcept { return done_; }
    // Every unit that came is done.
    bool all_done() const noexcept;

    // ---- Death ----

    struct Suspect {
        Position begin, end;
        bool alone;  // nothing else was on its way: it was this one
    };
    // The first unit that was not done when the worker died; nothing where none was. Call it once for each worker.
    std::optional<Suspect> died();
    // No worker gets that unit again.
    void take_out(const Suspect& unit);

private:
    struct Asked {
        Position at;
        int64_t number;  // of a mark; 0 for a snapshot
    };
    struct Range {
        Position begin, end;
    };
    static constexpr size_t kWindow = 256u << 10;     // bytes that may be on their way
    static constexpr size_t kMarkEvery = 128u << 10;  // bytes

    bool careful(Position at) const noexcept { return careful_.begin <= at && at < careful_.end; }
    bool needs_mark() const noexcept;
    bool wants_snapshot_here() const noexcept;
    void ask_mark();
    void now_done() noexcept;
    bool plan();
    void pass_over_taken_out() noexcept;
    Position first_undone() const noexcept;

    Journal& journal_;
    const bool overtaking_;
    Position checkpoint_ = 0;
    Position done_ = 0;  // by any worker, and what came of it has left

    // Of the present worker.
    bool at_work_ = false;
    Position sent_ = 0, acknowledged_ = 0, last_mark_ = 0;
    Position planned_ = 0;  // to where it is being sent now
    bool planned_is_unit_end_ = true, at_unit_end_ = true;
    std::string control_;  // a message of ours that is being written, or the rest of a unit
    std::deque<Asked> asked_;
    int askings_left_ = 0;  // of a mark that is put several times; nothing else is sent meanwhile
    bool asks_ = false;     // one of them is under way
    bool mark_now_ = false;
    std::deque<Position> wanted_marks_;  // behind what is done
    bool snapshot_wanted_ = false, checkpoint_wanted_ = false, snapshot_asked_ = false, snapshot_exactly_ = false;
    Position snapshot_from_ = 0;
    bool handover_wanted_ = false, hands_over_ = false;

    Range careful_{0, 0};
    std::deque<Range> taken_out_;
    int64_t marks_ = 0;
};

}  // namespace supervisor
