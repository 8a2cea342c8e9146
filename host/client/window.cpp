// SPDX-License-Identifier: MIT
#include "client/window.h"

#include <fmt/format.h>

#include <limits>
#include <stdexcept>
#include <utility>

#include "text/duration.h"

namespace client {
namespace {

int64_t duration_or_throw(std::string_view duration) {
    if (const auto ns = text::parse_duration(duration)) return *ns;
    throw std::invalid_argument(fmt::format("'{}' is no duration; write 10s, 1h30m or 500ms", duration));
}

// Times at the end of the calendar stay there.
int64_t plus(int64_t time, int64_t duration) {
    int64_t sum;
    if (!__builtin_add_overflow(time, duration, &sum)) return sum;
    return duration > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
}

}  // namespace

WindowSpan parse_window(std::string_view text) {
    const size_t comma = text.find(',');
    WindowSpan span;
    span.period = duration_or_throw(text.substr(0, comma));
    span.every = comma == text.npos ? span.period : duration_or_throw(text.substr(comma + 1));
    if (span.period <= 0) throw std::invalid_argument("the period of a window must be over 0");
    if (span.every < 0) throw std::invalid_argument("a window cannot come every negative time");
    return span;
}

Windows::Window& Windows::window_of(const pb::Point& point) {
    const auto [found, is_new] = by_group_.try_emplace(point.group(), windows_.size());
    if (!is_new) return windows_[found->second];

    Window& window = windows_.emplace_back();
    window.name = point.name();
    window.group = point.group();
    window.by_name = point.byname();
    for (const std::string& dimension : point.dimensions()) {
        const auto tag = point.tags().find(dimension);
        window.tags[dimension] = tag == point.tags().end() ? "" : tag->second;
    }
    window.due = plus(point.time(), span_.every);
    return window;
}

void Windows::add(pb::Point&& point) {
    Window& window = window_of(point);
    const int64_t time = point.time();
    point.clear_name();
    point.clear_database();
    point.clear_retentionpolicy();
    point.clear_dimensions();
    point.clear_byname();

    if (span_.every == 0) {
        window.points.push_back(std::move(point));
        window.unseen = true;
        if (time < window.due) return;
        emit(window, time);
        window.due = time;
        return;
    }
    if (time >= window.due) {
        emit(window, window.due);
        window.due = plus(time, span_.every);
    }
    window.points.push_back(std::move(point));
    window.unseen = true;
}

void Windows::flush() {
    for (Window& window : windows_)
        if (window.unseen) emit(window, window.due);
}

void Windows::emit(Window& window, int64_t tmax) {
    int64_t oldest = plus(tmax, -span_.period);
    if (span_.every == 0) oldest = plus(oldest, 1);  // (tmax - period, tmax]
    // Only from the front: a late point stays, as it does in Kapacitor, for as long as one before
    // it is young enough.
    while (!window.points.empty() && window.points.front().time() < oldest) window.points.pop_front();
    window.unseen = false;

    pb::Request request;
    pb::BeginBatch& begin = *request.mutable_begin();
    begin.set_name(window.name);
    begin.set_group(window.group);
    *begin.mutable_tags() = window.tags;
    begin.set_size(static_cast<int64_t>(window.points.size()));
    begin.set_byname(window.by_name);
    emit_(request);

    for (const pb::Point& point : window.points) {
        *request.mutable_point() = point;
        emit_(request);
    }

    pb::EndBatch& end = *request.mutable_end();
    end.set_name(window.name);
    end.set_group(window.group);
    end.set_tmax(tmax);
    *end.mutable_tags() = window.tags;  // byName stays unset: Kapacitor leaves it out here
    emit_(request);
}

}  // namespace client
