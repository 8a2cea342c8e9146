// SPDX-License-Identifier: MIT
#include "supervisor/outlet.h"

#include <doctest/doctest.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/frames.h"
#include "support/kapacitor_rules.h"
#include "wire/frame_reader.h"

using supervisor::GuardedOutlet;
using supervisor::PlainOutlet;

namespace {

namespace pb = kapacitor::udf;

pb::Point full_point() {
    pb::Point point;
    point.set_time(5);
    point.set_name("cpu");
    point.set_database("telegraf");
    point.set_retentionpolicy("autogen");
    point.set_group("host=a");
    point.add_dimensions("host");
    (*point.mutable_tags())["host"] = "a";
    (*point.mutable_fieldsdouble())["value"] = 1.5;
    return point;
}

std::string request_of(const pb::Point& point) {
    pb::Request request;
    *request.mutable_point() = point;
    return frames::frame_of(request);
}

std::string response_of(const pb::Point& point) {
    pb::Response response;
    *response.mutable_point() = point;
    return frames::frame_of(response);
}

// A guard between a worker and the test.
struct OutletTrial {
    explicit OutletTrial(const char* mode = "repair", size_t frame_limit = 16u << 20) { make(mode, frame_limit); }
    void make(const char* mode, size_t frame_limit) {
        guard::Policy policy;
        policy.set_mode(mode);
        outlet.emplace(out, sent, "python3 my_udf.py", policy, frame_limit, [] { return logging::Where(); });
    }
    std::vector<pb::Response> left() const {
        std::vector<pb::Response> all;
        for (std::string_view rest = out.view(); !rest.empty();) {
            const wire::Split frame = wire::split_frame(rest);
            REQUIRE(frame.status == wire::Split::whole);
            all.emplace_back().ParseFromArray(frame.body.data(), static_cast<int>(frame.body.size()));
            rest.remove_prefix(frame.frame.size());
        }
        CHECK(support::KapacitorRules().first_violation(out.view()) == "");
        return all;
    }

    wire::Buffer out;
    metrics::FlowCount sent;
    std::optional<GuardedOutlet> outlet;
};

}  // namespace

TEST_CASE("what our own agent sends leaves as it is") {
    wire::Buffer out;
    metrics::FlowCount sent;
    PlainOutlet outlet([&out](std::string_view frames) { out.append(frames); }, sent);
    const std::string points = frames::point(1) + frames::point(2), batch = frames::batch({3});
    outlet.points(points, 2);
    outlet.batch(batch, 1);
    CHECK(out.view() == points + batch);
    CHECK(sent.points == 3);
    CHECK(sent.batches == 1);
}

TEST_CASE("a batch that announces what is no number of points does not leave, whoever sends it") {
    wire::Buffer out;
    metrics::FlowCount sent;
    PlainOutlet outlet([&out](std::string_view frames) { out.append(frames); }, sent);
    for (const int64_t size : {int64_t{-1}, int64_t{1} << 40})
        CHECK_THROWS_AS(outlet.batch(frames::begin("g", size) + frames::end(), 1), wire::ProtocolError);
    CHECK(out.empty());
}

TEST_CASE("a point with nothing wrong leaves byte for byte") {
    OutletTrial trial;
    const std::string frame = response_of(full_point());
    trial.outlet->saw_input(request_of(full_point()));
    trial.outlet->points(frame, 1);
    CHECK(trial.out.view() == frame);
}

TEST_CASE("a field that is no finite number does not leave, and the others do") {
    OutletTrial trial;
    pb::Point point = full_point();
    (*point.mutable_fieldsdouble())["nan"] = std::nan("");
    (*point.mutable_fieldsdouble())["inf"] = HUGE_VAL;
    trial.outlet->points(response_of(point) + response_of(full_point()), 1);
    const auto left = trial.left();
    REQUIRE(left.size() == 2);
    CHECK(left[0].point().fieldsdouble_size() == 1);
    CHECK(left[0].point().fieldsdouble().at("value") == 1.5);
    CHECK(!trial.outlet->guard().counters().text().empty());
}

TEST_CASE("a point of which nothing is left does not leave") {
    OutletTrial trial;
    pb::Point point = full_point();
    (*point.mutable_fieldsdouble())["value"] = std::nan("");
    trial.outlet->points(response_of(point), 1);
    CHECK(trial.left().empty());
}

