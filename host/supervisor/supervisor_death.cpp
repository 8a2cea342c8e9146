// SPDX-License-Identifier: MIT
//
// Supervisor: what becomes of a worker's death, and of the unit that it died of.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "log/log.h"
#include "supervisor/supervisor.h"
#include "text/utf8.h"
#include "wire/dead_letter.h"

namespace supervisor {
namespace {

using std::chrono::milliseconds;

constexpr int kStartsAtFirst = 3;  // of a worker that has never come to life

// A name for people: one may have a megabyte.
std::string shown(std::string_view group) {
    constexpr size_t kLongest = 200;  // bytes
    return text::replace_bad_utf8(group.substr(0, kLongest)) + (group.size() > kLongest ? "..." : "");
}

}  // namespace

void Supervisor::ended(Life& life) {
    const Worker::End end = life.worker->end();
    if (life.closing && &life == life_.get() && (client_gone_ || end.clean || init_frame_.empty())) {
        clean_ = end.clean;
        leave_finished();
    }
    throw Died{end.cause, end.own_fault, end.kind};
}

void Supervisor::died(const Died& death) {
    const auto now = Clock::now();
    std::string name = "the worker", said;
    if (life_) {
        name = life_->worker->name();
        if (Errors* errors = life_->worker->errors()) {
            life_->worker->kill();
            errors->read();
            said = errors->last_lines();
        }
    }
    std::optional<Delivery::Suspect> suspect;
    std::string where;
    if (std::exchange(working_, false)) {
        progress_at_ = now;
        suspect = delivery_.died();
        gate_.worker_died();
        lost_units_ += std::exchange(doubtful_units_, 0);
        if (suspect) where = group_at(suspect->begin);
    } else if (death.own_fault) {
        wants_kept_ = has_kept_ && !wants_kept_;
    }
    life_.reset();
    if (successor_) refuse_upgrade("the present worker died meanwhile");
    std::string text = fmt::format("{} died: it {}", name, death.cause);
    account_.last_error.set(text);
    if (suspect) text += fmt::format(", at a point of group '{}'", shown(where));
    if (forgotten_ != 0)
        logging::warning(this->where(),
                         "the state is older than it should be: input since the last snapshot was not kept",
                         {{"bytes", forgotten_}});
    const auto pause = restarts_.died(now);
    const bool never_lived = !ever_initialised_ && restarts_.total() >= kStartsAtFirst;
    const std::string lines = said.empty() ? "" : fmt::format("; it said last: {}", said);
    if (!settings_.starts_for_ever && (!pause || never_lived)) {
        const std::string times =
            fmt::format("{} (restarts: {}, left out: {}){}", text, restarts_.total() - 1, quarantined_, lines);
        if (!ever_initialised_) refuse(fmt::format("{}: {}", settings_.function, times));
        fail(times);
    }
    metrics::add(account_.restarts[static_cast<size_t>(death.kind)], 1);
    if (suspect && suspect->alone) judge(*suspect, death, where);
    const milliseconds wait = ended_at_ ? milliseconds(0) : pause.value_or(milliseconds(10'000));
    logging::warning(this->where(), suspect ? "the worker died, at a point" : "the worker died",
                     {{"group", shown(where)},
                      {"cause", death.cause},
                      {"worker", name},
                      {"restart", restarts_.total()},
                      {"pause", seconds(wait)},
                      {"said", said}});
    start_at_ = now + wait;
}

void Supervisor::judge(const Delivery::Suspect& suspect, const Died& death, const std::string& group) {
    if (!suspicion_.is_proven(suspect.begin, death.own_fault)) return;
    if (!delivery_.catching_up()) gate_.taken_out();
    delivery_.take_out(suspect);
    best_done_ = std::max(best_done_, suspect.end);
    // Where nothing else comes through, it is not the points.
    if (++left_out_in_a_row_ <= settings_.restarts.most) restarts_.progress();
    ++quarantined_;
    account_.last_error.set(fmt::format("left out a {} of group '{}' that killed the worker {} times: {}",
                                        in_batches_ ? "batch" : "point", shown(group), suspicion_.deaths(),
                                        death.cause));
    put_aside(suspect, death.cause, group);
}

void Supervisor::put_aside(const Delivery::Suspect& unit, const std::string& cause, const std::string& group) const {
    wire::DeadLetter letter;
    letter.time = std::chrono::system_clock::now();
    letter.function = settings_.function;
    letter.task = task_;
    letter.node = node_;
    letter.group = group;
    letter.cause = cause;
    letter.deaths = suspicion_.deaths();
    for (Position at = unit.begin; at < unit.end;) {
        const std::string_view bytes = journal_.view(at).substr(0, unit.end - at);
        letter.frames.append(bytes);
        at += bytes.size();
    }
    const bool keeps = !settings_.dead_letter.empty();
    logging::error(where(),
                   fmt::format("left out a {} that killed the worker again and again{}",
                               in_batches_ ? "batch" : "point", keeps ? "" : "; to keep such, use --dead-letter"),
                   {{"group", shown(group)},
                    {"cause", cause},
                    {"deaths", suspicion_.deaths()},
                    {"file", settings_.dead_letter.native()}});
    if (keeps) try {
            wire::append_dead_letter(settings_.dead_letter, letter);
        } catch (const std::exception& e) {
            logging::error(where(), "the dead letter was not kept", {{"cause", e.what()}});
        }
}

std::string Supervisor::group_at(Position at) const {
    const wire::Split frame = wire::split_frame(journal_.view(at), wire::kMostFrameLimit);
    const wire::Message message = wire::open_message(frame.body);
    wire::BatchHeader header;
    wire::PointRun run;
    if (message.kind == wire::Kind::begin && wire::decode_begin(message.body, header))
        return {header.batch.group.data, header.batch.group.size};
    if (message.kind == wire::Kind::point && run.add(message.body, 0))
        return {run.points()[0].group.data, run.points()[0].group.size};
    return {};
}

}  // namespace supervisor
