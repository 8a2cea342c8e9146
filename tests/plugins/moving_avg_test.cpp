// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <malloc.h>
#include <rapidcheck.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <deque>
#include <limits>
#include <map>

#include "support/fake_host.h"

using namespace fake;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

const udf_algorithm& moving_avg() { return load(PLUGINS_DIR "/moving_avg.so"); }

Options options(int64_t size) { return {{"field", {"v"}}, {"size", {size}}}; }

std::vector<Record> points_of(const std::vector<double>& values, const std::string& group = {}) {
    std::vector<Record> points;
    points.reserve(values.size());
    for (const double v : values) points.push_back({.fields = {{"v", v}}, .group = group});
    return points;
}

std::vector<double> means(const Handler& handler, const std::string& as = "avg") {
    std::vector<double> list;
    for (const Record& p : handler.emitted) list.push_back(p.fields.at(as).number());
    return list;
}

std::vector<double> means_of(int64_t size, const std::vector<double>& values) {
    Handler handler(moving_avg(), options(size));
    handler.points(points_of(values));
    return means(handler);
}

// Equal to the last bit; any NaN equals any other.
bool same(const std::vector<double>& a, const std::vector<double>& b) {
    return std::ranges::equal(a, b, [](double x, double y) {
        return std::bit_cast<uint64_t>(x) == std::bit_cast<uint64_t>(y) || (std::isnan(x) && std::isnan(y));
    });
}

// Points of several groups, some of them without the field.
std::vector<Record> any_points() {
    std::vector<Record> points;
    const auto count = *rc::gen::inRange(0, 200);
    for (int i = 0; i < count; ++i) {
        Record p{.time = i, .group = "g=" + std::to_string(*rc::gen::inRange(0, 3))};
        switch (*rc::gen::inRange(0, 8)) {
            case 0:
                break;
            case 1:
                p.fields.emplace("v", *rc::gen::inRange(-1000, 1000));
                break;
            case 2:
                p.fields.emplace("v", *rc::gen::element(kNan, kInf, -kInf, 1e300, -0.0));
                break;
            default:
                p.fields.emplace("v", *rc::gen::inRange(-1000000, 1000000) / 1024.0);
        }
        points.push_back(p);
    }
    return points;
}

// Hands the points over in runs of any length.
void feed(Handler& handler, const std::vector<Record>& points) {
    for (size_t i = 0; i < points.size();) {
        const size_t n = std::min(points.size() - i, *rc::gen::inRange<size_t>(1, 50));
        const auto begin = points.begin() + static_cast<std::ptrdiff_t>(i);
        handler.points({begin, begin + static_cast<std::ptrdiff_t>(n)});
        i += n;
    }
}

}  // namespace

TEST_CASE("the mean is over fewer values while the window fills") {
    CHECK(means_of(3, {1, 2, 6, 10, 14}) == std::vector<double>{1, 1.5, 3, 6, 10});
    CHECK(means_of(1, {4, 5, 6}) == std::vector<double>{4, 5, 6});
}

TEST_CASE("each mean is that of the last values of its group however the points arrive") {
    CHECK(rc::check([] {
        const auto size = *rc::gen::inRange<size_t>(1, 30);
        const auto points = any_points();
        Handler handler(moving_avg(), options(static_cast<int64_t>(size)));
        feed(handler, points);

        std::map<std::string, std::deque<long double>> windows;
        auto out = handler.emitted.begin();
        for (const Record& p : points) {
            const auto field = p.fields.find("v");
            if (field == p.fields.end()) continue;
            const auto integer = std::get_if<int64_t>(&field->second);
            auto& window = windows[p.group];
            window.push_back(integer ? static_cast<long double>(*integer) : field->second.number());
            if (window.size() > size) window.pop_front();
            long double sum = 0, magnitude = 0;
            for (const long double v : window) sum += v, magnitude += std::fabs(v);
            const auto count = static_cast<long double>(window.size());

            RC_ASSERT(out != handler.emitted.end());
            RC_ASSERT(out->time == p.time);
            RC_ASSERT(out->group == p.group);
            const long double mean = out->fields.at("avg").number();
            if (!std::isfinite(sum))
                RC_ASSERT((std::isnan(sum) ? std::isnan(mean) : mean == sum));
            else
                RC_ASSERT(std::fabs(mean - sum / count) <= 1e-14L * magnitude / count);
            ++out;
        }
        RC_ASSERT(out == handler.emitted.end());
    }));
}

TEST_CASE("the means of whole numbers are exact") {
    std::vector<double> values, expected;
    for (int i = 0; i < 10000; ++i) values.push_back((i * 7919) % 1009);
    for (int i = 0; i < 10000; ++i) {
        double sum = 0;
        for (int k = std::max(0, i - 63); k <= i; ++k) sum += values[static_cast<size_t>(k)];
        expected.push_back(sum / std::min(i + 1, 64));
    }
    CHECK(same(means_of(64, values), expected));
}

