// SPDX-License-Identifier: MIT
//
// What leaves a handler, seen through the host's own output guard: input is decoded from Kapacitor's messages, so that
// the guard knows what came and what the algorithm has changed.
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "agent/handler.h"
#include "agent/options.h"
#include "check/families.h"
#include "guard/guard.h"
#include "wire/buffer.h"
#include "wire/encode.h"

namespace check {
namespace {

std::string encoded(const Point& p) {
    kapacitor::udf::Point message;
    message.set_time(p.time);
    message.set_name(p.name);
    message.set_database(p.database);
    message.set_retentionpolicy(p.retention_policy);
    message.set_group(p.group);
    message.set_byname(p.by_name);
    for (const std::string& dimension : p.dimensions) message.add_dimensions(dimension);
    for (const auto& [key, value] : p.tags) (*message.mutable_tags())[key] = value;
    for (const auto& [name, value] : p.fields) {
        if (const auto* d = std::get_if<double>(&value)) (*message.mutable_fieldsdouble())[name] = *d;
        if (const auto* i = std::get_if<int64_t>(&value)) (*message.mutable_fieldsint())[name] = *i;
        if (const auto* b = std::get_if<bool>(&value)) (*message.mutable_fieldsbool())[name] = *b;
        if (const auto* s = std::get_if<std::string>(&value)) (*message.mutable_fieldsstring())[name] = *s;
    }
    return message.SerializeAsString();
}

// Guards what comes, and lets it go no further. As the host does, it knows of input only what the handler is being
// given.
class GuardedOutput final : public agent::Emitter {
public:
    explicit GuardedOutput(const udf_algorithm& algorithm) : algorithm_(algorithm), guard_(algorithm.name, {}) {}

    Emitted emit_points(std::span<const udf_point> points) noexcept override try {
        const std::lock_guard lock(mutex_);
        if (algorithm_.provides != UDF_STREAM) return {UDF_ERROR, "it emitted points, but it provides batches"};
        auto left = guard_.check(points, run_).points;
        while (!left.empty()) {
            wire::Buffer frames;
            const auto [count, problem] = wire::append_points(frames, left, run_, SIZE_MAX / 2);
            left = left.subspan(count);
            if (problem == wire::Encoded::ok) continue;
            if (problem != wire::Encoded::too_long) return {UDF_ERROR, wire::describe(problem)};
            guard_.count(guard::Rule::frame_limit);
            left = left.subspan(1);
        }
        return {UDF_OK};
    } catch (const std::exception& e) {
        return {UDF_ERROR, e.what()};
    }

    Emitted emit_batch(const udf_batch& batch) noexcept override try {
        const std::lock_guard lock(mutex_);
        if (algorithm_.provides != UDF_BATCH) return {UDF_ERROR, "it emitted a batch, but it provides a stream"};
        const auto checked = guard_.check(batch, run_, in_batch_ ? &header_ : nullptr);
        if (checked.batch == nullptr) return {UDF_OK};
        wire::Buffer frames;
        const wire::Encoded problem = wire::append_batch(frames, *checked.batch, run_);
        if (problem == wire::Encoded::too_long) guard_.count(guard::Rule::frame_limit);
        if (problem != wire::Encoded::ok && problem != wire::Encoded::too_long)
            return {UDF_ERROR, wire::describe(problem)};
        return {UDF_OK};
    } catch (const std::exception& e) {
        return {UDF_ERROR, e.what()};
    }

    void failed() noexcept override {}

    // Input, from before the call that gets it until after it.
    void begin_points(const std::vector<Point>& points) {
        const std::lock_guard lock(mutex_);
        bytes_.clear();
        run_.clear();
        for (const Point& p : points) bytes_.push_back(encoded(p));
        for (const std::string& each : bytes_) in_batch_ ? run_.add(each, 0, header_) : run_.add(each, 0);
        if (guard_.learns()) guard_.saw_input(run_.points());
    }
    void end_points() {
        const std::lock_guard lock(mutex_);
        run_.clear();
    }
    void begin_batch(const Batch& batch) {
        const std::lock_guard lock(mutex_);
        in_batch_ = true;
        shown_ = batch;  // owns the strings
        const auto str = [](const std::string& s) { return udf_str{s.data(), s.size()}; };
        header_ = {};
        for (const auto& [key, value] : shown_.tags) {
            header_.tags.push_back({str(key), str(value)});
            header_.dimensions.push_back(str(key));
        }
        udf_batch& b = header_.batch;
        b.name = str(shown_.name);
        b.group = str(shown_.group);
        b.tags = header_.tags.data();
        b.tag_count = static_cast<uint32_t>(header_.tags.size());
        b.by_name = shown_.by_name ? 1 : 0;
    }
    void end_batch() {
        const std::lock_guard lock(mutex_);
        in_batch_ = false;
    }

