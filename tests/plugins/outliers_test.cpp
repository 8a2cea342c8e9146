// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "support/fake_host.h"

using namespace fake;

namespace {

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

// The data of the example in Kapacitor's guide, for which it expects five outliers.
const std::vector<double> kTwenty{5, 6, 7, 13, 33, 35, 36, 45, 46, 47, 48, 50, 51, 52, 53, 54, 80, 85, 90, 100};

const udf_algorithm& outliers() { return load(PLUGINS_DIR "/outliers.so"); }

Options options(double scale, const char* quartiles) {
    return {{"field", {"v"}}, {"scale", {scale}}, {"quartiles", {quartiles}}};
}

// One batch with a point a value, a second apart.
BatchRecord batch_of(const std::vector<double>& values) {
    BatchRecord b{.tags = {{"host", "a"}}, .tmax = 1000, .group = "host=a", .name = "cpu"};
    for (size_t i = 0; i < values.size(); ++i)
        b.points.push_back({.time = static_cast<int64_t>(i), .fields = {{"v", values[i]}}});
    return b;
}

// The values that are outliers of `values`, in the order of emission.
std::vector<double> find(const Options& options, const std::vector<double>& values) {
    Handler handler(outliers(), options);
    handler.batch(batch_of(values));
    REQUIRE(handler.batches.size() == 1);
    std::vector<double> found;
    for (const Record& p : handler.batches[0].points) found.push_back(p.fields.at("v").number());
    return found;
}

// The rules as they are written down, with a copy of each half: slow and plain.
double median(const std::vector<double>& d, bool tukey) {
    const size_t n = d.size(), m = n / 2;
    if (n % 2 == 1) return d[m];
    return tukey ? (d[m - 1] + d[m]) / 2 : (d[m] + d[std::min(m + 1, n - 1)]) / 2;
}
std::vector<double> expected(const std::vector<double>& values, double scale, bool tukey) {
    auto d = values;
    std::ranges::sort(d);
    const auto begin = d.begin(), end = d.end();
    const auto m = static_cast<std::ptrdiff_t>(d.size() / 2), n = static_cast<std::ptrdiff_t>(d.size());
    std::vector<double> lower, upper;
    if (n % 2 == 1) {
        lower.assign(begin, begin + m);
        upper.assign(begin + m + 1, end);
    } else if (tukey) {
        lower.assign(begin, begin + m);
        upper.assign(begin + m, end);
    } else if (n > 0) {
        lower.assign(begin, begin + m + 1);
        upper.assign(begin + m + 1, end);
    }
    if (lower.empty() || upper.empty()) return {};
    const double q1 = median(lower, tukey), q3 = median(upper, tukey);
    std::vector<double> found;
    for (const double v : values)
        if (v < q1 - scale * (q3 - q1) || v > q3 + scale * (q3 - q1)) found.push_back(v);
    return found;
}

}  // namespace

TEST_CASE("outliers finds the five of the example with Kapacitor's quartiles") {
    CHECK(find(options(1.5, "kapacitor"), kTwenty) == std::vector<double>{5, 6, 85, 90, 100});
    CHECK(find({{"field", {"v"}}}, kTwenty) == std::vector<double>{5, 6, 85, 90, 100});
}

TEST_CASE("outliers finds the three of the example with the quartiles of textbooks") {
    CHECK(find(options(1.5, "tukey"), kTwenty) == std::vector<double>{85, 90, 100});
}

// Moving a value about the fence, beyond the quartiles, leaves the fence where it is.
TEST_CASE("a value on a fence of the example is no outlier and one just past it is") {
    struct Case {
        const char* quartiles;
        double low, high;
    };
    for (const Case& c : {Case{"kapacitor", 6.5, 82.5}, Case{"tukey", 4.75, 82.75}}) {
        const auto is_outlier = [&](size_t i, double value) {
            auto values = kTwenty;
            values[i] = value;
            return std::ranges::count(find(options(1.5, c.quartiles), values), value) == 1;
        };
        CHECK_FALSE(is_outlier(1, c.low));
        CHECK(is_outlier(1, std::nextafter(c.low, -kInfinite)));
        CHECK_FALSE(is_outlier(17, c.high));
        CHECK(is_outlier(17, std::nextafter(c.high, kInfinite)));
    }
}

