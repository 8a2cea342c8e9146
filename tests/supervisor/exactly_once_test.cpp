// SPDX-License-Identifier: MIT
//
// Journal, Delivery and Gate together, over workers that live in memory and die at any moment.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "supervisor/delivery.h"
#include "supervisor/frames.h"
#include "supervisor/gate.h"
#include "supervisor/journal.h"
#include "support/check_property.h"
#include "wire/buffer.h"

using supervisor::Delivery;
using supervisor::Gate;
using supervisor::Journal;

namespace {

namespace pb = kapacitor::udf;

class Collected final : public supervisor::Outlet {
public:
    void points(std::string_view frames, uint64_t points) override { add(frames, points); }
    void batch(std::string_view frames, uint64_t points) override { add(frames, points); }
    std::vector<int64_t> times;
    uint64_t counted = 0;

private:
    void add(std::string_view frames, uint64_t points) {
        counted += points;
        const std::vector<int64_t> more = frames::times_of(frames);
        times.insert(times.end(), more.begin(), more.end());
    }
};

// An algorithm with state: of each unit it emits nothing, one or two sums. Dies on a time that is
// poison.
struct ModelWorker {
    int64_t sum = 0;
    bool in_batch = false;
    std::vector<int64_t> batch;
    std::string input, output;
    bool has_state = true;
    // As Kapacitor's Go agent has it: the last point waits in a goroutine, and two answers may go before it.
    bool holds_back = false;
    std::string held;
    int overtaken = 0;

    static constexpr int64_t kPoison = 13;

    // False where it has died.
    bool take_one() {
        const wire::Split frame = wire::split_frame(input);
        if (frame.status != wire::Split::whole) return true;
        pb::Request request;
        request.ParseFromArray(frame.body.data(), static_cast<int>(frame.body.size()));
        const std::string bytes(frame.frame);
        input.erase(0, bytes.size());
        if (request.has_begin()) in_batch = true;
        if (request.has_point()) {
            if (!in_batch) return unit({request.point().time()});
            batch.push_back(request.point().time());
        }
        if (request.has_end()) {
            in_batch = false;
            return unit(std::exchange(batch, {}));
        }
        pb::Response response;
        if (request.has_keepalive()) response.mutable_keepalive()->set_time(request.keepalive().time());
        if (request.has_snapshot()) response.mutable_snapshot()->set_snapshot(std::to_string(sum));
        if (response.message_case() == pb::Response::MESSAGE_NOT_SET) return true;
        if (++overtaken == Delivery::kAskings) let_go();
        output += frames::frame_of(response);
        return true;
    }
    void let_go() { output += std::exchange(held, {}); }
    void emit(const std::string& frame) {
        let_go();
        overtaken = 0;
        (holds_back ? held : output) += frame;
    }

    bool unit(const std::vector<int64_t>& times) {
        for (const int64_t time : times) {
            if (time == kPoison) return false;
            if (!has_state) sum = 0;
            sum += time;
        }
        for (int64_t i = 0; i < sum % 3; ++i) emit(frames::point(sum * 10 + i));
        return true;
    }
};

std::vector<int64_t> undisturbed(const std::vector<std::vector<int64_t>>& units) {
    ModelWorker worker;
    for (const std::vector<int64_t>& unit : units)
        if (std::find(unit.begin(), unit.end(), ModelWorker::kPoison) == unit.end()) worker.unit(unit);
    return frames::times_of(worker.output);
}

// What a supervisor does, without its processes and clocks.
class Task {
public:
    using Answers = Delivery::Answers;
    explicit Task(bool batches, Answers answers = Answers::in_order) : batches_(batches), answers_(answers) { start(); }

