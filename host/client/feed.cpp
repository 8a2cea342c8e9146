// SPDX-License-Identifier: MIT
#include "client/feed.h"

#include <chrono>
#include <utility>

namespace client {
namespace {

int64_t system_now() {
    using namespace std::chrono;
    return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

Feed::Feed(Settings settings, Emit emit, OnBadLine on_bad_line)
    : settings_(std::move(settings)), emit_(std::move(emit)), on_bad_line_(std::move(on_bad_line)) {
    if (!settings_.clock) settings_.clock = system_now;
    if (settings_.window) windows_.emplace(*settings_.window, emit_);
}

void Feed::add(std::string_view bytes) {
    reader_.append(bytes);
    take_records();
}

void Feed::end_file() {
    reader_.end();
    take_records();
    reader_ = LineReader();
}

void Feed::end() {
    if (windows_) windows_->flush();
}

void Feed::take_records() {
    const Times times{settings_.unit, settings_.clock()};
    while (const auto record = reader_.next()) {
        if (holds_no_point(record->text)) continue;
        pb::Point& point = *request_.mutable_point();
        if (const auto bad = parse_line(record->text, times, point)) {
            ++bad_lines_;
            reader_.reread_from_second_line();
            on_bad_line_(record->line, *bad);
            continue;
        }
        ++points_;
        put_in_group(settings_.grouping, point);
        if (windows_)
            windows_->add(std::move(point));
        else
            emit_(request_);
    }
}

}  // namespace client