TEST_CASE("a wider scale leaves fewer outliers") {
    CHECK(find(options(1.0, "kapacitor"), kTwenty) == std::vector<double>{5, 6, 7, 13, 80, 85, 90, 100});
    CHECK(find(options(2.0, "kapacitor"), kTwenty) == std::vector<double>{100});
    CHECK(find(options(3.0, "kapacitor"), kTwenty).empty());
}

// Q1 and Q3 of 1, 2, .. n, worked out by hand. The lowest value can be moved to the low fence, which
// depends on both quartiles, and past it; only then is it an outlier.
TEST_CASE("batches of up to 12 points have the quartiles worked out by hand") {
    struct Case {
        const char* quartiles;
        int n;
        double q1, q3;
    };
    const Case cases[] = {
        {"kapacitor", 4, 2, 4},   {"kapacitor", 5, 2, 5},     {"kapacitor", 6, 3.5, 6},    {"kapacitor", 7, 2, 6},
        {"kapacitor", 8, 3, 7},   {"kapacitor", 9, 3.5, 8.5}, {"kapacitor", 10, 4.5, 9.5}, {"kapacitor", 11, 3, 9},
        {"kapacitor", 12, 4, 10}, {"tukey", 6, 2, 5},         {"tukey", 7, 2, 6},          {"tukey", 8, 2.5, 6.5},
        {"tukey", 9, 2.5, 7.5},   {"tukey", 10, 3, 8},        {"tukey", 11, 3, 9},         {"tukey", 12, 3.5, 9.5}};
    for (const Case& c : cases) {
        CAPTURE(c.quartiles);
        CAPTURE(c.n);
        const double fence = c.q1 - 1.5 * (c.q3 - c.q1), past = std::nextafter(fence, -kInfinite);
        std::vector<double> values(static_cast<size_t>(c.n));
        std::iota(values.begin(), values.end(), 1);
        CHECK(find(options(1.5, c.quartiles), values).empty());
        values[0] = fence;
        CHECK(find(options(1.5, c.quartiles), values).empty());
        values[0] = past;
        CHECK(find(options(1.5, c.quartiles), values) == std::vector{past});
    }
}

TEST_CASE("batches too small to have an outlier give an empty batch") {
    const std::vector<double> values{0, 1e9, -1e9, 3, 1e12};
    for (size_t n = 0; n <= 5; ++n)
        for (const char* quartiles : {"kapacitor", "tukey"}) {
            if (n > 3 && *quartiles == 'k') continue;
            CAPTURE(n);
            CAPTURE(quartiles);
            CHECK(find(options(1.0, quartiles), {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(n)})
                      .empty());
        }
}

TEST_CASE("outliers agrees with the written rules on any values") {
    CHECK(rc::check([] {
        const auto n = *rc::gen::inRange<size_t>(0, 41);
        // Few different values, and some far out, so that there are ties and outliers.
        const auto whole = *rc::gen::container<std::vector<int>>(
            n, rc::gen::weightedOneOf<int>({{5, rc::gen::inRange(-20, 20)}, {1, rc::gen::inRange(-2000, 2000)}}));
        const bool tukey = *rc::gen::arbitrary<bool>();
        const double scale = *rc::gen::element(1.0, 1.5, 3.0);
        std::vector<double> values(whole.begin(), whole.end());
        for (double& v : values) v /= 4;
        RC_CLASSIFY(!expected(values, scale, tukey).empty());
        RC_ASSERT(find(options(scale, tukey ? "tukey" : "kapacitor"), values) == expected(values, scale, tukey));
    }));
}