    void put(const std::vector<int64_t>& unit) {
        const std::string bytes = batches_ ? frames::batch(unit) : frames::point(unit.at(0));
        journal_.append(bytes, true);
    }
    void write(size_t most) {
        const std::string_view bytes = delivery_.next().substr(0, most);
        if (bytes.empty()) return;
        worker_.input += bytes;
        delivery_.wrote(bytes.size());
    }
    void work(int messages) {
        for (int i = 0; i < messages; ++i)
            if (!worker_.take_one()) return die(true);
    }
    void read(size_t most) {
        received_ += worker_.output.substr(0, most);
        worker_.output.erase(0, most);
        for (wire::Split frame; (frame = wire::split_frame(received_)).status == wire::Split::whole;) {
            pb::Response response;
            response.ParseFromArray(frame.body.data(), static_cast<int>(frame.body.size()));
            if (response.has_point()) gate_.points(held_.emplace_back(frame.frame), 1);
            if (!gate_.holds()) held_.clear();
            if (response.has_keepalive() && delivery_.acknowledge(response.keepalive().time())) acknowledged();
            if (response.has_snapshot()) {
                const auto at = delivery_.snapshot_came();
                acknowledged();
                snapshot_ = response.snapshot().snapshot();
                delivery_.set_checkpoint(*at);
            }
            received_.erase(0, frame.frame.size());
        }
    }
    void checkpoint(bool of_all) {
        if (of_all)
            delivery_.request_snapshot(journal_.units_end());
        else if (!delivery_.catching_up())
            delivery_.request_checkpoint();
    }
    void mark() {
        if (delivery_.unmarked()) delivery_.mark_now();
    }
    void die(bool by_itself = false) {
        const auto suspect = delivery_.died();
        gate_.worker_died();
        if (by_itself && suspect && suspect->alone && ++deaths_[suspect->begin] == 2) {
            if (!delivery_.catching_up()) gate_.taken_out();
            delivery_.take_out(*suspect);
            taken_out_.insert(suspect->begin);
        }
        start();
    }
    void finish() {
        for (int i = 0; !delivery_.all_done(); ++i) {
            RC_ASSERT(i < 100'000);
            mark();
            write(SIZE_MAX);
            work(1);
            read(SIZE_MAX);
        }
    }
    // What comes of a unit is of that unit only.
    void forget_state() { worker_.has_state = has_state_ = false; }
    supervisor::Position end() const { return journal_.end(); }
    bool is_taken_out(supervisor::Position begin) const { return taken_out_.contains(begin); }
    const std::vector<int64_t>& sent() const { return collected_.times; }
    bool waits_for_checkpoint() const { return delivery_.wants_snapshot(); }
    size_t journal_size() const { return journal_.size(); }

private:
    void start() {
        worker_ = ModelWorker();
        worker_.has_state = has_state_;
        worker_.holds_back = answers_ == Answers::overtaking;
        worker_.sum = std::stoll(snapshot_);
        received_.clear();
        delivery_.start();
        gate_.drop_all(delivery_.catching_up());
    }
    void acknowledged() {
        gate_.acknowledged();
        if (!delivery_.is_near_death()) gate_.expect_nothing_again();
        gate_.drop_all(delivery_.catching_up());
    }

    const bool batches_;
    const Answers answers_;
    Collected collected_;
    Journal journal_;
    Delivery delivery_{journal_, answers_};
    Gate gate_{collected_, 1'000'000};
    std::deque<std::string> held_;  // what came, as long as the gate wants it
    ModelWorker worker_;
    std::string received_, snapshot_ = "0";
    std::map<supervisor::Position, int> deaths_;
    std::set<supervisor::Position> taken_out_;
    bool has_state_ = true;
};

std::vector<int64_t> some_unit(bool batches) {
    const auto any = rc::gen::weightedElement<int64_t>({{20, 1}, {20, 2}, {20, 5}, {20, 7}, {1, ModelWorker::kPoison}});
    if (!batches) return {*any};
    return *rc::gen::container<std::vector<int64_t>>(*rc::gen::inRange<size_t>(0, 4), any);
}

// Anything that may happen, at random; `put` gives the task another unit, `die` ends its worker.
template <class Put, class Die>
void disturb(Task& task, uint32_t deaths, Put&& put, Die&& die) {
    const int steps = *rc::gen::inRange(0, 400);
    for (int i = 0; i < steps; ++i) {
        switch (*rc::gen::weightedElement<int>({{10, 0}, {10, 1}, {10, 2}, {10, 3}, {2, 4}, {2, 5}, {deaths, 6}})) {
            case 0:
                for (int n = *rc::gen::inRange(1, 20); n > 0; --n) put();
                break;
            case 1:
                task.write(*rc::gen::inRange<size_t>(1, 300));
                break;
            case 2:
                task.work(*rc::gen::inRange(1, 30));
                break;
            case 3:
                task.read(*rc::gen::inRange<size_t>(1, 300));
                break;
            case 4:
                task.mark();
                break;
            case 5:
                task.checkpoint(*rc::gen::arbitrary<bool>());
                break;
            default:
                die();
        }
    }
    task.finish();
}

void lives_through_anything(bool batches, Delivery::Answers answers) {
    Task task(batches, answers);
    std::vector<std::vector<int64_t>> units;
    disturb(
        task, 1, [&] { task.put(units.emplace_back(some_unit(batches))); }, [&] { task.die(); });
    RC_ASSERT(task.sent() == undisturbed(units));
}

}  // namespace

TEST_CASE("whatever dies, and whenever, all that came of a stream leaves once and in order, but of poison") {
    support::check_property([] { lives_through_anything(false, Delivery::Answers::in_order); });
}

TEST_CASE("whatever dies, and whenever, all that came of batches leaves once and in order, but of poison") {
    support::check_property([] { lives_through_anything(true, Delivery::Answers::in_order); });
}

TEST_CASE("the same holds of a worker whose answers overtake a point") {
    support::check_property([] { lives_through_anything(false, Delivery::Answers::overtaking); });
}

// A unit that is taken out may have been done once, and what came of it and of those behind it may have left.
TEST_CASE("whichever units workers die of, though they have done them before, what comes of the others leaves once") {
    support::check_property([] {
        Task task(false);
        task.forget_state();
        std::vector<supervisor::Position> units;
        const auto id_of = [](size_t unit) { return static_cast<int64_t>(100 + unit); };
        const auto put = [&] {
            units.push_back(task.end());
            task.put({id_of(units.size() - 1)});
        };
        disturb(task, 10, put, [&] { task.die(true); });
        std::vector<int64_t> due, all;
        for (size_t unit = 0; unit < units.size(); ++unit) {
            ModelWorker worker;
            worker.unit({id_of(unit)});
            for (const int64_t time : frames::times_of(worker.output)) {
                all.push_back(time);
                if (!task.is_taken_out(units[unit])) due.push_back(time);
            }
        }
        const std::vector<int64_t>& sent = task.sent();
        RC_ASSERT(std::includes(sent.begin(), sent.end(), due.begin(), due.end()));
        RC_ASSERT(std::includes(all.begin(), all.end(), sent.begin(), sent.end()));
    });
}

TEST_CASE("what is in a checkpoint is not kept") {
    Task task(false);
    for (int i = 0; i < 1000; ++i) task.put({1});
    task.finish();
    CHECK(task.journal_size() > 0);
    task.checkpoint(true);
    while (task.waits_for_checkpoint()) {
        task.write(SIZE_MAX);
        task.work(1);
        task.read(SIZE_MAX);
    }
    CHECK(task.journal_size() == 0);
}