TEST_CASE("a spike leaves nothing behind when it leaves the window") {
    for (const double spike : {1e300, -1e17, kInf, -kInf, kNan}) {
        CAPTURE(spike);
        std::vector<double> values(100, 0.1), calm(100, 0.1);
        values[50] = spike;
        const auto with = means_of(10, values), without = means_of(10, calm);
        for (size_t i = 0; i < values.size(); ++i) {
            CAPTURE(i);
            const bool in_window = i >= 50 && i < 60;
            CHECK((with[i] == without[i]) == !in_window);
        }
    }
}

// Every tenth run lies on an offset, where each addition rounds to an eighth. A running sum never
// gets rid of those errors; here they leave with the run. The bound is that of adding 777 doubles.
TEST_CASE("ten million points do not drift") {
    constexpr size_t kSize = 777, kRun = 1000, kRuns = 10000;
    const Points inputs(points_of(std::vector<double>(kRun)));
    std::vector<udf_point> run(inputs.data(), inputs.data() + kRun);
    std::vector<udf_field> fields(kRun, *run[0].fields);
    for (size_t i = 0; i < kRun; ++i) run[i].fields = &fields[i];

    static double last;
    Handler handler(moving_avg(), options(kSize));
    handler.on_emit = [](const udf_point* p, size_t n) { last = p[n - 1].fields[0].value.as.f; };
    uint64_t random = 1;
    long double worst = 0;
    for (size_t r = 0; r < kRuns; ++r) {
        const double offset = r % 10 == 0 ? 1e12 : 0;
        for (udf_field& f : fields) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            f.value.as.f = offset + static_cast<double>(random >> 11) * 0x1p-53;
        }
        handler.points(run.data(), run.size());
        long double sum = 0;
        for (size_t i = kRun - kSize; i < kRun; ++i) sum += fields[i].value.as.f;
        const long double mean = sum / kSize;
        worst = std::max(worst, std::fabs(last - mean) / mean);
    }
    CHECK(worst <= kSize * 0x1p-53L);
}

TEST_CASE("a huge size takes no more memory than the values that have come") {
    const size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    Handler handler(moving_avg(), options(1'000'000'000'000));
    handler.points(points_of({1, 2, 3, 4}));
    CHECK(mallinfo2().uordblks + mallinfo2().hblkhd < before + 1'000'000);
    CHECK(means(handler).back() == 2.5);
}

TEST_CASE("the emitted point has the one field and all else of its input") {
    Handler handler(moving_avg(), {{"field", {"v"}}, {"size", {10}}, {"as", {"mean"}}});
    Record p{.time = 7,
             .fields = {{"v", 3}, {"other", 1.0}},
             .tags = {{"host", "h"}, {"cpu", "0"}},
             .dimensions = {"host"},
             .group = "host=h",
             .name = "cpu",
             .database = "db",
             .retention_policy = "rp",
             .by_name = true};
    handler.points({p});
    p.fields = {{"mean", 3.0}};
    CHECK(handler.emitted == std::vector{p});
}

TEST_CASE("a run of points is emitted with one call") {
    Handler handler(moving_avg(), options(10));
    handler.points(points_of(std::vector<double>(100, 1)));
    CHECK(handler.emitted.size() == 100);
    CHECK(handler.emit_calls == 1);
    handler.points({{.fields = {{"other", 1}}}});
    CHECK(handler.emit_calls == 1);
}

TEST_CASE("points without a number in the field are passed by and counted and logged once") {
    Handler handler(moving_avg(), options(10));
    for (int i = 0; i < 3; ++i)
        handler.points(
            {{.fields = {{"other", 1}}}, {.fields = {{"v", "1"}}}, {.fields = {{"v", true}}}, {.fields = {{"v", 5}}}});
    CHECK(means(handler) == std::vector<double>{5, 5, 5});
    REQUIRE(handler.logged.size() == 1);
    CHECK(handler.logged[0].level == UDF_LOG_WARN);
    CHECK(handler.logged[0].text.find("'v'") != std::string::npos);
    handler.stop();
    REQUIRE(handler.logged.size() == 2);
    CHECK(handler.logged[1].text == "9 points without a number in field 'v' were passed by");
}

TEST_CASE("nothing is logged where every point has the field") {
    Handler handler(moving_avg(), options(10));
    handler.points(points_of({1, 2}));
    handler.stop();
    CHECK(handler.logged.empty());
}

