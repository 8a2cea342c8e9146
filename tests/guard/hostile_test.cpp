// SPDX-License-Identifier: MIT
//
// Whatever a plugin makes up, what the guard lets leave is what Kapacitor can bear, told from outside: from the bytes.
#include <cmath>
#include <limits>
#include <string>

#include "guarded.h"
#include "support/check_property.h"
#include "support/kapacitor_rules.h"
#include "support/proto_points.h"
#include "wire/encode.h"

using namespace guarded;
using guard::Guard;

namespace {

// Strings that points look into: they live as long as the test.
udf_str hostile_name() {
    static const std::vector<std::string> names{"",
                                                "a",
                                                "b",
                                                "ab",
                                                "a\nb",
                                                "a b",
                                                "\xff",
                                                "\xff\xfe",
                                                "\xef\xbf\xbd",
                                                "temp\xc3\xa9rature\r",
                                                "cpu",
                                                "host",
                                                "a\xed\xa0",
                                                "long name of a field or so",
                                                "nul\0"
                                                "in"};
    return str(names[*rc::gen::inRange<size_t>(0, names.size())]);
}

udf_field hostile_field() {
    udf_field f{};
    f.name = hostile_name();
    f.value.type = *rc::gen::inRange<uint32_t>(0, 4);
    if (f.value.type == UDF_DOUBLE) {
        f.value.as.f = *rc::gen::element(1.5, 0.0, std::numeric_limits<double>::quiet_NaN(),
                                         std::numeric_limits<double>::infinity(), std::numeric_limits<double>::max());
    } else if (f.value.type == UDF_STRING) {
        const udf_str text = hostile_name();
        f.value.as.s = text.data;
        f.value.size = static_cast<uint32_t>(text.size);
    } else {
        f.value.as.i = *rc::gen::inRange<int64_t>(0, 2);
    }
    return f;
}

// Points and what they point to.
struct Emission {
    std::vector<std::vector<udf_field>> fields;
    std::vector<std::vector<udf_tag>> tags;
    std::vector<std::vector<udf_str>> dimensions;
    std::vector<udf_point> points;

    template <class Item, class Make>
    static void some(std::vector<std::vector<Item>>& arrays, const Item*& to, uint32_t& count, size_t most,
                     Make&& make) {
        auto& items = arrays.emplace_back(*rc::gen::inRange<size_t>(0, most));
        for (Item& item : items) item = make();
        to = items.data();
        count = static_cast<uint32_t>(items.size());
    }

