// SPDX-License-Identifier: MIT
#include "check/made_options.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "check/algorithms.h"
#include "check/subject.h"

namespace {

constexpr std::array<uint8_t, 2> kTextAndInt{UDF_STRING, UDF_INT};
const std::array<udf_option, 3> kOptions{{{"field", "", kTextAndInt.data(), 1, UDF_OPTION_REQUIRED},
                                          {"as", "", kTextAndInt.data(), 1, UDF_OPTION_REQUIRED},
                                          {"set", "", kTextAndInt.data(), 2, UDF_OPTION_REPEATABLE}}};

udf_algorithm with_options() {
    udf_algorithm a = on_trial::algorithm();
    a.options = kOptions.data();
    a.option_count = kOptions.size();
    return a;
}

}  // namespace

TEST_CASE("what is required and not given is made up, each text another one") {
    CHECK(check::text_of(check::completed(with_options(), {}, 0)) == "field='value' as='value2'");
    const check::Uses given = check::parsed(with_options(), {"as=mean", "set=a,3"});
    CHECK(check::text_of(check::completed(with_options(), given, 1)) == "as='mean' set='a',3 field='count'");
}

TEST_CASE("options that the algorithm does not have are refused") {
    CHECK_THROWS_AS(check::parsed(with_options(), {"fjeld=x"}), std::invalid_argument);
}

TEST_CASE("points have the fields that the options name") {
    const udf_algorithm a = with_options();
    const check::Inputs inputs(a, check::parsed(a, {"field=usage", "as=mean"}));
    const check::Point p = inputs.point(0);
    CHECK(std::ranges::any_of(p.fields, [](const auto& f) { return f.first == "usage"; }));
    CHECK(inputs.ordinary(5).points.size() == 5);
}

TEST_CASE("the same points are made each time, and others for another seed") {
    const udf_algorithm a = with_options();
    const check::Inputs inputs(a, {});
    const auto emitted = [&](int seed, size_t begin, size_t count) {
        return check::Emitted{.points = inputs.ordinary(count, seed, begin).points};
    };
    CHECK(difference(emitted(0, 0, 50), emitted(0, 0, 50)).empty());
    CHECK_FALSE(difference(emitted(0, 0, 50), emitted(1, 0, 50)).empty());
    check::Emitted tail = emitted(0, 0, 50);
    tail.points.erase(tail.points.begin(), tail.points.begin() + 30);
    CHECK(difference(tail, emitted(0, 30, 20)).empty());
}
