// SPDX-License-Identifier: MIT
//
// From line protocol to requests: cuts and parses what is read from a file, puts each point in its
// group and, where asked for, makes windows of the points. Bad lines are reported and left out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "client/group.h"
#include "client/line_protocol.h"
#include "client/line_reader.h"
#include "client/window.h"
#include "udf.pb.h"

namespace client {

namespace pb = kapacitor::udf;

class Feed {
public:
    struct Settings {
        Grouping grouping = {};
        std::optional<WindowSpan> window = {};
        int64_t unit = 1;                     // ns in one unit of a timestamp
        std::function<int64_t()> clock = {};  // ns; for points without a timestamp. Unset = the system's.
    };
    using Emit = std::function<void(const pb::Request&)>;
    using OnBadLine = std::function<void(size_t line, const BadLine&)>;

    Feed(Settings settings, Emit emit, OnBadLine on_bad_line);

    void add(std::string_view bytes);
    void end_file();  // the next bytes are from another file: lines count from 1 again
    void end();       // no more files: emits what waits in windows

    uint64_t points() const noexcept { return points_; }
    uint64_t bad_lines() const noexcept { return bad_lines_; }

private:
    void take_records();

    Settings settings_;
    Emit emit_;
    OnBadLine on_bad_line_;
    std::optional<Windows> windows_;
    LineReader reader_;
    pb::Request request_;
    uint64_t points_ = 0, bad_lines_ = 0;
};

}  // namespace client