    explicit Emission(const wire::PointRun& run) {
        const auto maybe = [] { return *rc::gen::weightedElement<bool>({{2, true}, {3, false}}); };
        for (size_t count = *rc::gen::inRange<size_t>(1, 7); count-- > 0;) {
            udf_point p{};
            const size_t from = *rc::gen::inRange<size_t>(0, run.points().size() + 1);
            const bool made = from == run.points().size();
            if (!made) p = run.points()[from];
            if (made || maybe()) p.time = *rc::gen::inRange<int64_t>(0, 20);
            if (made) p.by_name = *rc::gen::inRange<uint32_t>(0, 2);
            for (udf_str* text : {&p.name, &p.database, &p.retention_policy}) {
                if (made || *rc::gen::inRange(0, 5) == 0) *text = hostile_name();
            }
            if (made) p.group = *rc::gen::element(str("host=a"), str("host=b"), str(""), str("\xff"), str("a\n"));
            if (made || maybe()) {
                some(fields, p.fields, p.field_count, 5, [&] {
                    const bool keeps = !made && p.field_count > 0 && maybe();
                    return keeps ? run.points()[from].fields[0] : hostile_field();
                });
            }
            if (made || maybe())
                some(tags, p.tags, p.tag_count, 4, [] { return udf_tag{hostile_name(), hostile_name()}; });
            if (made || *rc::gen::inRange(0, 5) == 0)
                some(dimensions, p.dimensions, p.dimension_count, 3, [] { return hostile_name(); });
            points.push_back(p);
        }
    }
};

std::string bodies_meaning(const wire::Buffer& out) {
    std::string meaning;
    for (std::string_view left = out.view(); !left.empty();) {
        const wire::Split split = wire::split_frame(left);
        kapacitor::udf::Response response;
        RC_ASSERT(response.ParseFromArray(split.body.data(), static_cast<int>(split.body.size())));
        meaning += support::meaning(response) + "|";
        left.remove_prefix(split.frame.size());
    }
    return meaning;
}

// Emits some hostile points and batches, and holds that what leaves is right; how much left and was counted.
void emit_hostile(Guard& guard, bool strict, size_t& emitted, size_t& refused) {
    support::KapacitorRules rules;
    const auto usage = [] { return *rc::gen::element(1.5, std::numeric_limits<double>::infinity()); };
    for (int round = 0; round < 4; ++round) {
        std::string bodies[] = {encoded("a", 7, usage()), encoded("b", 8, usage())};
        const Input input = *rc::gen::arbitrary<bool>() ? Input{bodies[0], bodies[1]} : Input{bodies[0]};
        if (guard.learns()) guard.saw_input(input.run.points());
        const Emission emission(input.run);
        const bool whole_run = *rc::gen::inRange(0, 8) == 0;
        const std::span<const udf_point> points = whole_run ? input.run.points() : std::span(emission.points);
        wire::Buffer out, full;
        if (*rc::gen::arbitrary<bool>()) {
            const auto checked = guard.check(points, input.run);
            if (strict) RC_ASSERT(!checked.problem.empty() || checked.points.data() == points.data());
            if (!checked.problem.empty()) ++refused;
            RC_ASSERT(wire::append_points(out, checked.points, input.run, SIZE_MAX).problem == wire::Encoded::ok);
            RC_ASSERT(wire::append_points(full, checked.points, kNoRun, SIZE_MAX).problem == wire::Encoded::ok);
        } else {
            udf_batch batch{};
            batch.points = points.data();
            batch.point_count = points.size();
            batch.name = hostile_name();
            batch.group = hostile_name();
            batch.tmax = *rc::gen::inRange<int64_t>(0, 20);
            const udf_tag tags[] = {{hostile_name(), hostile_name()}, {hostile_name(), hostile_name()}};
            batch.tags = tags;
            batch.tag_count = *rc::gen::inRange<uint32_t>(0, 3);
            const auto checked = guard.check(batch, input.run, nullptr);
            if (strict) RC_ASSERT(!checked.problem.empty() || checked.batch == &batch);
            if (!checked.problem.empty()) ++refused;
            if (checked.batch) RC_ASSERT(wire::append_batch(out, *checked.batch, input.run) == wire::Encoded::ok);
        }
        if (!out.empty()) ++emitted;
        const std::string violation = rules.first_violation(out.view());
        RC_LOG() << violation << '\n';
        RC_ASSERT(violation.empty());
        if (!full.empty()) RC_ASSERT(bodies_meaning(out) == bodies_meaning(full));  // the notes of origin are right
    }
}

}  // namespace

TEST_CASE("whatever is emitted leaves as Kapacitor can bear it") {
    size_t emitted = 0, refused = 0;
    uint64_t counts[guard::kRules] = {};
    support::check_property([&] {
        Guard guard("wild", {});
        emit_hostile(guard, false, emitted, refused);
        for (const guard::RuleInfo& rule : guard::rules())
            counts[static_cast<size_t>(rule.rule)] += guard.counters().get(rule.rule);
    });
    CHECK(emitted > 0);
    CHECK(refused == 0);
    for (const guard::RuleInfo& rule : guard::rules()) {  // the test has teeth
        CAPTURE(std::string(rule.name));
        const bool tried = rule.rule != guard::Rule::frame_limit && rule.rule != guard::Rule::batch_limit &&
                           rule.rule != guard::Rule::edge;
        if (tried) CHECK(counts[static_cast<size_t>(rule.rule)] > 0);
    }
}

TEST_CASE("whatever a strict guard lets pass is what was emitted and as Kapacitor can bear it") {
    size_t emitted = 0, refused = 0;
    support::check_property([&] {
        Guard guard("wild", policy(guard::Mode::strict));
        emit_hostile(guard, true, emitted, refused);
    });
    CHECK(emitted > 0);
    CHECK(refused > 0);
}