TEST_CASE("a point that has lost where it belongs gets that back from the input of its group") {
    OutletTrial trial;
    trial.outlet->saw_input(request_of(full_point()));
    pb::Point bare;
    bare.set_time(6);
    bare.set_group("host=a");
    (*bare.mutable_fieldsdouble())["value"] = 2;
    trial.outlet->points(response_of(bare), 1);
    const auto left = trial.left();
    REQUIRE(left.size() == 1);
    const pb::Point& point = left[0].point();
    CHECK(point.name() == "cpu");
    CHECK(point.database() == "telegraf");
    CHECK(point.retentionpolicy() == "autogen");
    REQUIRE(point.dimensions_size() == 1);
    CHECK(point.dimensions(0) == "host");
    CHECK(point.tags().at("host") == "a");
}

TEST_CASE("the dimensions of a point that have changed their order are put back, so that its group is the same") {
    OutletTrial trial;
    pb::Point point = full_point();
    point.set_group("dc=x,host=a");
    point.clear_dimensions();
    point.add_dimensions("dc");
    point.add_dimensions("host");
    (*point.mutable_tags())["dc"] = "x";
    trial.outlet->saw_input(request_of(point));
    pb::Point lost = point;
    lost.clear_dimensions();
    trial.outlet->points(response_of(lost), 1);
    const auto left = trial.left();
    REQUIRE(left.size() == 1);
    CHECK(left[0].point().dimensions_size() == 2);
    CHECK(left[0].point().dimensions(0) == "dc");
}

TEST_CASE("a batch leaves with its true number of points and the same begin and end") {
    OutletTrial trial;
    pb::Request begin, end;
    begin.mutable_begin()->set_name("other");
    begin.mutable_begin()->set_group("nothing");
    begin.mutable_begin()->set_size(77);
    begin.mutable_begin()->set_byname(true);
    end.mutable_end()->set_name("cpu");
    end.mutable_end()->set_group("cpu\nhost=a");
    (*end.mutable_end()->mutable_tags())["host"] = "a";
    end.mutable_end()->set_tmax(1);  // before its points
    trial.outlet->batch(frames::frame_of(begin) + response_of(full_point()) + frames::frame_of(end), 1);
    const auto left = trial.left();
    REQUIRE(left.size() == 3);
    CHECK(left[0].begin().size() == 1);
    CHECK(left[0].begin().name() == left[2].end().name());
    CHECK(left[0].begin().name() == "cpu");
    CHECK(left[0].begin().group() == left[2].end().group());
    CHECK(left[0].begin().tags().at("host") == left[2].end().tags().at("host"));
    CHECK(left[0].begin().byname());
    CHECK(left[2].end().tmax() >= left[1].point().time());
}

TEST_CASE("a batch without points leaves as one") {
    OutletTrial trial;
    pb::Request begin, end;
    begin.mutable_begin()->set_name("cpu");
    end.mutable_end()->set_name("cpu");
    trial.outlet->batch(frames::frame_of(begin) + frames::frame_of(end), 1);
    CHECK(trial.left().size() == 2);
}

TEST_CASE("what cannot be decoded is an error, and nothing of it leaves") {
    OutletTrial trial;
    pb::Response torn;
    torn.mutable_point()->set_group("g");
    std::string frame = frames::frame_of(torn);
    frame.back() = '\xff';  // a string that is not UTF-8 is mended
    trial.outlet->points(frame, 1);
    const std::string bad = std::string("\x05\x8a\x01\x02\x12\x7f", 6);  // a name longer than its point
    CHECK_THROWS_AS(trial.outlet->points(bad, 1), wire::ProtocolError);
    for (const pb::Response& response : trial.left()) CHECK(response.point().fieldsdouble_size() == 0);
}

TEST_CASE("what a strict guard finds is an error that says what") {
    OutletTrial trial("strict");
    pb::Point point = full_point();
    (*point.mutable_fieldsdouble())["value"] = std::nan("");
    CHECK_THROWS_AS(trial.outlet->points(response_of(point), 1), wire::ProtocolError);
    CHECK(trial.out.empty());
}

TEST_CASE("what leaves through the guard is counted, and what it leaves out is not") {
    OutletTrial trial;
    pb::Point bare = full_point();
    bare.clear_fieldsdouble();
    bare.clear_fieldsint();
    bare.clear_fieldsstring();
    bare.clear_fieldsbool();
    trial.outlet->points(response_of(full_point()) + response_of(bare) + response_of(full_point()), 3);
    CHECK(trial.left().size() == 2);
    CHECK(trial.sent.points == 2);
    trial.outlet->points(response_of(full_point()), 1);
    CHECK(trial.sent.points == 3);
    CHECK(trial.sent.batches == 0);
}
