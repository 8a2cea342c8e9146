// SPDX-License-Identifier: MIT
#include "agent/overtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/log_level.h"
#include "agent/thread_stack.h"
#include "log/log.h"
#include "text/utf8.h"

namespace agent {
namespace {

using std::chrono::milliseconds;

// A call that has taken so long may take much longer: Kapacitor must get rid of what it writes meanwhile, or it
// could not tell us that the task is to end.
constexpr milliseconds kReadOnAfter{1000};

constexpr milliseconds kLinger{60'000};  // for Kapacitor to read the cause and hang up

double seconds(Overtime::Clock::duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

Overtime::Overtime(Connection& connection, Limits limits, std::function<std::string()> who,
                   std::function<logging::Where()> where, std::function<void()> abandon)
    : connection_(connection),
      limits_(limits),
      who_(std::move(who)),
      where_(std::move(where)),
      abandon_(std::move(abandon)),
      watch_(connection.heartbeat_after() / 2, [this] { return look(); }) {}

void Overtime::begin(const Call& call) {
    const auto now = Clock::now();
    // Many short calls without output, behind which a KeepaliveRequest waits, make a long silence too.
    if (connection_.take_moved()) {
        quiet_since_ = now;
    } else if (now - quiet_since_ >= connection_.heartbeat_after()) {
        connection_.heartbeat();
        quiet_since_ = now;
    }
    call_ = call;
    in_call_ = true;
    began_ = moved_ = now;
    full_since_.reset();
    blocked_before_ = connection_.blocked();
    watch_.begin();
}

Overtime::Clock::duration Overtime::end() {
    watch_.end();
    in_call_ = false;
    late_ = nullptr;
    return Clock::now() - began_;
}

void Overtime::when_late(milliseconds after, std::function<bool()> late) {
    late_after_ = after;
    late_ = std::move(late);
}

// On the watch's thread.
milliseconds Overtime::look() {
    auto lock = connection_.lock();
    follow_log_level(connection_.activity());
    const milliseconds again = std::max(connection_.heartbeat_after() / 2, milliseconds(10));
    if (!in_call_ || given_up_) return again;
    const auto now = Clock::now();
    const auto lasted = now - began_;
    if (connection_.take_moved()) quiet_since_ = now;
    if (std::exchange(written_, connection_.written()) != written_) moved_ = now;
    // A handler that waits for its output to be taken does not hang.
    const auto worked = lasted - (connection_.blocked() - blocked_before_);

    if (take_too_long_at_end(now)) {
        logging::warning(where_(), "the input has ended and a call has not returned: leaving without it",
                         {{"cause", describe_call(lasted)}});
        given_up_ = true;
        connection_.hang_up();
    } else if (late_ && worked >= late_after_ && std::exchange(late_, nullptr)()) {
        given_up_ = true;
        connection_.hang_up();
    } else if (limits_.handler.count() != 0 && worked >= limits_.handler) {
        give_up_hung(lasted, fmt::format("--handler-timeout is {:g} s", seconds(limits_.handler)));
    } else if (full_since_ && now - *full_since_ >= std::max(limits_.full, connection_.keepalive_timeout())) {
        give_up_hung(lasted, "so much input waits behind it that all of Kapacitor waits");
    } else {
        // At the end nobody waits for one any more, and it would pass for progress.
        const bool heard = !connection_.output_closed() && !connection_.ended_for();
        if (heard && now - quiet_since_ >= connection_.heartbeat_after()) {
            connection_.heartbeat();
            quiet_since_ = now;
        }
        if (lasted >= kReadOnAfter && !connection_.read_on() && !full_since_) full_since_ = now;
        return std::min(again, limits_.drain / 4);
    }
    lock.unlock();
    abandon_();
    return again;
}

bool Overtime::take_too_long_at_end(Clock::time_point now) {
    const auto ended = connection_.ended_for();
    if (!ended) return false;
    return std::min<Clock::duration>(*ended, now - moved_) >= limits_.drain ||
           *ended >= Connection::kDrainTotal * limits_.drain;
}

void Overtime::give_up_hung(Clock::duration lasted, const std::string& why) {
    given_up_ = true;
    connection_.activity().hung = true;
    const std::string what = fmt::format("{}; {}", describe_call(lasted), why);
    logging::error(where_(), "the handler hangs", {{"cause", what}, {"stack", describe_stack(thread_)}});
    connection_.activity().last_error.set(fmt::format("the handler hangs ({})", what));
    try {
        connection_.send_last(fmt::format("{}: the handler hangs ({})", who_(), what), kLinger);
    } catch (const std::exception& e) {
        logging::error(where_(), "the cause could not be sent", {{"cause", e.what()}});
    }
    connection_.hang_up();
}

std::string Overtime::describe_call(Clock::duration lasted) const {
    std::string text = fmt::format("{} has not returned for {:.1f} s", call_.name, seconds(lasted));
    if (call_.points.empty()) return text;
    const udf_str group = call_.points.front().group;
    return text + fmt::format(", with {} points, the first of group '{}'", call_.points.size(),
                              text::replace_bad_utf8({group.data, group.size}));
}

}  // namespace agent
