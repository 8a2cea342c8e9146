// SPDX-License-Identifier: MIT
//
// Uses every part of the C++ wrapper; the twin of whole.c, which says what is in it, and answers the same.
#include <numeric>
#include <thread>
#include <udf_plugin.hpp>

namespace {

struct Scale {
    static constexpr udf::Option options[] = {
        {"field", {UDF_STRING}, "the field to scale", udf::required},
        {"by", {UDF_DOUBLE}},
        {"offset", {UDF_INT}},
        {"every", {UDF_DURATION}},
        {"negate", {UDF_BOOL}},
        {"strict"},
        {"set", {UDF_STRING, UDF_INT}, "any number of times", udf::repeatable},
    };
    static constexpr udf::Info info{.name = "scale",
                                    .version = "1.2.3",
                                    .wants = UDF_STREAM,
                                    .provides = UDF_STREAM,
                                    .options = options,
                                    .help = "scales a field",
                                    .state_version = 3};

    Scale(udf::Host h, const udf::Args& args)
        : host(h),
          field(args.get<std::string>("field")),
          by(args.get_or("by", 1.0)),
          offset(args.find<int64_t>("offset").value_or(0)),
          every(args.get_or("every", std::chrono::nanoseconds(0))),
          strict(args.has("strict")),
          negate(args.get_or("negate", false)) {
        for (const udf_arg& use : args)
            if (udf::view(use.name) == "set")
                words += *udf::get<std::string>(use.values[0]) + "=" +
                         std::to_string(*udf::get<int64_t>(use.values[1])) + ";";
        if (offset < 0) throw std::invalid_argument("offset is below 0, or this host is older than it says");
        host.info("scale of " + std::string(host.node()) + " on " + std::string(host.task()));
    }

    void points(std::span<const udf::Point> run) {
        for (const udf::Point& p : run) {
            if (p.has_field("poison")) throw std::runtime_error("a point is poisoned");
            ++seen;
            last = p.time;
            if (const auto v = p.field<double>(field))
                host.emit(p.with(
                    std::array{udf::field("scaled", (negate ? -*v : *v) * by + static_cast<double>(offset)),
                               udf::field("n", seen), udf::field("strict", strict), udf::field("set", words),
                               udf::field("every", every.count()), udf::field("tags", p.all_tags().size()),
                               udf::field("grouped_by", p.all_dimensions().size() + (p.by_name != 0 ? 10 : 0))}));
            else
                host.emit(p);
        }
    }

    void snapshot(udf::Sink sink) const {
        sink.write("seen ");
        sink.write(std::to_string(seen));
    }
    void restore(uint32_t version, std::string_view state) {
        if (version != info.state_version || !state.starts_with("seen "))
            throw std::runtime_error("this is no state of mine");
        seen = std::stoll(std::string(state.substr(5)));
    }

    void stop() {
        std::thread([this] {
            const udf_field n = udf::field("n", seen);
            const udf_tag tag{udf::str("from"), udf::str("thread")};
            const udf_str dimension = udf::str("from");
            udf::Point p{};
            p.time = last + 1;
            p.dimensions = &dimension;
            p.dimension_count = 1;
            p.name = udf::str("total");
            p.group = udf::str("from=thread");
            host.emit(p.with({&n, 1}).with({&tag, 1}));
        }).join();
    }

    udf::Host host;
    std::string field;
    double by;
    int64_t offset;
    std::chrono::nanoseconds every;
    bool strict, negate;
    std::string words;
    int64_t seen = 0, last = 0;
};

struct Whole {
    static constexpr udf::Info info{.name = "whole", .version = "1.0.0", .wants = UDF_BATCH, .provides = UDF_BATCH};
    Whole(udf::Host h, const udf::Args&) : host(h) {}
    void batch(const udf::Batch& b) {
        std::vector<udf::Point> points(b.all_points().rbegin(), b.all_points().rend());
        for (size_t i = 0; i < points.size(); ++i) points[i].time = b.all_points()[i].time;
        host.emit(b.with(points));
    }
    udf::Host host;
};

struct Parts {
    static constexpr udf::Info info{.name = "parts", .version = "1.0.0", .wants = UDF_BATCH, .provides = UDF_STREAM};
    Parts(udf::Host h, const udf::Args&) : host(h) {}
    void begin_batch(const udf::Batch& b) {
        if (!b.all_points().empty() || b.tmax != 0) throw std::runtime_error("the batch has begun before");
        sums.clear();
    }
    void point(const udf::Point& p) { sums[p.group] += p.field<int64_t>("v").value_or(0); }
    void end_batch(const udf::Batch& b) {
        const udf_field sum = udf::field("sum", sums[b.group]);
        std::vector<udf_str> dimensions;
        for (const udf_tag& t : std::span(b.tags, b.tag_count)) dimensions.push_back(t.key);
        udf::Point p{};
        p.time = b.tmax;
        p.tags = b.tags;
        p.tag_count = b.tag_count;
        p.dimensions = dimensions.data();
        p.dimension_count = static_cast<uint32_t>(dimensions.size());
        p.by_name = b.by_name;
        p.group = b.group;
        p.name = b.name;
        host.emit(p.with({&sum, 1}));
    }
    udf::Host host;
    udf::Groups<int64_t> sums;
};

}  // namespace

UDF_PLUGIN(Scale, Whole, Parts)
