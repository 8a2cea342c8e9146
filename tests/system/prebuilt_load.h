// SPDX-License-Identifier: MIT
//
// Points and batches as Kapacitor sends them, encoded before the test begins: requests, one after another,
// and where each unit of them ends. A unit is a point of a stream, or a batch. No two are the same.
#pragma once

#include <udf.pb.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/frame.h"

struct PrebuiltLoad {
    std::string bytes;
    std::vector<size_t> ends;  // of the units, in bytes

    size_t units() const noexcept { return ends.size(); }
    // The requests of the units [begin, end).
    std::string_view of(size_t begin, size_t end) const noexcept {
        const size_t from = begin == 0 ? 0 : ends[begin - 1], to = end == 0 ? 0 : ends[end - 1];
        return std::string_view(bytes).substr(from, to - from);
    }
    // The same without these, which are in order.
    PrebuiltLoad without(const std::vector<size_t>& left_out) const {
        PrebuiltLoad rest;
        for (size_t i = 0; i < units(); ++i) {
            if (std::ranges::binary_search(left_out, i)) continue;
            rest.bytes += of(i, i + 1);
            rest.ends.push_back(rest.bytes.size());
        }
        return rest;
    }
};

struct LoadSpec {
    size_t units;
    size_t batch_size = 0;            // points of a batch; 0 makes a stream of points
    std::vector<size_t> poison = {};  // units that have, or whose last point has, a field of that name; in order
    size_t groups = 16;               // units go round them
};

inline PrebuiltLoad prebuilt_load(const LoadSpec& spec) {
    namespace pb = kapacitor::udf;
    PrebuiltLoad load;
    pb::Request request;
    int64_t time = 1'700'000'000'000'000'000;
    const auto fill_point = [&](pb::Point& point, const std::string& host, bool poison) {
        point.set_time(time += 1'000'000);
        point.set_group("host=" + host);
        (*point.mutable_tags())["host"] = host;
        // Not in steps, so that sums round; a few are far out.
        const auto mixed = static_cast<uint64_t>(time) * 0x9e3779b97f4a7c15u >> 40;
        (*point.mutable_fieldsdouble())["value"] =
            static_cast<double>(mixed % 100'000) / 7 * (mixed % 64 == 0 ? 1000 : 1);
        point.clear_fieldsstring();
        if (poison) (*point.mutable_fieldsstring())["poison"] = "yes";
    };
    const auto add_batch = [&](const std::string& host, bool poison) {
        pb::BeginBatch& begin = *request.mutable_begin();
        begin.set_name("cpu");
        begin.set_group("host=" + host);
        (*begin.mutable_tags())["host"] = host;
        begin.set_size(static_cast<int64_t>(spec.batch_size));
        wire::append_frame(load.bytes, request);
        pb::Point& point = *request.mutable_point();
        for (size_t i = 1; i <= spec.batch_size; ++i) {
            fill_point(point, host, poison && i == spec.batch_size);
            wire::append_frame(load.bytes, request);
        }
        pb::EndBatch& end = *request.mutable_end();
        end.set_name("cpu");
        end.set_group("host=" + host);
        (*end.mutable_tags())["host"] = host;
        end.set_tmax(time);
        wire::append_frame(load.bytes, request);
    };
    for (size_t i = 0; i < spec.units; ++i) {
        const std::string host = "h" + std::to_string(i % spec.groups);
        const bool poison = std::ranges::binary_search(spec.poison, i);
        if (spec.batch_size > 0) {
            add_batch(host, poison);
        } else {
            pb::Point& point = *request.mutable_point();
            point.set_name("cpu");
            point.set_database("telegraf");
            point.set_retentionpolicy("autogen");
            if (point.dimensions_size() == 0) point.add_dimensions("host");
            fill_point(point, host, poison);
            wire::append_frame(load.bytes, request);
        }
        load.ends.push_back(load.bytes.size());
    }
    return load;
}