    std::span<const udf_point> points() const noexcept { return run_.points(); }
    const udf_batch& header() const noexcept { return header_.batch; }
    guard::Guard& guard() noexcept { return guard_; }

private:
    const udf_algorithm& algorithm_;
    std::mutex mutex_;
    guard::Guard guard_;
    std::vector<std::string> bytes_;  // what the run was decoded from
    wire::PointRun run_;
    Batch shown_;
    wire::BatchHeader header_;
    bool in_batch_ = false;
};

void feed(agent::Handler& handler, GuardedOutput& output, const udf_algorithm& algorithm, const Batch& batch) {
    output.begin_batch(batch);
    output.begin_points(batch.points);
    udf_batch whole = output.header();
    if (algorithm.batch != nullptr) {
        whole.tmax = batch.tmax;
        whole.points = output.points().data();
        whole.point_count = output.points().size();
        handler.batch(whole);
    } else {
        if (algorithm.begin_batch != nullptr) handler.begin_batch(whole);
        if (!batch.points.empty()) handler.points(output.points());
        whole.tmax = batch.tmax;
        handler.end_batch(whole);
    }
    output.end_points();
    output.end_batch();
}

void feed(agent::Handler& handler, GuardedOutput& output, const udf_algorithm& algorithm, const Input& input) {
    for (const Point& point : input.points) {
        output.begin_points({point});
        handler.points(output.points());
        output.end_points();
    }
    for (const Batch& batch : input.batches) feed(handler, output, algorithm, batch);
}

// All that is usual, and what makes a division by zero of what is divided by a spread or a difference of times.
std::vector<Input> plain_inputs(const Subject& subject) {
    std::vector<Point> constant, zeros;
    for (size_t i = 0; i < 20; ++i) {
        constant.push_back(subject.inputs.point(200 + i % 3));
        zeros.push_back(subject.inputs.point(300 + i));
        for (auto& [name, value] : zeros.back().fields)
            if (std::holds_alternative<double>(value)) value = 0.0;
    }
    std::vector<Input> all{subject.inputs.ordinary(90)};
    if (subject.algorithm.wants == UDF_BATCH) {
        all.push_back({.batches = {subject.inputs.batch({}), subject.inputs.batch({subject.inputs.point(0)})}});
        for (auto* const points : {&constant, &zeros}) {
            for (Point& p : *points) p.tags = points->front().tags, p.group = points->front().group;
            all.push_back({.batches = {subject.inputs.batch(*points)}});
        }
    } else {
        all.push_back(subject.inputs.of(constant));
        all.push_back(subject.inputs.of(zeros));
    }
    return all;
}

}  // namespace

void output_guard(const Subject& subject) {
    const udf_algorithm& algorithm = subject.algorithm;
    GuardedOutput output(algorithm);
    kapacitor::udf::InitRequest request;
    for (const auto& use : subject.options) *request.add_options() = use;
    const agent::Options options(algorithm, std::move(request));
    try {
        agent::Handler handler(algorithm, {subject.file.filename(), algorithm.name, "check", "check"}, options.args(),
                               output);
        for (const Input& input : plain_inputs(subject)) feed(handler, output, algorithm, input);
        handler.stop();
    } catch (const agent::HandlerFailed& e) {
        subject.notes.fail("{}", e.what());
    }
    const auto& counters = output.guard().counters();
    const std::vector<guard::News> news = output.guard().take_news();
    for (const guard::RuleInfo& rule : guard::rules()) {
        const uint64_t count = counters.get(rule.rule);
        if (count == 0) continue;
        const auto told =
            std::ranges::find_if(news, [&](const guard::News& one) { return one.rule.rule == rule.rule; });
        subject.notes.fail(
            "rule {} ({}): {}, {} time{}{}", rule.name, rule.row, rule.what, count, count == 1 ? "" : "s",
            told == news.end() ? ""
                               : fmt::format("; the guard {}{}", told->did,
                                             told->group.empty() ? "" : fmt::format(" of group '{}'", told->group)));
    }
}

}  // namespace check