TEST_CASE("outliers come in time order and equal times keep theirs") {
    auto batch = batch_of(kTwenty);
    const auto at = [&](size_t i, int64_t time) { batch.points[i].time = time; };
    at(0, 900), at(1, 5), at(17, 5), at(18, -3), at(19, 900);
    Handler handler(outliers(), {{"field", {"v"}}});
    handler.batch(batch);
    const auto& p = batch.points;
    CHECK(handler.batches.at(0).points == std::vector{p[18], p[1], p[17], p[0], p[19]});
}

TEST_CASE("outliers emits its points unmodified in a batch that is otherwise the same") {
    auto batch = batch_of(kTwenty);
    for (Record& p : batch.points) {
        p.fields.emplace("other", "text");
        p.tags = {{"host", "a"}, {"cpu", "0"}};
        p.group = batch.group;
    }
    batch.by_name = true;
    Handler handler(outliers(), {{"field", {"v"}}});
    handler.batch(batch);
    CHECK(handler.unchanged == 5);
    const auto& p = batch.points;
    auto expected = batch;
    expected.points = {p[0], p[1], p[17], p[18], p[19]};
    CHECK(handler.batches == std::vector{expected});
}

TEST_CASE("one batch leaves nothing behind for the next") {
    Handler handler(outliers(), {{"field", {"v"}}});
    for (int i = 0; i < 3; ++i) {
        handler.batch(batch_of(kTwenty));
        handler.batch(batch_of({}));
    }
    CHECK(handler.batches.size() == 6);
    CHECK(handler.batches[4].points.size() == 5);
    CHECK(handler.batches[5].points.empty());
}

TEST_CASE("points without a number and NaN are no part of the quartiles and no outliers") {
    auto batch = batch_of(kTwenty);
    batch.points.push_back({.time = 100, .fields = {{"other", 1e9}}});
    batch.points.push_back({.time = 101, .fields = {{"v", "1000"}}});
    batch.points.push_back({.time = 102, .fields = {{"v", true}}});
    batch.points.insert(batch.points.begin(), {.time = -1, .fields = {{"v", kNotANumber}}});
    Handler handler(outliers(), {{"field", {"v"}}});
    handler.batch(batch);
    const auto& p = batch.points;
    CHECK(handler.batches.at(0).points == std::vector{p[1], p[2], p[18], p[19], p[20]});
}

TEST_CASE("an infinity is an outlier among finite values") {
    auto values = kTwenty;
    values[0] = -kInfinite;
    values[19] = kInfinite;
    CHECK(find(options(1.5, "kapacitor"), values) == std::vector<double>{-kInfinite, 6, 85, 90, kInfinite});
    CHECK(find(options(1.5, "tukey"), {kInfinite, kInfinite, kInfinite, kInfinite, -kInfinite, -kInfinite, -kInfinite})
              .empty());
}

TEST_CASE("outliers reads integers") {
    BatchRecord batch;
    for (const double v : kTwenty) batch.points.push_back({.fields = {{"v", static_cast<int64_t>(v)}}});
    Handler handler(outliers(), {{"field", {"v"}}});
    handler.batch(batch);
    CHECK(handler.batches.at(0).points.size() == 5);
}

TEST_CASE("outliers refuses a scale below 1 and a way of quartiles it does not know") {
    CHECK_THROWS_WITH_AS(Handler(outliers(), options(0.5, "tukey")),
                         "option 'scale' must be at least 1.0, not 0.500000", Failed);
    CHECK_THROWS_AS(Handler(outliers(), options(kNotANumber, "tukey")), Failed);
    CHECK_THROWS_WITH_AS(Handler(outliers(), options(1.5, "median")),
                         "option 'quartiles' must be 'kapacitor' or 'tukey', not 'median'", Failed);
}
