// SPDX-License-Identifier: MIT
//
// Makes batches of grouped points as Kapacitor's window node does, neither aligned nor filled, a
// window for each group:
//
//   - The first is due `every` after the first point. A point at or after that time makes the
//     batch of all points in [due - period, due), with tmax = due; the next is due `every` after
//     this point, which is then the first of those that wait.
//   - With every = 0 each point that is not older than the last batch makes one, of all points in
//     (time - period, time], with tmax = time.
//
// Kapacitor drops what waits when its input ends. Here flush() makes a last batch of it: whoever
// feeds a file expects every point to be seen.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "udf.pb.h"

namespace client {

namespace pb = kapacitor::udf;

struct WindowSpan {
    int64_t period = 0;  // ns, > 0
    int64_t every = 0;   // ns, >= 0
};

// From `PERIOD` or `PERIOD,EVERY`; without EVERY the windows lie end to end. Throws
// std::invalid_argument, saying what is wrong.
WindowSpan parse_window(std::string_view text);

class Windows {
public:
    using Emit = std::function<void(const pb::Request&)>;

    Windows(WindowSpan span, Emit emit) : span_(span), emit_(std::move(emit)) {}

    // Takes a point that is in its group. Emits begin, points and end when a batch is due.
    void add(pb::Point&& point);

    // Emits what waits, by the order in which the groups began.
    void flush();

private:
    struct Window {
        std::string name, group;
        bool by_name;
        google::protobuf::Map<std::string, std::string> tags;  // those of the dimensions
        int64_t due;
        std::deque<pb::Point> points;
        bool unseen = false;  // the newest point was in no batch yet
    };

    Window& window_of(const pb::Point& point);
    void emit(Window& window, int64_t tmax);

    WindowSpan span_;
    Emit emit_;
    std::vector<Window> windows_;
    std::unordered_map<std::string, size_t> by_group_;
};

}  // namespace client