TEST_CASE("a handler restored from a snapshot goes on to the last bit as the one it was taken of") {
    CHECK(rc::check([] {
        const auto size = *rc::gen::inRange<int64_t>(1, 30);
        Handler old(moving_avg(), options(size));
        feed(old, any_points());
        const std::string state = old.snapshot();

        Handler anew(moving_avg(), options(size));
        anew.restore(state);
        RC_ASSERT(anew.snapshot().size() == state.size());
        const auto rest = any_points();
        old.emitted.clear();
        old.points(rest);
        anew.points(rest);
        RC_ASSERT(same(means(old), means(anew)));
    }));
}

TEST_CASE("a snapshot keeps group ids of any bytes and values that JSON has no word for") {
    const std::vector<std::string> groups{"", "host=\xff\xfe,\xc3", "name\nhost=a", "h\xc3\xa4",
                                          std::string("a\0b", 3)};
    Handler old(moving_avg(), options(3)), anew(moving_avg(), options(3));
    double v = 0;
    for (const std::string& group : groups) old.points(points_of({++v, v + 10}, group));
    old.points(points_of({kInf}, "inf"));
    old.points(points_of({-kInf}, "-inf"));
    old.points(points_of({kNan}, "nan"));
    anew.restore(old.snapshot());

    v = 0;
    for (const std::string& group : groups) {
        anew.points(points_of({++v + 20}, group));
        CHECK(means(anew).back() == doctest::Approx(v + 10));
    }
    anew.points(points_of({0}, "inf"));
    CHECK(means(anew).back() == kInf);
    anew.points(points_of({0}, "-inf"));
    CHECK(means(anew).back() == -kInf);
    anew.points(points_of({0}, "nan"));
    CHECK(std::isnan(means(anew).back()));
}

TEST_CASE("a snapshot with a field name that is not UTF-8 can be restored") {
    const Options odd{{"field", {"\xff"}}, {"size", {3}}};
    Handler old(moving_avg(), odd), anew(moving_avg(), odd);
    old.points({{.fields = {{"\xff", 1}}}});
    anew.restore(old.snapshot());
    anew.points({{.fields = {{"\xff", 2}}}});
    CHECK(means(anew) == std::vector{1.5});
}

TEST_CASE("restoring into another size keeps the newest values") {
    Handler old(moving_avg(), options(4));
    old.points(points_of({100, 1, 2, 3, 4}));
    Handler smaller(moving_avg(), options(3)), larger(moving_avg(), options(5));
    smaller.restore(old.snapshot());
    smaller.points(points_of({8}));
    CHECK(means(smaller) == std::vector<double>{5});
    larger.restore(old.snapshot());
    larger.points(points_of({5, 6}));
    CHECK(means(larger) == std::vector<double>{3, 4});
}

TEST_CASE("a snapshot of another field is refused") {
    Handler old(moving_avg(), options(4));
    old.points(points_of({1}));
    Handler other(moving_avg(), {{"field", {"w"}}, {"size", {4}}});
    CHECK_THROWS_WITH_AS(
        other.restore(old.snapshot()),
        "the snapshot is of field 'v', but option 'field' is 'w': name the task anew to start without it", Failed);
}

TEST_CASE("a malformed snapshot is refused with a message") {
    for (const char* state : {"", "{", "[]", "null", R"({"field": "v"})", R"({"field": "v", "groups": 1})",
                              R"({"field": 1, "groups": []})", R"({"field": "v", "groups": [{"group": "a"}]})",
                              R"({"field": "v", "groups": [{"group": "a", "values": [1]}]})",
                              R"({"field": "v", "groups": [{"group": "a", "sums": 1, "values": [1]}]})",
                              R"({"field": "v", "groups": [{"group": "a", "sums": [], "values": {"a": 1}}]})",
                              R"({"field": "v", "groups": [{"group": "a", "sums": ["x"], "values": []}]})",
                              R"({"field": "v", "groups": [{"group": 5, "sums": [], "values": [1]}]})", "\xff\xff"}) {
        CAPTURE(state);
        Handler handler(moving_avg(), options(4));
        std::string message;
        try {
            handler.restore(state);
        } catch (const Failed& e) {
            message = e.what();
        }
        CHECK(message.starts_with("the snapshot cannot be read: "));
    }
}

TEST_CASE("moving_avg refuses a size below 1 and an empty name") {
    CHECK_THROWS_WITH_AS(Handler(moving_avg(), options(0)), "option 'size' must be at least 1, not 0", Failed);
    CHECK_THROWS_WITH_AS(Handler(moving_avg(), options(-3)), "option 'size' must be at least 1, not -3", Failed);
    CHECK_THROWS_WITH_AS(Handler(moving_avg(), {{"field", {"v"}}, {"size", {1}}, {"as", {""}}}),
                         "option 'as' must not be empty", Failed);
}

TEST_CASE("moving_avg ends quietly when the stream has ended") {
    Handler handler(moving_avg(), options(2));
    handler.closed = true;
    handler.points(points_of({1}));
    CHECK(handler.failure.empty());
}
